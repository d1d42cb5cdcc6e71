"""Requests are strict: what Allo cannot take is refused here, by the name of the argument, before anything is sent."""

import re
from collections.abc import Collection, Iterable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from withallo_client.errors import InvalidArgumentError

Choice = TypeVar("Choice", bound=str)

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}|[0-9]{3,8}")
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"]{1,64}@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
_WEBSITE = re.compile(r"(?i)(?:https?://)?[^\W_][\w-]*(?:\.[^\W_][\w-]*)+(?::\d{1,5})?(?:[/?#]\S*)?")
_MOST_PAGES = 2**31
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def text(field: str, value: Any, longest: int = 1000) -> str:
    """Words on one line: not blank, no control characters."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgumentError(field, "must not be empty")
    if len(value) > longest:
        raise InvalidArgumentError(field, f"must be at most {longest:,} characters, it has {len(value):,}")
    if _CONTROL.search(value):
        raise InvalidArgumentError(field, "must not hold control characters")
    return value


def body(field: str, value: Any, longest: int) -> str:
    """Words over several lines, 1 to `longest` characters."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgumentError(field, "must not be empty")
    if len(value) > longest:
        raise InvalidArgumentError(field, f"must be at most {longest:,} characters, it has {len(value):,}")
    if re.search(r"[\x00\ud800-\udfff]", value):
        raise InvalidArgumentError(field, "must not hold null characters or broken surrogates")
    return value


def segment(field: str, value: Any) -> str:
    """A part of a path, percent-encoded: the plus sign of a number travels as %2B (API contract 1.1)."""
    if text(field, value, longest=200) in {".", ".."}:
        raise InvalidArgumentError(field, "is not an id")
    return quote(value, safe="")


def e164(field: str, value: Any) -> str:
    """A phone number in E.164, for example `+33612345678`."""
    if not isinstance(value, str) or not _E164.fullmatch(value):
        raise InvalidArgumentError(field, "must be a number in E.164, for example +33612345678")
    return value


def email(field: str, value: Any) -> str:
    """One e-mail address, for example `ana@example.com`."""
    if not isinstance(value, str) or len(value) > 254 or not _EMAIL.fullmatch(value):
        raise InvalidArgumentError(field, "must hold e-mail addresses such as ana@example.com")
    return value


def website(field: str, value: Any) -> str:
    """The address of a site, with or without `https://`."""
    if not _WEBSITE.fullmatch(text(field, value)):
        raise InvalidArgumentError(field, "must be a web address such as example.com or https://example.com/ana")
    return str(value)


def sender_id(field: str, value: Any) -> str:
    """Up to 11 letters and digits with at least one letter, or a short code (API contract 8)."""
    if not isinstance(value, str) or not _SENDER_ID.fullmatch(value):
        raise InvalidArgumentError(field, "must be 1 to 11 letters and digits, or a short code")
    return value


def choice(field: str, value: Choice, allowed: Iterable[str]) -> Choice:
    """One of a closed list."""
    known = tuple(allowed)
    if value not in known:
        raise InvalidArgumentError(field, f"must be one of {', '.join(known)}")
    return value


def texts(field: str, values: Any, *, least: int = 1, most: int = 1000) -> list[str]:
    """A list of texts; a single text is a mistake, not a list of letters."""
    if isinstance(values, str) or not isinstance(values, Collection):
        raise InvalidArgumentError(field, "must be a list")
    if not least <= len(values) <= most:
        raise InvalidArgumentError(field, f"must hold {least} to {most} values, it holds {len(values)}")
    return [text(field, value) for value in values]


def paging(page: Any, size: Any, *, first: int) -> dict[str, int]:
    """`page` counts from 0 on v1 and from 1 on v2, `size` is 1 to 100 (API contract 4)."""
    if type(page) is not int or not first <= page < _MOST_PAGES:
        raise InvalidArgumentError("page", f"must be {first} or more, and less than 2**31")
    if type(size) is not int or not 1 <= size <= 100:
        raise InvalidArgumentError("size", "must be 1 to 100")
    return {"page": page, "size": size}


def web_address(field: str, value: Any, schemes: Collection[str] = ("https",)) -> str:
    """An absolute URL that a webhook can be sent to."""
    text(field, value, longest=2000)
    try:
        parts = urlsplit(value)
        known = parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise InvalidArgumentError(field, f"must be an absolute URL ({' or '.join(schemes)})")
    return str(value)


def given(**members: Any) -> dict[str, Any]:
    """The members that were given: None means left out."""
    return {name: value for name, value in members.items() if value is not None}


def seconds(field: str, value: Any) -> float:
    """A length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86_400:
        raise InvalidArgumentError(field, "must be a number of seconds above 0")
    return float(value)


def header_value(field: str, value: Any) -> str:
    """What a header can carry: 1 to 500 visible ASCII characters. The value is not repeated in the error."""
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]{1,500}", value):
        raise InvalidArgumentError(field, "must be 1 to 500 visible ASCII characters without spaces")
    return value


def api_key(value: SecretStr) -> SecretStr:
    """An API key; opaque, but never with a scheme word in front."""
    header_value("api_key", value.get_secret_value())
    return value
