"""Calls as rows of an answer."""

from collections.abc import Mapping, Sequence

from withallo_tools.answers import Row
from withallo_tools.call_facts import CallFacts
from withallo_tools.gist import gist
from withallo_tools.moments import at_local, iso_local
from withallo_tools.names import beside, name_of, names_for
from withallo_tools.outsiders import OutsiderText, clean
from withallo_tools.phone import display
from withallo_tools.services import Services


class CallRow(Row):
    """One call."""

    id: str
    at: str | None = None
    direction: str | None = None
    result: str
    seconds: int | None = None
    line: str | None = None
    number: OutsiderText
    name: OutsiderText = ""
    summary: OutsiderText = ""


async def call_rows(
    reach: Services,
    calls: Sequence[CallFacts],
    lines: Mapping[str, str],
    gist_length: int = 140,
    *,
    of_one: bool = False,
) -> list[tuple[str, CallRow]]:
    """Each call as one line of text and as structured content.

    Args:
        reach: For names and the clock.
        calls: In the order of the answer.
        lines: How to name our lines; a line that is not in it stays out.
        gist_length: Characters of the summary at most.
        of_one: Whether all are with one number that the answer names once, outside the rows.
    """
    names = await names_for(reach, [call.number for call in calls])
    rows = [_row(reach, call, names, gist_length) for call in calls]
    return [
        (_text(reach, call, row, lines, who="" if of_one else beside(call.number, names, call.name)), row)
        for call, row in zip(calls, rows, strict=True)
    ]


def _text(reach: Services, call: CallFacts, row: CallRow, lines: Mapping[str, str], who: str) -> str:
    ended = " ".join(filter(None, (call.how, call.length)))
    head = f"{at_local(call.at, reach)} {call.way or ''}".rstrip()
    ours = ", ".join(filter(None, (head, ended, lines.get(call.line or "", ""), row.id)))
    return " | ".join(filter(None, (ours, who, row.summary)))


def _row(reach: Services, call: CallFacts, names: Mapping[str, str], gist_length: int) -> CallRow:
    return CallRow(
        id=clean(call.id, 60),
        at=iso_local(call.at, reach),
        direction=call.way,
        result=call.how,
        seconds=call.seconds,
        line=call.line and clean(call.line, 40),
        number=display(call.number),
        name=name_of(call.number, names, call.name),
        summary=gist(call.summary, gist_length),
    )
