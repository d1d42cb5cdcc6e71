"""What an earlier start learned about a key, so that the first answer need not wait for the API.

One file in the data folder, readable by its owner only. Keys themselves are not in it: a digest names each.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from withallo_server import private_files

logger = logging.getLogger(__name__)

KEPT = 50


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known about a key.

    Attributes:
        scopes: Its API scopes; nothing while they were never learned.
        region: Country of most of the account's lines; nothing while unknown.
        team: Id of its team; nothing while Allo did not say.
    """

    scopes: frozenset[str] | None = None
    region: str | None = None
    team: str | None = None


class KeyScopes:
    """The file in which facts about keys are kept."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "keys.json"

    def load(self, key: SecretStr) -> KeyFacts:
        """The facts kept for a key; empty when there are none or the file cannot be read."""
        row = self._rows().get(_digest(key))
        if not isinstance(row, dict):
            return KeyFacts()
        scopes, region, team = row.get("scopes"), row.get("region"), row.get("team")
        return KeyFacts(
            frozenset(str(scope) for scope in scopes) if isinstance(scopes, list) else None,
            region if isinstance(region, str) else None,
            team if isinstance(team, str) else None,
        )

    def save(self, key: SecretStr, facts: KeyFacts) -> None:
        """Keep the facts of a key; a folder that cannot be written costs only the next start some time."""
        rows = {name: row for name, row in self._rows().items() if name != _digest(key)}
        rows[_digest(key)] = {
            "scopes": None if facts.scopes is None else sorted(facts.scopes),
            "region": facts.region,
            "team": facts.team,
        }
        try:
            private_files.replace(self._path, json.dumps(dict(list(rows.items())[-KEPT:]), indent=1))
        except OSError as error:
            logger.info("The scopes of the key were not kept: %s", error.strerror)

    def _rows(self) -> Mapping[str, Any]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return rows if isinstance(rows, dict) else {}


def _digest(key: SecretStr) -> str:
    return hashlib.sha256(b"withallo key " + key.get_secret_value().encode()).hexdigest()[:32]
