"""The single door through which tools change anything: rules, consent, outbox, request, audit, in this order."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import anyio
from anyio.abc import TaskGroup
from mcp.server.mcpserver import Context

from withallo_client import AlloClient
from withallo_server.audit.log import AuditLog
from withallo_server.audit.trail import Line, Trail
from withallo_server.consent.callers import client_name, principal_of
from withallo_server.consent.decision import Approval
from withallo_server.consent.form import brings_answer
from withallo_server.consent.gate import Gate
from withallo_server.consent.policy import Policy, is_gated, may_happen_twice, policy_for, tightened
from withallo_server.consent.question import question_about, question_between
from withallo_server.consent.store import Asked, Caller, Consents
from withallo_server.consent.visible import as_meant
from withallo_server.database import Database
from withallo_server.guardrails.opt_outs import OptOuts
from withallo_server.guardrails.readings import Readings
from withallo_server.guardrails.rules import RULE, Guardrails
from withallo_server.guardrails.settings import SendingSettings
from withallo_server.guardrails.warnings import Warnings
from withallo_server.outbox import digests
from withallo_server.outbox.errors import NotSentError
from withallo_server.outbox.reports import Reports
from withallo_server.outbox.rows import Claim, Entry, Limit, Send, about
from withallo_server.outbox.search import Search
from withallo_server.outbox.sending import Sending, clock_time, held_back, over_limit
from withallo_server.outbox.store import Outbox
from withallo_server.telemetry import span
from withallo_tools.services import Inbox, Option, People, Request, SendReport, Write, Written

if TYPE_CHECKING:
    from withallo_server.consent.pages import ApprovalPages

CHANGED = "Not done: things have changed since the human was asked. Call again to ask them about how it is now."


@dataclass
class GatedWrites:
    """`Writes` of one account; one object serves every caller of that account."""

    settings: SendingSettings
    outbox: Outbox
    consents: Consents
    gate: Gate
    rules: Guardrails
    warnings: Warnings
    sending: Sending
    reports: Reports
    trail: Trail
    clock: Callable[[], datetime]

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        """Run `request(idempotency_key)` at most once, with its row committed before it leaves.

        Raises:
            NotSentError: Nothing was sent; the text says why and what to do.
            OutcomeUnknownError: The request left and its outcome is not known; it must not be repeated blindly.
            WithalloError: Allo refused; nothing was sent.
            InputNeeded: The client has to ask a human first.
        """
        with span("allo.write", tool=write.tool):
            return await self._submit(ctx, write, request)

    async def _submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        async with self.trail.of(ctx, write) as line:
            line.written = await self._carry_out(ctx, write, request, line)
            return line.written

    async def choose(
        self, ctx: Context[Any, Any], question: str, options: Sequence[Option], otherwise: str
    ) -> tuple[int, Written]:
        """Let a human choose one of several writes and agree to it in one form; then as `submit`.

        Raises:
            NotSentError: Also where nobody can be asked by form; then with `otherwise` as its text.
        """
        everybody = tuple(dict.fromkeys(number for option in options for number in option.write.recipients))
        with span("allo.write", tool=options[0].write.tool):
            async with self.trail.of(ctx, replace(options[0].write, recipients=everybody)) as line:
                known, place = await self._known(options)
                approval = None
                if known is None:
                    approval = await self._choice(ctx, question, options, otherwise)
                    place = approval.choice
                line.chosen = options[place].write
                line.written = await self._carry_out(ctx, line.chosen, options[place].request, line, approval)
                return place, line.written

    async def look_up(self, idempotency_key: str) -> SendReport | None:
        """What became of the write with this key; an unknown outcome is looked for in the conversation again."""
        return await self.reports.find(idempotency_key)

    async def decide(
        self, question: str, secret: str, principal: str, *, yes: bool, edited: str | None
    ) -> Asked | None:
        """Take what a human pressed in a card; nothing when the card is spent or the secret is wrong."""
        return await self.consents.decide(question, secret, Caller("card", principal), yes=yes, edited=edited)

    async def _known(self, options: Sequence[Option]) -> tuple[Send | None, int]:
        """The row that has the key of these writes already, unless it is to be tried again, and whose it is."""
        key = options[0].write.idempotency_key
        known = None if key is None else await self.outbox.find(key)
        if known is None:
            return None, 0
        places = [place for place, each in enumerate(options) if digests.claim(each.write).fits(known)]
        return (None if places and known.state == "not_sent" else known), places[0] if places else 0

    async def _choice(
        self, ctx: Context[Any, Any], question: str, options: Sequence[Option], otherwise: str
    ) -> Approval:
        """Who is meant, and the yes to it; asked even where policy lets a text go by itself."""
        warnings: dict[str, None] = {}
        for option in options:
            policy = await self._policy(ctx, option.write)
            suspicion = await self.warnings.suspicion(ctx, option.write)
            warnings |= dict.fromkeys(suspicion.reasons(asked_anyway=policy == "ask"))
            warnings |= dict.fromkeys(await self.warnings.about_text(ctx, option.write))
            warnings |= dict.fromkeys(await self._repetition(option.write))
        key = options[0].write.idempotency_key or uuid4().hex
        approval = await self.gate.choose(ctx, question_between(question, options, tuple(warnings)), key)
        if approval is None:
            raise NotSentError(otherwise, "nobody to ask who is meant")
        return approval

    async def _carry_out(
        self, ctx: Context[Any, Any], write: Write, request: Request, line: Line, approval: Approval | None = None
    ) -> Written:
        asked_for = digests.claim(write)
        if write.idempotency_key is not None:
            known = await self.outbox.find(write.idempotency_key)
            if known is not None and (known.state != "not_sent" or not asked_for.fits(known)):
                return await self.sending.again(known, asked_for)
        await self.rules.check(write.recipients)
        limits = self.rules.limits(write.recipients)
        await self._hold_back(write, limits)
        approval = approval or await self._consent(ctx, write)
        line.consent = approval.how
        edited = None
        if approval.how != "policy":
            await self.rules.check(write.recipients)
            if write.still is not None and not await write.still():
                raise NotSentError(CHANGED, "changed while a human was asked")
        if approval.edited is not None and write.revise is not None:
            edited = as_meant(approval.edited, str(write.payload.get("message", "")))
            line.asked, (write, request) = write, write.revise(edited)
            line.chosen = write
            line.consent += ", edited"
        key = write.idempotency_key or approval.key or uuid4().hex
        if self.settings.dry_run:
            return Written("dry_run", key, edited=edited)
        entry = self._entry(ctx, write, key, asked_for)
        since, noted = self._hold_since(write), line.noting(request)
        written = await self.sending.send(entry, noted, hold_since=since, limits=limits)
        return replace(written, edited=edited) if written.state == "sent" else written

    async def _hold_back(self, write: Write, limits: Sequence[Limit]) -> None:
        """Refuse a repetition, or one too many, before anybody is asked; the outbox does it again with its row."""
        exceeded = await self.outbox.exceeded(limits)
        if exceeded is not None:
            raise over_limit(exceeded)
        since = self._hold_since(write)
        likeness = digests.likeness(write)
        twin = None if since is None else await self.outbox.twin(likeness, since)
        if twin is not None:
            raise held_back(twin, self.sending.zone, likeness)

    async def _repetition(self, write: Write) -> tuple[str, ...]:
        """What the human is told when a key of its own lets the same text go again."""
        if write.idempotency_key is None or not write.recipients:
            return ()
        since = self.clock() - timedelta(seconds=self.settings.duplicate_window)
        likeness = digests.likeness(write)
        twin = await self.outbox.twin(likeness, since)
        if twin is None or twin.sent_likeness != likeness:
            return ()
        went = "went" if twin.state == "sent" else "may have gone"
        return (f"the same text {went} out at {clock_time(twin, self.sending.zone)}.",)

    def _hold_since(self, write: Write) -> datetime | None:
        if write.idempotency_key is not None or not self.settings.duplicate_window or may_happen_twice(write):
            return None
        return self.clock() - timedelta(seconds=self.settings.duplicate_window)

    async def _consent(self, ctx: Context[Any, Any], write: Write) -> Approval:
        suspicion = await self.warnings.suspicion(ctx, write)
        if not is_gated(write, after_outsiders=suspicion.after_texts):
            return Approval("policy")
        policy = await self._policy(ctx, write)
        if policy == "allow" and not suspicion.influenced:
            return Approval("policy")
        return await self._ask(ctx, write, suspicion.reasons(asked_anyway=policy == "ask"))

    async def _policy(self, ctx: Context[Any, Any], write: Write) -> Policy:
        policy = tightened(await policy_for(self.settings, write, self.rules.is_contact), ctx)
        if policy == "deny":
            raise NotSentError(f"Not sent: {write.tool} is denied here (ALLO_CONSENT=deny). {RULE}", "denied")
        return policy

    async def _ask(self, ctx: Context[Any, Any], write: Write, reasons: tuple[str, ...]) -> Approval:
        example = f"{write.tool}:{write.recipients[0]}" if write.recipients else write.tool
        to_them = () if brings_answer(ctx) else await self.warnings.about_recipients(ctx, write)
        of_it = await self.warnings.about_text(ctx, write)
        question = question_about(write, (*reasons, *to_them, *of_it, *await self._repetition(write)))
        return await self.gate.ask(ctx, question, write.idempotency_key or uuid4().hex, example)

    def _entry(self, ctx: Context[Any, Any], write: Write, key: str, claim: Claim) -> Entry:
        return Entry(
            key=key,
            tool=write.tool,
            claim=claim,
            sent_likeness=digests.likeness(write),
            recipients=write.recipients,
            message_digest=digests.message_digest(write.payload),
            sender=digests.sender(write.payload),
            asked_by=f"{principal_of(ctx)} with {client_name(ctx)}",
            asked_at=self.clock(),
            about=about(write),
        )


@asynccontextmanager
async def open_writes(
    *,
    database: Database,
    settings: SendingSettings,
    account: str,
    client: AlloClient,
    people: People,
    inbox: Inbox,
    clock: Callable[[], datetime],
    zone: ZoneInfo,
    folder: Path,
    readings: Readings,
    open_browser: Callable[[str], bool] | None = None,
) -> AsyncIterator[GatedWrites]:
    """Open the writes of one account; approval pages are up as long as this is.

    Args:
        database: Where the outbox is.
        settings: What the operator decided about sending.
        account: Name of the account in shared tables.
        client: The Allo API with this account's key.
        people: Who is who, for the question to the human.
        inbox: Where `sms.sent` tells what became of a text, and STOP who wants no more.
        clock: The present, aware; the sandbox may have moved it.
        zone: The account's time zone.
        folder: Where the audit log is.
        readings: What was read in every session.
        open_browser: Opens a link in the human's browser and says whether that worked.
    """
    outbox, consents = Outbox(database, account), Consents(database, account, clock)
    sending = Sending(outbox, Search(client, inbox, outbox), zone)
    rules = Guardrails(settings, people, OptOuts(database, account, inbox), lambda: clock().astimezone(zone))
    async with anyio.create_task_group() as tasks:
        pages = _approval_pages(settings, consents, tasks, open_browser)
        yield GatedWrites(
            settings=settings,
            outbox=outbox,
            consents=consents,
            gate=Gate(consents, pages),
            rules=rules,
            warnings=Warnings(readings, people, rules.is_contact, outbox, clock, of_night=settings.quiet_hours is None),
            sending=sending,
            reports=Reports(outbox, consents, sending),
            trail=Trail(AuditLog(folder), account, settings.audit_bodies),
            clock=clock,
        )
        tasks.cancel_scope.cancel()


def _approval_pages(
    settings: SendingSettings, consents: Consents, tasks: TaskGroup, open_browser: Callable[[str], bool] | None
) -> "ApprovalPages | None":
    if settings.approval_page == "off":
        return None
    from withallo_server.consent.pages import ApprovalPages

    return ApprovalPages(consents, tasks, settings.approval_page, open_browser)
