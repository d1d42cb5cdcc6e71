"""What a text holds that leads elsewhere: links and phone numbers."""

import re

_TOP = "com|net|org|info|biz|io|co|ly|app|dev|xyz|top|link|shop|site|online|live|click|fr|uk|eu|ru|cn"
_LINK = re.compile(rf"(?i)(?:https?://|www\.)[^\s/?#]+|(?<![\w@.-])(?:[^\W_][\w-]{{0,62}}\.)+(?:{_TOP})(?![\w@])")
_LAST_DIGITS = 6
_PREFIX = re.compile(r"(?i)^(?:https?://)?(?:[^@]*@)?(?:www\.)?")


def links(text: str) -> list[str]:
    """The hosts that a text links to, as a browser would go there: letters of other scripts in their ASCII form."""
    hosts = (
        _PREFIX.sub("", found).partition(":")[0].strip(".,;!?()[]<>\"'").casefold() for found in _LINK.findall(text)
    )
    return list(dict.fromkeys(filter(None, map(_ascii, hosts))))


def links_to(host: str, text: str) -> bool:
    """Whether a text links to just this host, and not to one whose name merely ends like it."""
    return "." in text and host in links(text)


def numbers(text: str, region: str) -> list[str]:
    """The phone numbers in a text, E.164."""
    import phonenumbers

    found = phonenumbers.PhoneNumberMatcher(text, region)
    return [phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in found]


def gives(number: str, region: str, text: str) -> bool:
    """Whether a text gives a phone number, however it is written there."""
    last = number[-_LAST_DIGITS:]
    return last in "".join(filter(str.isdecimal, text)) and number in numbers(text, region)


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
