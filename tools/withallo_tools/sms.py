"""Text messages."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Number
from withallo_tools.answers import Answer, Facts
from withallo_tools.outsiders import RECORDS, OutsiderText, clean
from withallo_tools.parameters import OPTIONAL, IdempotencyKey
from withallo_tools.resolve import UncertainError, first_fill, sharing
from withallo_tools.segments import count_segments
from withallo_tools.sending import Recipient, find_recipient, find_sender, is_still_theirs, possible_recipients
from withallo_tools.services import Option, Request, Services, Write, Written, services
from withallo_tools.tool import Effect, ToolContext, tool

LONGEST_MESSAGE = 1000
MOST_CHOICES = 12


class SentText(Facts):
    """What became of a text."""

    state: str = Field(description="sent, replayed (an earlier call with this key sent it) or dry_run")
    to: str
    name: OutsiderText = ""
    sender: str
    segments: int
    encoding: str
    idempotency_key: str
    text: str = Field(default="", description="What was sent, where a human changed the wording.")


@tool(title="Send a text message", effect=Effect.SEND, toolset="messages", scopes=("SMS_SEND",))
async def send_sms(
    ctx: ToolContext,
    *,
    to: Annotated[str, Field(min_length=1, description="Number, e-mail, contact id or exact full name.")],
    message: Annotated[
        str, Field(min_length=1, max_length=LONGEST_MESSAGE, description="The text, as it is to arrive.")
    ],
    sender: Annotated[str, Field(description="Your line or sender ID; chosen for you when left out."), OPTIONAL] = "",
    idempotency_key: IdempotencyKey = "",
) -> Annotated[CallToolResult, SentText]:
    """Send one text message to one person, at most once; a human is asked first unless the operator decided otherwise.

    French mobiles are texted from a sender ID, others from a line of their country. A name must be certain:
    search_contacts finds people. If the outcome is unknown, use get_send, do not send again.
    """
    reach = services(ctx)
    message = message.replace("\r\n", "\n")
    _check(message)
    try:
        recipient = await find_recipient(reach, to, first_fill(ctx))
    except ToolError as doubt:
        _check_one(to)
        if not isinstance(doubt, UncertainError):
            raise
        if not reach.writes.can_choose(ctx):
            raise
        texts, otherwise = await _possible(reach, doubt, sender, message, idempotency_key), str(doubt)
        question = f"“{clean(to, 60)}” may mean any of these. Send the text to one of them?{_not_offered(doubt, texts)}"
        place, written = await reach.writes.choose(ctx, question, [text.option for text in texts], otherwise)
        text = texts[place]
    else:
        from_ = await find_sender(reach, recipient, sender)
        write = _write(reach, recipient, from_, message, idempotency_key, any_line=not sender.strip())
        text = _Text(recipient, from_, Option("", *write))
        written = await reach.writes.submit(ctx, text.option.write, text.option.request)
    return _answer(reach, written, text, str(written.result.get("content") or message))


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to one recipient, ready to go."""

    recipient: Recipient
    sender: Number
    option: Option


async def _possible(reach: Services, doubt: UncertainError, sender: str, message: str, key: str) -> list[_Text]:
    """A text to everybody who may be meant and can be texted.

    Raises:
        UncertainError: There are none, or too many to choose from.
    """
    texts: list[_Text] = []
    for label, recipient in possible_recipients(reach, doubt.people).items():
        with suppress(ToolError):
            recipient = replace(recipient, shared=clean(await sharing(reach, [recipient.phone.e164]), 120))  # noqa: PLW2901  # the same one, with who shares it
            from_ = await find_sender(reach, recipient, sender)
            write = _write(reach, recipient, from_, message, key, any_line=not sender.strip())
            texts.append(_Text(recipient, from_, Option(label, *write)))
    if not 0 < len(texts) <= MOST_CHOICES:
        raise doubt
    return texts


def _not_offered(doubt: UncertainError, texts: Sequence[_Text]) -> str:
    """Who may be meant too, and has no number that can be texted."""
    offered = {text.recipient.party.contact_id for text in texts}
    others = [
        " ".join(filter(None, (clean(person.name, 60), clean(person.company or "", 40))))
        for person in doubt.people
        if person.name and person.contact_id not in offered
    ]
    return f" Not among them, for they cannot be texted: {', '.join(others)}." if others else ""


def _check_one(to: str) -> None:
    """Refuse a list of people; a comma alone may stand in a name."""
    parts = [part for part in re.split("[,;\n]", to) if part.strip()]
    if len(parts) > 1 and all(re.search(r"\S\s+\S|\d|@", part.strip()) for part in parts):
        raise ToolError("to: one person per call. Call send_sms once for each of them.")


def _check(message: str) -> None:
    if not message.strip():
        raise ToolError("message: is empty.")
    if len(message) > LONGEST_MESSAGE:
        raise ToolError(
            f"message: has {len(message):,} characters, at most {LONGEST_MESSAGE:,} can be sent. Shorten it."
        )


def _write(
    reach: Services, recipient: Recipient, sender: Number, message: str, key: str, *, any_line: bool
) -> tuple[Write, Request]:
    to, name = recipient.phone.e164, sender.number or sender.name or ""
    reach.client.sms.check(message, name if sender.is_sender_id else None)
    source = {"sender_id": name} if sender.is_sender_id else {"from": name}

    async def request(idempotency_key: str) -> Mapping[str, Any]:
        sms = reach.client.sms
        send = sms.send_france if sender.is_sender_id else sms.send
        return (await send(name, to, message)).model_dump(mode="json", exclude_none=True)

    def revise(text: str) -> tuple[Write, Request]:
        _check(text)
        return _write(reach, recipient, sender, text, key, any_line=any_line)

    write = Write(
        tool="send_sms",
        action=f"Send a text to {recipient.label} from {name}",
        details=(
            ("To", recipient.label),
            *((("This number is of", recipient.shared),) if recipient.shared else ()),
            ("From", " ".join(filter(None, (sender.name, sender.number)))),
            ("Text", message),
            ("Length", f"{len(message)} characters, {count_segments(message)}"),
        ),
        payload={**source, "to": to, "message": message},
        recipients=(to,),
        idempotency_key=key or None,
        revise=revise,
        any_line=any_line,
        still=partial(is_still_theirs, reach, recipient),
    )
    return write, request


def _answer(reach: Services, written: Written, text: _Text, message: str) -> CallToolResult:
    recipient, sender, segments = text.recipient, text.sender, count_segments(written.edited or message)
    wording = clean(written.edited or "", LONGEST_MESSAGE)
    name = " ".join(filter(None, (clean(sender.name or "", 40), sender.number)))
    done = {
        "sent": f"Sent, with the human's wording: “{wording}” From {name}: 1 text, {segments}."
        if wording
        else f"Sent from {name}: 1 text, {segments}.",
        "replayed": "Already sent earlier with this idempotency_key; not sent again.",
        "dry_run": f"Dry run: nothing was sent. It would leave from {name}: 1 text, {segments}.",
    }
    answer = Answer(reach.answer_budget).say(done[written.state])
    shared = f" (this number is of {recipient.shared})" if recipient.shared else ""
    answer.rows([f"to {recipient.label}{shared}"], RECORDS)
    answer.say(f"idempotency_key: {clean(written.idempotency_key, 200)}")
    return answer.result(
        SentText(
            state=written.state,
            to=recipient.phone.e164,
            name=clean(recipient.party.name, 60),
            sender=name,
            segments=segments.count,
            encoding=segments.encoding,
            idempotency_key=clean(written.idempotency_key, 200),
            text=wording,
        )
    )
