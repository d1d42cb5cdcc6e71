"""Logging: on stderr, with secrets masked wherever they turn up, tracebacks included."""

import logging
import re
import sys

from withallo_server.settings import Settings

_SECRETS = re.compile(r"\b([as]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=_-]+|(?i:(authorization['\"]?: ?['\"]?)[^'\"\n]+)")
_MASK = "…"


class MaskingFormatter(logging.Formatter):
    """Formats records, then hides whatever is a secret or looks like one."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._known = tuple(secret for secret in secrets if len(secret) >= 8)

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines, to write."""
        text = super().format(record)
        for secret in self._known:
            text = text.replace(secret, _MASK)
        return _SECRETS.sub(lambda match: f"{match[1] or match[2]}{_MASK}", text)


def configure_logging(settings: Settings) -> None:
    """Send all logging of the process to stderr, from the level of the settings on."""
    secrets = [settings.api_key, settings.webhook_token, settings.database_url, *settings.webhook_secrets]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(tuple(each.get_secret_value() for each in secrets if each is not None)))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
