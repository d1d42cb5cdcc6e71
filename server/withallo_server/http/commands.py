"""`withallo-mcp serve` and `withallo-mcp token`."""

import logging
import socket
import sys
from typing import Annotated

import anyio
import typer

from withallo_server.credentials import CredentialError, with_kept_key
from withallo_server.database import StorageError
from withallo_server.http.grants import WRITE, grants_of, known_scopes
from withallo_server.http.limits import raise_open_files
from withallo_server.http.serving import check_safety, is_loopback
from withallo_server.http.serving import serve as serve_http
from withallo_server.http.tokens import make_token
from withallo_server.listening import bind
from withallo_server.logs import configure_logging, log_crashes
from withallo_server.settings import Settings, SettingsError, load_settings, misspelt
from withallo_server.telemetry import exporting

logger = logging.getLogger(__name__)


def serve(
    *,
    host: Annotated[str, typer.Option(envvar="ALLO_HOST", help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="ALLO_PORT", help="Port to serve on; 0 takes a free one.")
    ] = 8788,
) -> None:
    """Serve MCP over Streamable HTTP at /mcp, for one person on this machine or for a team.

    Webhooks come in at /webhooks/allo/..., health is at /healthz and /readyz, numbers for Prometheus at /metrics.
    On any address but loopback it starts only with authentication, TLS and the names it is called by.
    """
    settings = load_settings()
    try:
        if not settings.bring_your_own_key:
            settings = with_kept_key(settings)
        check_safety(settings, host)
        configure_logging(settings)
        log_crashes()
        for warning in misspelt():
            logger.warning("%s", warning)
        raise_open_files()
        name = f"[{host}]" if ":" in host else host
        bound = bind(f"{name}:{port}", "ALLO_HOST, ALLO_PORT (--host, --port)")
        scheme = "https" if settings.tls_cert else "http"
        _say(settings, f"withallo-mcp answers at {scheme}://{name}:{bound.getsockname()[1]}/mcp; Ctrl-C ends it.")
        with exporting():
            anyio.run(_serve, settings, bound, is_loopback(host))
    except (CredentialError, StorageError) as error:
        raise SettingsError(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(130)


def _say(settings: Settings, line: str) -> None:
    """Tell whoever started it, whatever the level of the log; a collector of JSON gets JSON."""
    if settings.log_format == "json":
        logger.setLevel(logging.INFO)
        logger.info(line)
    else:
        typer.echo(line, err=True)


async def _serve(settings: Settings, bound: socket.socket, on_loopback: bool) -> None:
    await serve_http(settings, bound, on_loopback=on_loopback)


def token(
    name: Annotated[str, typer.Argument(help="Whose token it is, for logs and audit.")],
    *,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help=f"What it opens, such as {', '.join(known_scopes()[:3])}.")
    ] = None,
) -> None:
    """Make a bearer token for `withallo-mcp serve`: the token for its user, and the line to keep here."""
    scopes = tuple(scope or (WRITE,))
    if grants_of(scopes).nothing or not set(scopes) <= set(known_scopes()):
        raise typer.BadParameter(f"known scopes: {', '.join(known_scopes())}")
    if not name or ":" in name or "," in name or not name.isprintable():
        raise typer.BadParameter("a name has no colon and no comma")
    secret, hashed = make_token(name, scopes)
    typer.echo(f"Token for {name}, shown this once:  {secret.get_secret_value()}", err=True)
    typer.echo("For ALLO_TOKENS, or a line of ALLO_TOKENS_FILE:", err=True)
    typer.echo(hashed.line)
