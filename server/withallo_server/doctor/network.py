"""Checks of the way to Allo: names, certificates, proxies, firewalls and the clock."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
import anyio.to_thread
import httpx
from anyio.streams.tls import TLSAttribute

from withallo_client import __version__
from withallo_server.doctor.findings import Finding, amber, green, red
from withallo_server.settings import Settings

SECONDS = 8.0
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
_CERTIFICATES = "set SSL_CERT_FILE to the certificates of your company (ask IT for the proxy's root certificate)"


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int
    is_tls: bool


def _place(settings: Settings) -> _Place:
    parts = urlsplit(settings.base_url)
    is_tls = parts.scheme == "https"
    return _Place(parts.hostname or "", parts.port or (443 if is_tls else 80), is_tls)


def proxy_for(settings: Settings) -> str | None:
    """The proxy that requests to Allo take, without its password."""
    place = _place(settings)
    proxies = getproxies()
    url = proxies.get("https" if place.is_tls else "http") or proxies.get("all")
    if not url or proxy_bypass(place.host):
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port}" if parts.port else f"{parts.scheme}://{parts.hostname}"


async def check_dns(settings: Settings) -> Finding:
    """The name of the API leads somewhere."""
    place = _place(settings)
    if proxy := proxy_for(settings):
        return green("dns", f"Requests go through the proxy {proxy}, which looks {place.host} up.")
    try:
        with anyio.fail_after(SECONDS):
            found = await anyio.to_thread.run_sync(
                lambda: socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM), abandon_on_cancel=True
            )
    except TimeoutError:
        return red("dns", f"No name server answered for {place.host}.", "check the network and its DNS servers")
    except (OSError, UnicodeError):
        return red("dns", f"{place.host} is not known to the name server.", "check ALLO_BASE_URL, the network and VPN")
    return green("dns", f"{place.host} is {found[0][4][0]}.")


async def check_tls(settings: Settings) -> Finding:
    """The API shows a certificate that this machine believes."""
    place = _place(settings)
    if not place.is_tls:
        return amber("tls", f"{settings.base_url} is not encrypted.", "use an https address in ALLO_BASE_URL")
    if proxy := proxy_for(settings):
        return green("tls", f"Checked with the request through {proxy}.")
    context = httpx.create_ssl_context()
    try:
        with anyio.fail_after(SECONDS):
            stream = await anyio.connect_tcp(place.host, place.port, ssl_context=context, tls_standard_compatible=False)
            version = stream.extra(TLSAttribute.tls_version)  # noqa: S610  # anyio's stream, no database
            await stream.aclose()
    except ssl.SSLCertVerificationError as error:
        return red("tls", f"The certificate of {place.host} is not believed: {error.verify_message}.", _CERTIFICATES)
    except (ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream):
        return red("tls", f"{place.host}:{place.port} does not speak TLS.", "check ALLO_BASE_URL, proxy and firewall")
    except (OSError, TimeoutError):
        return red(
            "tls", f"{place.host}:{place.port} does not answer.", "check network, VPN and firewall: port 443 out"
        )
    return green("tls", f"{place.host} is reached over {version}.")


async def check_answer(settings: Settings) -> list[Finding]:
    """The API answers as the API would, not as a firewall, and its clock and ours agree."""
    try:
        answer = await _ask(settings, f"withallo-mcp/{__version__}")
    except httpx.HTTPError as error:
        return [red("answer", f"No answer from {settings.base_url} ({type(error).__name__}).", _mend_connection(error))]
    return [await _who_answered(settings, answer), _check_clock(answer)]


async def _ask(settings: Settings, user_agent: str) -> httpx.Response:
    """A question without the key: whoever is in between shall not get it."""
    headers = {"User-Agent": user_agent, "Accept": "application/json"}
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        return await client.get(f"{settings.base_url}/v2/api/me", headers=headers)


async def _who_answered(settings: Settings, answer: httpx.Response) -> Finding:
    if "json" in answer.headers.get("content-type", ""):
        return green("answer", f"{settings.base_url} answers as Allo does (status {answer.status_code}).")
    if answer.is_redirect:
        target = urlsplit(answer.headers.get("location", "")).hostname or "another place"
        text = f"{settings.base_url} sends us on to {target}: a sign-in page of the network, or a wrong address."
        return red("answer", text, "open a browser and sign in to the network; check ALLO_BASE_URL")
    try:
        browser = await _ask(settings, _BROWSER)
    except httpx.HTTPError:
        browser = answer
    if "json" in browser.headers.get("content-type", ""):
        text = "A firewall refuses this program by its User-Agent: a browser's name gets through."
        return red("answer", text, "let IT allow the User-Agent withallo-mcp/*")
    text = f"Something in between answers with status {answer.status_code} instead of Allo: a firewall or a proxy."
    return red("answer", text, f"let IT allow {urlsplit(settings.base_url).hostname}; try another network")


def _check_clock(answer: httpx.Response) -> Finding:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return amber("clock", "The answer has no date: the clock cannot be compared.")
    seconds = round((datetime.now(UTC) - theirs).total_seconds())
    away = f"This machine's clock is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} Allo's"
    mend = "switch on network time: `timedatectl set-ntp true`, or the date settings of the system"
    if abs(seconds) > 240:
        return red("clock", f"{away}: signed webhooks more than 5 minutes away are refused.", mend)
    if abs(seconds) > 30:
        return amber("clock", f"{away}.", mend)
    return green("clock", "This machine's clock and Allo's agree.")


def _mend_connection(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ProxyError):
        return "check HTTPS_PROXY and its password, or add the host to NO_PROXY"
    if "CERTIFICATE" in str(error).upper():
        return _CERTIFICATES
    return "check network, VPN and firewall: port 443 out"
