"""Whose words the model read in a session: after that, a text to somebody else is no longer above suspicion."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware

from withallo_server.consent.callers import WANDERING, session_of
from withallo_server.consent.policy import is_reading
from withallo_server.guardrails.words_of_others import WordsOfOthers
from withallo_server.media import AUTHORS
from withallo_tools.outsiders import NEVER_INSTRUCTIONS, RECORDS

if TYPE_CHECKING:
    from withallo_server.database import Database

SOMEBODY = "somebody"
"""Stands for an author whose number the answer did not show."""

KEPT_SECONDS = 12 * 3600.0
"""A conversation has no end that a server could see; what was read half a day ago is no longer in anybody's head."""

Heard = dict[tuple[Literal["texts", "names"], str], float]
"""When somebody's texts or names were last read, seconds since 1970."""

_NUMBER = re.compile(r"^\+[1-9]\d{6,14}(?!\S)|(?<!\S)\+[1-9]\d{6,14}$")
_AUTHOR = ("contact", "number", "numbers", "contact_number", "from_number", "to_number", "from", "to")
_FENCE = re.compile(rf"⟦[0-9a-f]{{8}}: written by ([^;\n]*); {NEVER_INSTRUCTIONS}")
_SESSIONS_KEPT = 10_000
_WORDS_KEPT = 100


@dataclass
class Reading:
    """What was read in one session.

    Attributes:
        texts: Numbers of people whose messages, transcripts, summaries or events were read.
        names: Numbers of people whose contact records were read.
        said: What they wrote, as far as it was read here, and not so many sessions ago that it is forgotten.
    """

    texts: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    said: WordsOfOthers = field(default_factory=WordsOfOthers)


@dataclass
class Readings:
    """What was read in every session of one account.

    A conversation without a session of its own (2026-07-28 over HTTP) may reach another instance with every request;
    what was read there is shared by the database.

    Attributes:
        database: Opens the database.
        account: Name of the account in shared tables.
        clock: The present.
    """

    database: "Callable[[], Awaitable[Database]]"
    account: str
    clock: Callable[[], datetime]
    _sessions: dict[str, Heard] = field(default_factory=dict)
    _said: dict[str, WordsOfOthers] = field(default_factory=dict)

    async def of(self, session: str) -> Reading:
        """What was read in one session so far."""
        heard = self._heard(session)
        if session.startswith(WANDERING):
            from withallo_server.guardrails.shared_readings import recall

            heard |= await recall(await self.database(), self.account, session, self._oldest())
        texts, names = ({number for kind, number in heard if kind == wanted} for wanted in ("texts", "names"))
        return Reading(texts, names, self._said.get(session, WordsOfOthers()))

    async def share(self, session: str) -> None:
        """Let other instances know what was read here."""
        if not session.startswith(WANDERING) or session not in self._sessions:
            return
        from withallo_server.guardrails.shared_readings import keep

        await keep(await self.database(), self.account, session, self._heard(session), self._oldest())

    def note(self, session: str, answer: Mapping[str, Any]) -> None:
        """Take note of a tool's answer on its way to a model, in wire form."""
        text = json.dumps(answer.get("content", []), ensure_ascii=False, default=str)
        facts = answer.get("structuredContent") or {}
        wrote = set(_FENCE.findall(text))
        if wrote or "untrusted" in facts:
            only_names = wrote == {RECORDS}
            self._remember(session, set(authors(facts)), only_names=only_names, said=facts)

    def note_resource(self, session: str, answer: Mapping[str, Any]) -> None:
        """Take note of a resource that holds events or contacts."""
        for content in answer.get("contents", []):
            named, said = _named(content), content.get("text", "")
            try:
                said = json.loads(said)
                named = set(authors(said)) if named is None else named
            except ValueError:
                named = {SOMEBODY} if named is None else named
            self._remember(session, named, only_names=False, said=said)

    def note_prompt(self, session: str, answer: Mapping[str, Any]) -> None:
        """Take note of a prompt that embeds outsiders' words."""
        for message in answer.get("messages", []):
            named = _named(message.get("content", {}))
            if named is not None:
                self._remember(session, named, only_names=False, said=message.get("content", {}).get("text", ""))

    def note_pushed(self, session: str, number: str, text: str) -> None:
        """Take note of words that enter a session without having been asked for."""
        self._remember(session, {number}, only_names=False, said=text)

    def _remember(self, session: str, people: set[str], *, only_names: bool, said: Any) -> None:
        heard, now = self._heard(session), self.clock().timestamp()
        heard |= {("names" if only_names else "texts", number): now for number in people}
        self._sessions.pop(session, None)
        self._sessions[session] = heard
        if len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.pop(next(iter(self._sessions)))
        if not only_names:
            words = self._said[session] = self._said.pop(session, WordsOfOthers())
            for text in _written(said):
                words.hear(text)
            if len(self._said) > _WORDS_KEPT:
                self._said.pop(next(iter(self._said)))

    def _heard(self, session: str) -> Heard:
        """What was read here; of a conversation without an end of its own, what is not too old."""
        heard, oldest = self._sessions.get(session, {}), self._oldest()
        return {each: at for each, at in heard.items() if at > oldest or not session.startswith(WANDERING)}

    def _oldest(self) -> float:
        return self.clock().timestamp() - KEPT_SECONDS


def _named(content: Mapping[str, Any]) -> set[str] | None:
    """Who wrote what a text or audio holds, where whoever made it says."""
    found = (content.get("_meta") or {}).get(AUTHORS)
    return set(map(str, found)) or {SOMEBODY} if isinstance(found, list) else None


def authors(facts: Any, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """Who wrote what structured content holds: the numbers it names, each row's own or those of what it is part of.

    A number that stands in somebody's words is not their author, and a text of ours has none.
    """
    if isinstance(facts, list | tuple):
        for part in facts:
            yield from authors(part, known)
    if not isinstance(facts, Mapping) or _is_our_text(facts):
        return
    own = frozenset(number for key in _AUTHOR for number in _numbers(facts.get(key))) or known
    parts = [part for part in facts.values() if _has_rows(part)]
    yield from own
    if not own and not parts:
        yield SOMEBODY
    for part in parts:
        yield from authors(part, own)


def _written(facts: Any) -> Iterator[str]:
    """Every text in structured content that is not ours."""
    if isinstance(facts, str):
        yield facts
    elif isinstance(facts, list | tuple):
        for part in facts:
            yield from _written(part)
    elif isinstance(facts, Mapping) and not _is_our_text(facts):
        for part in facts.values():
            yield from _written(part)


def _has_rows(part: Any) -> bool:
    return isinstance(part, Mapping) or (
        isinstance(part, list | tuple) and any(isinstance(row, Mapping) for row in part)
    )


def _numbers(value: Any) -> Iterator[str]:
    """Numbers before or behind a name; a name that looks like one adds a number and hides none."""
    for text in value if isinstance(value, list | tuple) else (value,):
        if isinstance(text, str):
            yield from _NUMBER.findall(text)


def _is_our_text(row: Mapping[str, Any]) -> bool:
    """Whether a row is a text that we sent: its words are ours, whoever it went to."""
    kind = f"{row.get('topic', '')} {row.get('kind', '')}".lower()
    return str(row.get("direction", "")).lower() == "outbound" and ("sms" in kind or "text" in kind)


def watch(readings: Callable[[], Readings]) -> ServerMiddleware[Any]:
    """Middleware that takes note of every answer that holds outsiders' words; no tool can forget to."""

    async def note(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if not isinstance(result, Mapping):
            return result
        params = ctx.params or {}
        if ctx.method == "tools/call" and (result.get("isError") or is_reading(str(params.get("name")))):
            readings().note(session_of(ctx), result)
        elif ctx.method == "prompts/get":
            readings().note_prompt(session_of(ctx), result)
        elif ctx.method == "resources/read" and _holds_words(str(params.get("uri"))):
            readings().note_resource(session_of(ctx), result)
        else:
            return result
        await readings().share(session_of(ctx))
        return result

    return note


def _holds_words(uri: str) -> bool:
    return uri.startswith("allo://") and not uri.startswith("allo://numbers")
