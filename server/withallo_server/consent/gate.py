"""The consent gate: finds a way to ask the human, or refuses; nothing counts as a yes but theirs or the operator's."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import Context

from withallo_server.consent.callers import can_fill_forms, can_show_cards, is_on_this_machine, principal_of
from withallo_server.consent.card import ask_by_card
from withallo_server.consent.decision import Approval, NotAsked, Refusal
from withallo_server.consent.form import ask_by_form, brings_answer
from withallo_server.consent.question import Question
from withallo_server.consent.store import Consents
from withallo_server.outbox.errors import NotSentError

if TYPE_CHECKING:
    from withallo_server.consent.pages import ApprovalPages

Outcome = Approval | Refusal | NotAsked
Way = Callable[[Context[Any, Any], Question, str], Awaitable[Outcome]]

NO_WAY = (
    "Not sent: a human has to say yes to this first, and there is no way to ask them here{reasons}. No argument of a "
    "tool counts as their yes. Tell the user their choices: a client that can ask (form elicitation or MCP Apps), the "
    "approval page on their machine (ALLO_APPROVAL_PAGE=open), or, for recipients or tools the operator trusts, "
    "ALLO_CONSENT_ALLOW in the server's settings, for example ALLO_CONSENT_ALLOW={example}."
)


@dataclass
class Gate:
    """Asks, whichever way the client can.

    Attributes:
        pages: The approval pages of this machine; none where the operator switched them off.
    """

    consents: Consents
    pages: "ApprovalPages | None"

    async def ask(self, ctx: Context[Any, Any], question: Question, key: str, example: str) -> Approval:
        """Get a yes.

        Args:
            ctx: The call.
            question: What the human is asked.
            key: Idempotency key of the write, bound to the question.
            example: Entry of ALLO_CONSENT_ALLOW that would let this write go, for the refusal.

        Raises:
            NotSentError: The human said no, did not answer, or cannot be asked.
            InputNeeded: The client has to ask, or to show a card.
        """
        given = await self._decided_meanwhile(ctx, question)
        if given is not None:
            return _yes(given)
        reasons = []
        for way in self._ways(ctx):
            outcome = await way(ctx, question, key)
            if not isinstance(outcome, NotAsked):
                return _yes(outcome)
            reasons.append(outcome.reason)
        told = f" ({'; '.join(reasons)})" if reasons else ""
        raise NotSentError(NO_WAY.format(reasons=told, example=example), "nobody to ask")

    async def choose(self, ctx: Context[Any, Any], question: Question, key: str) -> Approval | None:
        """Get a choice and a yes in one form; nothing where no human can be asked by form.

        Raises:
            NotSentError: The human said no, chose nobody or did not answer.
            InputNeeded: The client has to ask.
        """
        if not (can_fill_forms(ctx) or brings_answer(ctx)):
            return None
        outcome = await self._form(ctx, question, key)
        return None if isinstance(outcome, NotAsked) else _yes(outcome)

    def _ways(self, ctx: Context[Any, Any]) -> Iterator[Way]:
        if can_fill_forms(ctx) or brings_answer(ctx):
            yield self._form
        if can_show_cards(ctx):
            yield self._card
        if self.pages is not None and is_on_this_machine(ctx):
            yield self.pages.ask

    async def _form(self, ctx: Context[Any, Any], question: Question, key: str) -> Outcome:
        return await ask_by_form(ctx, self.consents, question, key)

    async def _card(self, ctx: Context[Any, Any], question: Question, key: str) -> Outcome:
        return await ask_by_card(ctx, self.consents, question, key)

    async def _decided_meanwhile(self, ctx: Context[Any, Any], question: Question) -> Approval | Refusal | None:
        """What the human decided in a card or on a page since the call that asked has ended; taken once."""
        principal = principal_of(ctx)
        for asked in await self.consents.decided(principal, question.binding):
            yes = asked.state == "approved"
            if await self.consents.use(asked.id, principal, question.binding, was=asked.state, yes=yes):
                if not yes:
                    return Refusal(asked.note or "the human declined")
                return Approval(asked.channel, asked.key, asked.edited)
        return None


def _yes(outcome: Approval | Refusal) -> Approval:
    if isinstance(outcome, Refusal):
        raise NotSentError(f"Not sent: {outcome.reason}. {outcome.advice}", outcome.reason)
    return outcome
