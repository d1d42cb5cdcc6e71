"""Where the key may go."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from withallo_client._arguments import text
from withallo_client.errors import InvalidArgumentError

_PORTS = {"https": 443, "http": 80}
_PRIVATE = (".local", ".internal", ".localhost", ".lan", ".home.arpa", ".test", ".invalid")


def read_base_url(value: str) -> str:
    """The address of the API: https, or http to this machine, since a key must not travel in clear.

    Raises:
        InvalidArgumentError: It is something else. The text of the URL is not repeated, it may hold a password.
    """
    url = read_url("base_url", value)
    if url.username is not None or url.query or url.fragment:
        raise InvalidArgumentError("base_url", "must hold neither a password nor a query")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise InvalidArgumentError("base_url", "must be https: over plain http anybody on the way could read the key")
    return value.rstrip("/")


def read_url(field: str, value: str) -> SplitResult:
    """An absolute URL of the web, read strictly.

    Raises:
        InvalidArgumentError: It is none.
    """
    text(field, value, longest=4000)
    try:
        url = urlsplit(value)
        known = url.scheme in _PORTS and bool(url.hostname) and url.port != 0
    except ValueError:
        known = False
    if not known or "\\" in value or any(letter.isspace() for letter in value):
        raise InvalidArgumentError(field, "must be an absolute URL that begins with https://")
    return url


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an absolute URL."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def is_public_host(host: str) -> bool:
    """Whether a host may stand on the internet, as far as its text tells; short forms of addresses may not."""
    address = _address(host)
    if address is not None:
        return address.is_global
    name = host.rstrip(".").lower()
    last = name.rpartition(".")[2]
    is_number = last.isdecimal() or last.startswith("0x")
    return "." in name and not is_number and not name.endswith(_PRIVATE)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
