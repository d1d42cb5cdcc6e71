"""Sending a text, which exists on v1 only (API contract 6.3 and 8)."""

from dataclasses import dataclass

from pydantic import ConfigDict, Field
from starlette.responses import Response

from withallo_sandbox import notify
from withallo_sandbox.account import Account
from withallo_sandbox.errors import RefusedError, invalid
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import Message
from withallo_sandbox.requests import Ask, Body
from withallo_sandbox.shapes import data, v1


class SendSms(Body):
    """Body of a text: `from` a line, or a `sender_id` for France, never both."""

    model_config = ConfigDict(extra="forbid")

    to: str
    message: str
    line: str | None = Field(None, alias="from")
    sender_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Recipient:
    number: str
    country: str | None
    mobile: bool


def send(ask: Ask) -> Response:
    """Take a text for delivery.

    Raises:
        RefusedError: 400 with the reason: the sender, the recipient, the country, or the length.
    """
    body, account = ask.read(SendSms), ask.state.account
    if (body.line is None) == (body.sender_id is None):
        raise invalid("from", "Send either from or sender_id.")
    recipient = _recipient(body.to)
    allo_number = _from_line(account, body.line, recipient) if body.line else _sender_id(account, body, recipient)
    if not 1 <= len(body.message) <= 1000:
        raise invalid("message", "message must have 1 to 1000 characters.", "INVALID_LENGTH")
    message = Message(
        key=account.new_key("msg"),
        direction="OUTBOUND",
        allo_number=allo_number,
        contact_number=recipient.number,
        user=account.users[0],
        date=ask.state.clock.now(),
        content=body.message,
        sender_id=body.sender_id,
    )
    account.timeline.add(message)
    account.sent.append(message)
    notify.message(ask.state, message)
    return data(v1.message(message))


def _recipient(number: str) -> _Recipient:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        raise invalid("to", "to must be E.164.", "INVALID_TO_NUMBER") from None
    plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if plain != number or not phonenumbers.is_valid_number(parsed):
        raise invalid("to", "to must be a valid number in E.164.", "INVALID_TO_NUMBER")
    mobile = phonenumbers.number_type(parsed) != phonenumbers.PhoneNumberType.FIXED_LINE
    return _Recipient(plain, phonenumbers.region_code_for_number(parsed), mobile)


def _from_line(account: Account, number: str, recipient: _Recipient) -> str:
    line = account.line(number)
    if line is None:
        raise RefusedError(400, "FROM_NUMBER_NOT_FOUND")
    if line.country != recipient.country:
        raise RefusedError(400, "TO_NUMBER_COUNTRY_MISMATCH")
    if not line.sends:
        raise RefusedError(400, "PROVIDER_NOT_SUPPORTED")
    return line.number


def _sender_id(account: Account, body: SendSms, recipient: _Recipient) -> str:
    sender = next((sender for sender in account.sender_ids if sender.name == body.sender_id), None)
    if sender is None:
        raise RefusedError(400, "INVALID_SENDER_ID")
    if not sender.active:
        raise RefusedError(400, "SENDER_ID_NOT_ACTIVE")
    if recipient.country != sender.country:
        raise RefusedError(400, "TO_NUMBER_COUNTRY_MISMATCH")
    if not recipient.mobile:
        raise RefusedError(400, "INVALID_TO_NUMBER")
    return sender.name


ENDPOINTS = (Endpoint("POST", "/v1/api/sms", "SMS_SEND", "Send a text message", send),)
