"""Everything that changes something, as a tool hands it over."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from mcp.server.mcpserver import Context

Request = Callable[[str], Awaitable[Mapping[str, Any]]]
"""The request of a write: takes the idempotency key, gives the API's answer as JSON."""


@dataclass(frozen=True, slots=True)
class Write:
    """A request that a person would notice twice, described before it leaves.

    Attributes:
        tool: Name of the tool that asks.
        action: One line for a human: what will happen, to whom, from where.
        details: Label and value rows for a human, the full text of a message included.
        payload: Exactly what would be sent; its digest binds consent and idempotency.
        recipients: E.164 numbers that would notice.
        idempotency_key: What the caller gave, if anything.
        revise: Makes the same write with another text, for a human who edits it before saying yes; None when there is
            no text to edit. Raises `ToolError` for a text that cannot be sent.
        deletes: Whether something is lost for good, so that a human is asked whatever kind of tool it is.
        any_line: Whether the caller left open which line it leaves from, so that the one here was chosen for it.
        still: Whether things are as the human was shown them; looked at again after their yes.
    """

    tool: str
    action: str
    details: tuple[tuple[str, str], ...]
    payload: Mapping[str, Any]
    recipients: tuple[str, ...] = ()
    idempotency_key: str | None = None
    revise: Callable[[str], "tuple[Write, Request]"] | None = None
    deletes: bool = False
    any_line: bool = False
    still: Callable[[], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One of several writes, of which a human chooses one.

    Attributes:
        label: What tells it from the others, cleaned; no two are the same.
    """

    label: str
    write: Write
    request: Request


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write.

    Attributes:
        state: `sent`: Allo took it; `replayed`: an earlier request with this key had done it; `dry_run`: not sent.
        result: The API's answer as JSON, absent on a dry run.
        edited: The text that a human put in place of the one that was asked for, if they did.
    """

    state: Literal["sent", "replayed", "dry_run"]
    idempotency_key: str
    result: Mapping[str, Any] = field(default_factory=dict)
    edited: str | None = None


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of an earlier write.

    Attributes:
        state: `waiting`: a human has not decided yet; `in_flight`: the request is out; `unknown`: it left and nobody
            knows whether Allo took it.
        note: What was found when the server looked, or why nothing was sent.
        action: What it does, in one line; forgotten after some days.
        message: The full text, where it sends one; forgotten likewise.
    """

    idempotency_key: str
    tool: str
    state: Literal["waiting", "in_flight", "sent", "not_sent", "unknown"]
    recipients: tuple[str, ...]
    asked_at: datetime
    note: str
    action: str = ""
    message: str = ""


class Writes(Protocol):
    """The single door through which tools change anything."""

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        """Check the guardrails, ask the human, record, and run `request(idempotency_key)` at most once."""

    def can_choose(self, ctx: Context[Any, Any]) -> bool:
        """Whether a human can be asked to choose: the client says it can show a form."""

    async def choose(
        self, ctx: Context[Any, Any], question: str, options: Sequence[Option], otherwise: str
    ) -> tuple[int, Written]:
        """Let a human choose one of several writes and agree to it in one form, then go on as `submit` does.

        Args:
            ctx: The call.
            question: What there is to choose, in one line.
            options: The writes; all would send the same text.
            otherwise: The error where no human can be asked by form.

        Returns:
            Which was chosen, and what became of it.
        """

    async def look_up(self, idempotency_key: str) -> SendReport | None:
        """What became of the write with this key; an unknown outcome is looked for in the conversation again."""
