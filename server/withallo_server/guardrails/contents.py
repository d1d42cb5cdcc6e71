"""What a text holds that leads elsewhere: links and phone numbers."""

import re

_TOP = "com|net|org|info|biz|io|co|ly|app|dev|xyz|top|link|shop|site|online|live|click|fr|uk|eu|ru|cn"
_LINK = re.compile(rf"(?i)(?:https?://|www\.)[^\s/?#]+|(?<![\w@.-])(?:[^\W_][\w-]{{0,62}}\.)+(?:{_TOP})(?![\w@])")
_PREFIX = re.compile(r"(?i)^(?:https?://)?(?:[^@]*@)?(?:www\.)?")


def links(text: str) -> list[str]:
    """The hosts that a text links to, as a browser would go there: letters of other scripts in their ASCII form."""
    hosts = (
        _PREFIX.sub("", found).partition(":")[0].strip(".,;!?()[]<>\"'").casefold() for found in _LINK.findall(text)
    )
    return list(dict.fromkeys(filter(None, map(_ascii, hosts))))


def numbers(text: str, region: str) -> list[tuple[str, str]]:
    """The phone numbers in a text: E.164, and as they are written there."""
    import phonenumbers

    found = phonenumbers.PhoneNumberMatcher(text, region)
    return [
        (phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164), match.raw_string)
        for match in found
    ]


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
