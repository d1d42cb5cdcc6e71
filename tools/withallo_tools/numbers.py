"""The account's own lines and sender IDs, as a tool."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Number
from withallo_tools.answers import Answer, Facts, Row, count
from withallo_tools.lines import line_label
from withallo_tools.outsiders import clean
from withallo_tools.paging import next_cursor, read_offset
from withallo_tools.parameters import Cursor
from withallo_tools.services import Services, services
from withallo_tools.tool import Effect, ToolContext, tool


class NumberRow(Row):
    """One line or sender ID."""

    number: str | None = None
    name: str = ""
    kind: str = Field(description="line or sender ID")
    country: str | None = None
    capabilities: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


class Numbers(Facts):
    """Lines and sender IDs."""

    numbers: tuple[NumberRow, ...] = ()
    next_cursor: str = ""


@tool(
    title="List your numbers",
    effect=Effect.READ,
    toolset="account",
    scopes=("PHONE_NUMBERS_READ", "CONVERSATIONS_READ"),
)
async def list_numbers(ctx: ToolContext, *, cursor: Cursor = "") -> Annotated[CallToolResult, Numbers]:
    """List your own phone lines and SMS sender IDs: country, capabilities, who uses them.

    Other people's numbers are in search_contacts.
    """
    return await numbers_answer(services(ctx), cursor)


async def numbers_answer(reach: Services, cursor: str = "") -> CallToolResult:
    """The answer of `list_numbers`, which the resource `allo://numbers` gives too."""
    offset = read_offset("numbers", {}, cursor)
    numbers = await reach.numbers(fresh=True)
    lines = sum(not number.is_sender_id for number in numbers)
    answer = Answer(reach.answer_budget).say(f"{count(lines, 'line')}, {count(len(numbers) - lines, 'sender ID')}:")
    rows = [_row(number) for number in numbers[offset:]]
    shown = answer.own_table(rows)
    more = next_cursor("numbers", {}, offset + shown) if shown < len(rows) else ""
    answer.say(f"{len(rows) - shown} more: list_numbers(cursor={more})" if more else "")
    return answer.result(Numbers(numbers=tuple(row for _, row in rows[:shown]), next_cursor=more))


def _row(number: Number) -> tuple[str, NumberRow]:
    row = NumberRow(
        number=number.number and clean(number.number, 40),
        name=clean(number.name or "", 60),
        kind="sender ID" if number.is_sender_id else "line",
        country=number.country and clean(number.country, 10),
        capabilities=tuple(clean(each, 20).lower() for each in number.capabilities),
        users=tuple(clean(user.name, 60) for user in number.users if user.name),
    )
    does = "texts to French mobiles" if number.is_sender_id else ", ".join(row.capabilities)
    users = f"used by {', '.join(row.users)}" if row.users else ""
    return " | ".join(filter(None, (line_label(number), row.kind, row.country, does, users))), row
