"""`withallo-mcp listen`: receive webhooks in a process of its own."""

import socket
import sys
from typing import Annotated

import anyio
import typer

from withallo_server.credentials import CredentialError, with_kept_key
from withallo_server.database import StorageError
from withallo_server.listening import bind
from withallo_server.logs import configure_logging
from withallo_server.runtime import Runtime
from withallo_server.settings import Settings, SettingsError, load_settings


def listen(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")],
) -> None:
    """Receive webhooks into the inbox; servers that share the data folder or the database tell their clients.

    Point a tunnel or proxy with a valid certificate here, then: withallo-mcp webhook setup --url https://...
    """
    try:
        settings = with_kept_key(load_settings())
        configure_logging(settings)
        bound = bind(address, "HOST:PORT of listen")
        if settings.api_key is None and not settings.sandbox:
            typer.echo("There is no API key: signed webhooks are taken in, nothing is asked of Allo.", err=True)
        anyio.run(_listen, settings, bound)
    except (CredentialError, StorageError) as error:
        raise SettingsError(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(130)


async def _listen(settings: Settings, bound: socket.socket) -> None:
    runtime = Runtime(settings)
    runtime.listener = bound
    async with runtime.running():
        await runtime.store()
        host, port = bound.getsockname()[:2]
        typer.echo(f"withallo-mcp receives webhooks at {host}:{port}; Ctrl-C ends it.", err=True)
        await anyio.sleep_forever()
