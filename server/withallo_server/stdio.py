"""Serves MCP over stdin and stdout."""

import gc
import logging
import os
import signal
import sys

import anyio

from withallo_server.factory import build_server
from withallo_server.logs import configure_logging, log_crashes
from withallo_server.settings import Settings, misspelt
from withallo_server.telemetry import exporting

logger = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Serve until the client closes stdin.

    Raises:
        SettingsError: The port for webhooks cannot be used.
    """
    # Without this httpx loads a command line of its own, Rich and Pygments with it: 3 MiB and 60 ms.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # how Python is told that there is none
    configure_logging(settings)
    log_crashes()
    for warning in misspelt():
        logger.warning("%s", warning)
    listener = None
    if settings.listen is not None:
        from withallo_server.listening import bind, place_of

        listener = bind(settings.listen)
        settings = settings.model_copy(update={"listen": place_of(listener)})
    server = build_server(settings)
    server.runtime.listener = listener
    # The thread that waits on stdin would hold up a Ctrl-C for ever; what is under way survives a kill anyway.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.freeze()
    gc.enable()
    with exporting():
        try:
            anyio.run(server.run_stdio_async)
        except* (BrokenPipeError, ConnectionResetError):
            logger.info("The client is gone.")
            # What is left in the buffer has nowhere to go; without this the interpreter complains at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
