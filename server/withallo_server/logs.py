"""Logging: on stderr, with secrets masked wherever they turn up, tracebacks included."""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote

import mcp.server.mcpserver.server as mcpserver
from pydantic import SecretStr

from withallo_server.settings import Settings

logger = logging.getLogger(__name__)

_SECRETS = re.compile(r"\b([as]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=_-]+|(?i:(authorization['\"]?: ?['\"]?)[^'\"\n]+)")
_PASSWORD = re.compile(r"://[^:/@]*:([^@]+)@")
_MASK = "…"


class MaskingFormatter(logging.Formatter):
    """Formats records, then hides whatever is a secret or looks like one."""

    layout = "%(asctime)s %(levelname)s %(name)s: %(message)s"

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(self.layout)
        self._known = tuple(secret for secret in secrets if len(secret) >= 8)

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines, to write."""
        text = super().format(record)
        for secret in self._known:
            text = text.replace(secret, _MASK)
        return _SECRETS.sub(lambda match: f"{match[1] or match[2]}{_MASK}", text)


class JsonFormatter(MaskingFormatter):
    """The same as one JSON object a line, for log collectors."""

    layout = "%(message)s"

    def format(self, record: logging.LogRecord) -> str:
        """The line to write."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": super().format(record),
        }
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(settings: Settings) -> None:
    """Send all logging of the process to stderr, from the level of the settings on."""
    known = tuple(secrets_of(settings))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(known) if settings.log_format == "json" else MaskingFormatter(known))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # The SDK would load Rich, a fortieth of the whole start, only to find that logging is configured.
    mcpserver.configure_logging = _leave_logging_alone  # type: ignore[attr-defined]  # it is not public


def secrets_of(settings: Settings) -> Iterator[str]:
    """Every secret value of the settings, and the password within the address of the database."""
    for value in settings.__dict__.values():
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, SecretStr):
                yield each.get_secret_value()
    for password in _PASSWORD.findall(str(settings.database)):
        yield from (password, unquote(password))


def log_crashes() -> None:
    """Let the log have what would end a thread or the process, for Python itself masks nothing."""
    sys.excepthook = _log_crash
    threading.excepthook = lambda crash: _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
    sys.unraisablehook = lambda ignored: _log_crash(ignored.exc_type, ignored.exc_value, ignored.exc_traceback)
    # What logging itself fails at would be printed with the values that were to be formatted.
    logging.raiseExceptions = False


def _log_crash(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        logger.critical("Nobody foresaw this error.", exc_info=(kind, error, traceback))


def _leave_logging_alone(level: Any = None) -> None:
    """Stands in for the SDK's set-up of logging."""
