"""Runs the server over HTTP: refuses what would be unsafe, serves, and ends within five seconds."""

import contextlib
import gc
import ipaddress
import logging
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from mcp.server.request_state import RequestStateSecurity

from withallo_server.database import Database
from withallo_server.factory import build_server
from withallo_server.http.app import METADATA_PATH, Web, build_web, resource_url
from withallo_server.http.gatekeeper import WAYS_IN, Doors
from withallo_server.http.keys import AlloKeys
from withallo_server.http.oauth import Issuer, OAuthTokens
from withallo_server.http.protocol import ImpatientProtocol
from withallo_server.http.runtime import HttpRuntime
from withallo_server.http.state_keys import shared_state_key
from withallo_server.http.tokens import StaticTokens, TokenLineError
from withallo_server.listening import place_of
from withallo_server.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep idle connections, so that it is they who close them."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_reached_from_elsewhere(settings: Settings, host: str) -> bool:
    """Whether more than this machine gets through: by the address itself, or by a proxy in front of it."""
    names = [f"//{name}" for name in settings.allowed_hosts] + [settings.public_url or "//localhost"]
    return settings.tls_in_front or not all(
        map(is_loopback, (host, *(urlsplit(each).hostname or "" for each in names)))
    )


def check_safety(settings: Settings, host: str) -> None:
    """Refuse a server that strangers could use or listen in on.

    Raises:
        SettingsError: Says everything that has to be set.
    """
    missing = []
    has_way_in = settings.tokens or settings.tokens_file or settings.oauth_issuer or settings.bring_your_own_key
    if settings.oauth_issuer and not (settings.oauth_audience or settings.public_url):
        missing.append("what access tokens are for: ALLO_PUBLIC_URL or ALLO_OAUTH_AUDIENCE")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        missing.append("both ALLO_TLS_CERT and ALLO_TLS_KEY")
    if not settings.bring_your_own_key and settings.api_key is None and not settings.sandbox:
        missing.append("whose account is served: ALLO_API_KEY, ALLO_BRING_YOUR_OWN_KEY=1, or --sandbox to try it")
    if not has_way_in and _is_reached_from_elsewhere(settings, host):
        missing.append(f"who may call: {WAYS_IN}")
    if not is_loopback(host):
        if not (settings.tls_cert or settings.tls_in_front):
            missing.append(
                "TLS: ALLO_TLS_CERT and ALLO_TLS_KEY, or ALLO_TLS_IN_FRONT=1 if a proxy in front takes care of it"
            )
        if not (settings.public_url or settings.allowed_hosts):
            missing.append("the name it is called by: ALLO_PUBLIC_URL=https://... or ALLO_ALLOWED_HOSTS")
    if settings.claude_channel:
        missing.append("ALLO_CLAUDE_CHANNEL=0, since it tells everybody connected: channels are for stdio")
    if missing:
        raise SettingsError(f"not served on {host}. Set " + "; and ".join(missing))


def open_doors(settings: Settings, runtime: HttpRuntime) -> Doors:
    """The ways in that the settings open.

    Raises:
        SettingsError: A token cannot be read.
    """
    tokens = oauth = keys = metadata = None
    try:
        if settings.tokens or settings.tokens_file:
            tokens = StaticTokens(settings.tokens, settings.tokens_file)
    except TokenLineError as error:
        raise SettingsError(f"ALLO_TOKENS: {error}") from None
    if settings.oauth_issuer is not None:
        issuer = Issuer(
            settings.oauth_issuer,
            settings.oauth_audience or resource_url(settings),
            settings.oauth_jwks_url,
            settings.oauth_introspection_url,
            settings.oauth_client_id,
            settings.oauth_client_secret,
        )
        oauth = OAuthTokens(issuer)
        metadata = f"{settings.public_url}{METADATA_PATH}" if settings.public_url else None
    if settings.bring_your_own_key:
        keys = AlloKeys(runtime.client_for)
    return Doors(tokens, oauth, keys, metadata)


async def serve(settings: Settings, bound: socket.socket, *, on_loopback: bool) -> None:
    """Serve until a signal ends the process.

    Args:
        settings: What the operator decided, found safe.
        bound: Where it listens already.
        on_loopback: Whether only this machine reaches it.
    """
    settings = settings.model_copy(update={"listen": settings.public_url or place_of(bound)})
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database)
        stack.push_async_callback(database.close)
        runtime = HttpRuntime(settings, database=database)
        doors = open_doors(settings, runtime)
        if doors.oauth is not None:
            stack.push_async_callback(doors.oauth.aclose)
        keys = [key.get_secret_value() for key in settings.state_keys] or [await shared_state_key(database)]
        server = build_server(settings, runtime=runtime, request_state=RequestStateSecurity(keys=keys))
        web = build_web(server, runtime, doors, on_loopback=on_loopback)
        gc.collect()
        gc.freeze()
        await _Server(_configuration(settings, web), web).serve(sockets=[bound])


class _Server(uvicorn.Server):
    """uvicorn, which on a signal ends open streams gracefully instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, web: Web) -> None:
        super().__init__(config)
        self._web = web

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        self._web.drain()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals until the end, and none again after it: what is left to close must still be closed."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def _configuration(settings: Settings, web: Web) -> uvicorn.Config:
    return uvicorn.Config(
        web.app,
        http=ImpatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.tls_in_front,
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=4096,
    )
