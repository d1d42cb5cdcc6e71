"""Calls as rows of an answer."""

from collections.abc import Mapping, Sequence

from withallo_tools.answers import Row
from withallo_tools.call_facts import CallFacts
from withallo_tools.gist import gist
from withallo_tools.moments import at_local, iso_local
from withallo_tools.names import beside, names_for
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
    reach: Services, calls: Sequence[CallFacts], lines: Mapping[str, str], gist_length: int = 140
) -> list[tuple[str, CallRow]]:
    """Each call as one line of text and as structured content.

    Args:
        reach: For names and the clock.
        calls: In the order of the answer.
        lines: How to name our lines; a line that is not in it stays out.
        gist_length: Characters of the summary at most.
    """
    names = await names_for(reach, [call.number for call in calls if not call.name])
    return [_row(reach, call, names, lines, gist_length) for call in calls]


def _row(
    reach: Services, call: CallFacts, names: Mapping[str, str], lines: Mapping[str, str], gist_length: int
) -> tuple[str, CallRow]:
    summary = gist(call.summary, gist_length)
    line = lines.get(call.line or "", "")
    ended = " ".join(filter(None, (call.how, call.length)))
    ours = ", ".join(
        filter(None, (f"{at_local(call.at, reach)} {call.way or ''}".rstrip(), ended, line, clean(call.id, 60)))
    )
    text = " | ".join(filter(None, (ours, beside(call.number, names, call.name), summary)))
    row = CallRow(
        id=clean(call.id, 60),
        at=iso_local(call.at, reach),
        direction=call.way,
        result=call.how,
        seconds=call.seconds,
        line=call.line and clean(call.line, 40),
        number=display(call.number),
        name=clean(call.name, 60) or names.get(call.number or "", ""),
        summary=summary,
    )
    return text, row
