"""Calls and texts side by side, each on one line, whichever API version told of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from withallo_client import ConversationRow, Item, TextMessage
from withallo_tools.answers import Row
from withallo_tools.call_facts import CallFacts, Way, facts_of_call, facts_of_item, way_of
from withallo_tools.gist import gist
from withallo_tools.moments import at_local, iso_local
from withallo_tools.names import on_cards
from withallo_tools.outsiders import OutsiderText, clean
from withallo_tools.services import Services

LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Talk:
    """A call or a text.

    Attributes:
        id: Tells it apart from everything else; made here where the route gives none.
        allo_id: Allo's id, empty where the route gives none.
        words: The text itself; None for a call.
        call: The call; None for a text.
        status: What became of a text of ours, for example `delivered`.
    """

    id: str
    allo_id: str
    at: datetime | None
    way: Way | None
    line: str | None
    number: str | None
    name: str
    words: str | None = None
    call: CallFacts | None = None
    status: str = ""


class TalkRow(Row):
    """One call or text."""

    id: str = ""
    at: str | None = None
    kind: str
    direction: str | None = None
    result: str = ""
    line: str | None = None
    contact: OutsiderText = ""
    text: OutsiderText = ""


def talk_of_row(row: ConversationRow) -> Talk | None:
    """A row of a contact's conversation on v1 (API contract 6.2); nothing where it holds neither."""
    if row.call:
        return talk_of_call(facts_of_call(row.call))
    return _talk_of_message(row.message) if row.message else None


def talk_of_item(item: Item) -> Talk:
    """An item of v2 (API contract 6.7)."""
    if item.kind == "CALL":
        return talk_of_call(facts_of_item(item))
    return Talk(
        id=item.id,
        allo_id=item.id,
        at=item.date,
        way=way_of(item.direction),
        line=item.allo_number,
        number=item.contact_number,
        name=on_cards(item.contacts),
        words=item.content or "",
        status=(item.status or "").lower(),
    )


def talk_of_call(call: CallFacts) -> Talk:
    """A call."""
    return Talk(call.id, call.id, call.at, call.way, call.line, call.number, call.name, call=call)


def talk_row(
    reach: Services, talk: Talk, lines: Mapping[str, str], who: str = "", words: str | None = None
) -> tuple[str, TalkRow]:
    """One line of text, and the same as structured content.

    Args:
        reach: For the clock.
        talk: What to show.
        lines: How to name our lines; a line that is not in it stays out.
        who: The other party, where rows are about several.
        words: What to show instead of the text or the gist of the summary; cleaned.
    """
    kind = "call" if talk.call else "text"
    ended = " ".join(filter(None, (talk.call.how, talk.call.length))) if talk.call else _status(talk)
    if words is None:
        words = gist(talk.call.summary, 200) if talk.call else clean(talk.words or "", LONGEST_TEXT)
    head = " ".join(filter(None, (at_local(talk.at, reach), talk.way, kind)))
    call_id = clean(talk.allo_id, 60) if talk.call else ""
    ours = ", ".join(filter(None, (head, ended, lines.get(talk.line or "", ""), call_id)))
    row = TalkRow(
        id=clean(talk.allo_id, 60),
        at=iso_local(talk.at, reach),
        kind=kind,
        direction=talk.way,
        result=ended,
        line=talk.line and clean(talk.line, 40),
        contact=who,
        text=words,
    )
    return " | ".join(filter(None, (ours, who, words))), row


def _status(talk: Talk) -> str:
    """What became of a text of ours; that theirs arrived goes without saying."""
    return clean(talk.status, 20) if talk.way == "outbound" else ""


def _talk_of_message(message: TextMessage) -> Talk:
    way = way_of(message.direction)
    ours, other = (message.from_number or message.sender_id, message.to_number)
    if way == "inbound":
        ours, other = other, ours
    digest = hashlib.sha256(f"{message.start_date}|{ours}|{other}|{message.content}".encode(errors="replace"))
    return Talk(digest.hexdigest()[:12], "", message.start_date, way, ours, other, "", words=message.content or "")
