"""The operator's rules for recipients, hours and amounts; none of them can be loosened from a client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from withallo_server.guardrails.opt_outs import OptOuts
from withallo_server.guardrails.patterns import covers
from withallo_server.guardrails.quiet_hours import quiet_until
from withallo_server.guardrails.settings import SendingSettings, read_hours
from withallo_server.guardrails.special_numbers import why_special
from withallo_server.outbox.errors import NotSentError
from withallo_server.outbox.rows import Limit
from withallo_tools.services import People

RULE = "This is a rule of this server's operator; no argument changes it."
_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)


@dataclass
class Guardrails:
    """The rules of one account.

    Attributes:
        now: The present in the account's zone.
    """

    settings: SendingSettings
    people: People
    opt_outs: OptOuts
    now: Callable[[], datetime]

    async def check(self, recipients: tuple[str, ...]) -> None:
        """Refuse recipients that may not get a text now.

        Raises:
            NotSentError: It names the rule.
        """
        for number in recipients:
            await self._check_lists(number)
            self._check_kind(number)
            self._check_hours(number)
            await self._check_opt_out(number)

    def limits(self, recipients: tuple[str, ...]) -> tuple[Limit, ...]:
        """The caps that a text to these recipients counts against."""
        now, settings = self.now(), self.settings
        found = [
            Limit(now - _DAY, settings.max_per_recipient, f"{_texts(settings.max_per_recipient)} in 24 hours", number)
            for number in recipients
            if settings.max_per_recipient
        ]
        if recipients and settings.max_per_hour:
            found.append(Limit(now - _HOUR, settings.max_per_hour, f"{_texts(settings.max_per_hour)} in an hour"))
        if recipients and settings.max_per_day:
            found.append(Limit(now - _DAY, settings.max_per_day, f"{_texts(settings.max_per_day)} in 24 hours"))
        return tuple(found)

    async def is_contact(self, number: str) -> bool:
        """Whether a number belongs to somebody in the contact directory."""
        if await self.people.names([number]):
            return True
        found = await self.people.search(number, limit=5)
        return any(number in person.numbers for person in found.people)

    async def _check_lists(self, number: str) -> None:
        settings = self.settings
        if await covers(settings.recipients_block, number, self.is_contact):
            raise NotSentError(f"Not sent: {number} is on the list never to be texted. {RULE}", "recipient blocked")
        if settings.recipients_allow and not await covers(settings.recipients_allow, number, self.is_contact):
            raise NotSentError(f"Not sent: {number} is not on the list to text. {RULE}", "recipient not allowed")

    def _check_kind(self, number: str) -> None:
        if not self.settings.special_numbers and (kind := why_special(number)) is not None:
            raise NotSentError(f"Not sent: {number} is a {kind} number. {RULE}", "special number")

    def _check_hours(self, number: str) -> None:
        if self.settings.quiet_hours is None:
            return
        quiet = quiet_until(number, read_hours(self.settings.quiet_hours), self.now())
        if quiet is not None:
            local, end = quiet
            raise NotSentError(
                f"Not sent: it is {local:%H:%M} where {number} is ({local.tzinfo}), and no texts go out there before "
                f"{end:%H:%M} (quiet hours {self.settings.quiet_hours}). {RULE}",
                "quiet hours",
            )

    async def _check_opt_out(self, number: str) -> None:
        since = await self.opt_outs.since(number)
        if since is not None:
            raise NotSentError(
                f"Not sent: {number} asked on {since:%Y-%m-%d} to get no more texts (STOP). They can write START to "
                "get them again; nobody else can change this.",
                "opted out",
            )


def _texts(most: int) -> str:
    return "one text" if most == 1 else f"{most} texts"
