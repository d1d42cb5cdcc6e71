"""The audit log: every write, who asked, who consented and how, and what became of it."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread

NAME = "audit.jsonl"
LARGEST = 5_000_000
GENERATIONS = 5

Outcome = Literal["sent", "not_sent", "unknown", "replayed", "dry_run", "waiting"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line.

    Attributes:
        at: ISO time, UTC.
        account: Which key's account.
        client: The client program, as it calls itself.
        principal: Who was signed in; `local` on stdio.
        recipients: Masked numbers.
        digest: SHA-256 of tool and payload, as sent.
        asked_digest: The same of what was asked for, where a human put other words in its place.
        consent: Who said yes and how: `policy`, `form`, `card`, `page`, or `none`.
        reason: Why nothing was sent, or how the outcome became known.
        body: The payload, only where the operator turned it on.
    """

    at: str
    account: str
    client: str
    principal: str
    tool: str
    recipients: tuple[str, ...]
    digest: str
    key: str
    outcome: Outcome
    consent: str
    reason: str = ""
    body: Mapping[str, Any] | None = None
    asked_digest: str | None = None


def masked(number: str) -> str:
    """A number nobody can dial from the log: country code and last two digits."""
    return f"{number[:3]}{'•' * max(len(number) - 5, 3)}{number[-2:]}" if len(number) > 5 else "•" * len(number)


class AuditLog:
    """Appends to a file that only its owner can read, and starts another when it is full."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        self.path = folder / NAME
        self._largest = largest
        self._lock = threading.Lock()

    async def write(self, record: Record) -> None:
        """Add a line; it is on disk when this returns.

        Raises:
            OSError: The file cannot be written.
        """
        line = json.dumps({key: value for key, value in asdict(record).items() if value is not None}, default=str)
        await anyio.to_thread.run_sync(self._append, line)

    def _append(self, line: str) -> None:
        with self._lock:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._rotate()
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line.encode("ascii") + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _rotate(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # another process was quicker
            if self.path.stat().st_size < self._largest:
                return
            for generation in range(GENERATIONS - 1, 0, -1):
                older = self._generation(generation)
                if older.exists():
                    older.replace(self._generation(generation + 1))
            self.path.replace(self._generation(1))

    def _generation(self, number: int) -> Path:
        return self.path.with_name(f"{NAME}.{number}")


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """Every line of every generation, oldest first; lines that cannot be read are skipped."""
    names = [f"{NAME}.{number}" for number in range(GENERATIONS, 0, -1)]
    for path in (folder / name for name in (*names, NAME)):
        if not path.exists():
            continue
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    yield row
