"""Logging: on stderr, with secrets masked wherever they turn up, tracebacks included."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

import mcp.server.mcpserver.server as mcpserver

from withallo_server.settings import Settings

_SECRETS = re.compile(r"\b([as]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=_-]+|(?i:(authorization['\"]?: ?['\"]?)[^'\"\n]+)")
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
    secrets = [settings.api_key, settings.webhook_token, settings.database_url, *settings.webhook_secrets]
    secrets += [settings.oauth_client_secret, *settings.state_keys, *settings.tokens]
    known = tuple(each.get_secret_value() for each in secrets if each is not None)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(known) if settings.log_format == "json" else MaskingFormatter(known))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # The SDK would load Rich, a fortieth of the whole start, only to find that logging is configured.
    mcpserver.configure_logging = _leave_logging_alone  # type: ignore[attr-defined]  # it is not public


def _leave_logging_alone(level: Any = None) -> None:
    """Stands in for the SDK's set-up of logging."""
