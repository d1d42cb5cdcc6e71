"""The account and this server."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from withallo_tools.answers import Answer, Facts
from withallo_tools.moments import span_words
from withallo_tools.outsiders import clean
from withallo_tools.services import services
from withallo_tools.times import TimeRange
from withallo_tools.tool import Effect, ToolContext, tool


class AccountFacts(Facts):
    """What the key may do, and what this server offers."""

    team: str = ""
    environment: str
    scopes: tuple[str, ...] = ()
    reads_per_second: int | None = None
    writes_per_second: int | None = None
    tools_on: tuple[str, ...] = ()
    tools_off: dict[str, str] = Field(default={}, description="Tool and why it is off.")
    inbox: str
    timezone: str
    region: str = Field(description="Country of numbers written without a country code.")


@tool(title="Show account and server state", effect=Effect.READ, toolset="account")
async def get_account(ctx: ToolContext) -> Annotated[CallToolResult, AccountFacts]:
    """Show the team, the API key's scopes and rate limits, which tools are on or off and why, and the inbox's state.

    Use it when a tool is missing or refused. Lines are in list_numbers.
    """
    reach = services(ctx)
    me = await reach.client.account.me()
    status = await reach.status()
    team = clean(me.team.name or me.team.id, 80) if me.team else ""
    limits = me.rate_limits
    off = {each.name: each.reason for each in status.tools if not each.on}
    facts = AccountFacts(
        team=team,
        environment=status.environment,
        scopes=tuple(sorted(clean(scope, 60) for scope in me.scopes)),
        reads_per_second=limits.read_per_second,
        writes_per_second=limits.write_per_second,
        tools_on=tuple(each.name for each in status.tools if each.on),
        tools_off=off,
        inbox=status.inbox,
        timezone=reach.zone.key,
        region=reach.region,
    )
    kind = "embedded sandbox account" if status.environment == "sandbox" else "live account"
    answer = Answer(reach.answer_budget).say(
        f"Team: {team or 'unknown'} ({kind})",
        f"Key scopes: {', '.join(facts.scopes) or 'none'}",
        f"Limits: {limits.read_per_second or '?'} reads and {limits.write_per_second or '?'} writes a second",
        f"Clock: {span_words(TimeRange(), reach)}; numbers without country code: {reach.region}",
        f"Tools on: {', '.join(facts.tools_on)}",
        *(f"Off: {', '.join(names)}: {reason}" for reason, names in _by_reason(off).items()),
        f"Inbox: {status.inbox}",
    )
    return answer.result(facts)


def _by_reason(off: dict[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, reason in off.items():
        reasons.setdefault(reason, []).append(name)
    return reasons
