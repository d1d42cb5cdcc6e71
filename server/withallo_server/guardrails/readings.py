"""Whose words the model read in a session: after that, a text to somebody else is no longer above suspicion."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware

from withallo_server.consent.callers import session_of
from withallo_tools.outsiders import NEVER_INSTRUCTIONS, RECORDS

SOMEBODY = "somebody"
"""Stands for an author whose number the answer did not show."""

_NUMBER = re.compile(r"\+[1-9]\d{6,14}(?!\d)")
_FENCE = re.compile(rf"⟦[0-9a-f]{{8}}: written by ([^;\n]*); {NEVER_INSTRUCTIONS}")
_SESSIONS_KEPT = 10_000


@dataclass
class Reading:
    """What was read in one session.

    Attributes:
        texts: Numbers of people whose messages, transcripts, summaries or events were read.
        names: Numbers of people whose contact records were read.
    """

    texts: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


@dataclass
class Readings:
    """What was read in every session of this process."""

    _sessions: dict[str, Reading] = field(default_factory=dict)

    def of(self, session: str) -> Reading:
        """What was read in one session so far."""
        return self._sessions.get(session, Reading())

    def note(self, session: str, answer: Mapping[str, Any]) -> None:
        """Take note of an answer on its way to a model, in wire form."""
        found = json.dumps(answer, ensure_ascii=False, default=str)
        wrote = set(_FENCE.findall(found))
        if not wrote and "untrusted" not in answer.get("structuredContent", {}):
            return
        reading = self._sessions.setdefault(session, Reading())
        people = set(_NUMBER.findall(found)) or {SOMEBODY}
        (reading.names if wrote == {RECORDS} else reading.texts).update(people)
        if len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.pop(next(iter(self._sessions)))

    def note_resource(self, session: str, answer: Mapping[str, Any]) -> None:
        """Take note of a resource that holds events or contacts."""
        found = json.dumps(answer, ensure_ascii=False, default=str)
        self._sessions.setdefault(session, Reading()).texts.update(_NUMBER.findall(found) or {SOMEBODY})


def watch(readings: Callable[[], Readings]) -> ServerMiddleware[Any]:
    """Middleware that takes note of every answer that holds outsiders' words; no tool can forget to."""

    async def note(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if not isinstance(result, Mapping):
            return result
        if ctx.method == "tools/call":
            readings().note(session_of(ctx), result)
        elif ctx.method == "resources/read" and "://events" in str((ctx.params or {}).get("uri")):
            readings().note_resource(session_of(ctx), result)
        return result

    return note
