"""What Allo delivers to a webhook, in both dialects (API contract 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from pydantic import AliasChoices, Field, TypeAdapter, ValidationError

from withallo_client.errors import InvalidWebhookPayloadError
from withallo_client.models.base import AlloModel, MaybeLength, MaybeTime, Texts
from withallo_client.models.calls import TranscriptLine
from withallo_client.models.contacts import MaybeCompany


class EventPerson(AlloModel):
    """The contact that an event is about; `id` is of the family `con_…`."""

    id: str | None = None
    name: str | None = None
    last_name: str | None = None
    email: str | None = None
    emails: Texts = ()
    numbers: Texts = ()
    job_title: str | None = None


class CallRingingData(AlloModel):
    """`call.received` and `call.triggered`; neither holds a call id."""

    from_number: str | None = None
    to_number: str | None = None
    started_at: MaybeTime = None
    user_email: str | None = None
    person: EventPerson | None = None
    company: MaybeCompany = None


class CallAnsweredData(CallRingingData):
    """`call.answered`."""

    direction: str | None = None
    answered_at: MaybeTime = None


class CallCompletedData(AlloModel):
    """`call.completed`, and the v1 topic `CALL_RECEIVED`, which also comes when the call is over."""

    id: str | None = None
    direction: str | None = Field(default=None, validation_alias=AliasChoices("type", "direction"))
    result: str | None = None
    from_number: str | None = Field(default=None, validation_alias=AliasChoices("from_number", "fromNumber"))
    from_name: str | None = Field(default=None, validation_alias=AliasChoices("from_name", "fromName"))
    to_number: str | None = Field(default=None, validation_alias=AliasChoices("to", "to_number", "toNumber"))
    to_name: str | None = Field(default=None, validation_alias=AliasChoices("to_name", "toName"))
    start_date: MaybeTime = Field(default=None, validation_alias=AliasChoices("start_date", "startDate"))
    length_in_minutes: MaybeLength = Field(
        default=None, validation_alias=AliasChoices("length_in_minutes", "lengthInMinutes")
    )
    summary: str | None = None
    one_sentence_summary: str | None = Field(
        default=None, validation_alias=AliasChoices("one_sentence_summary", "oneSentenceSummary")
    )
    tag: str | None = None
    tags: Texts = ()
    recording_url: str | None = Field(default=None, validation_alias=AliasChoices("recording_url", "recordingUrl"))
    transcript: tuple[TranscriptLine, ...] | None = Field(
        default=None, validation_alias=AliasChoices("transcriptions", "transcript")
    )
    user_email: str | None = Field(default=None, validation_alias=AliasChoices("user_email", "userEmail"))
    person: EventPerson | None = None


class SmsData(AlloModel):
    """`sms.received`, `sms.sent`, and the v1 topics `SMS_RECEIVED`, `SMS_SENT`; `type` is `SMS` or `MMS`."""

    id: str | None = None
    direction: str | None = None
    type: str | None = None
    content: str | None = None
    sent_at: MaybeTime = Field(default=None, validation_alias=AliasChoices("sent_at", "sentAt"))
    from_number: str | None = Field(default=None, validation_alias=AliasChoices("from_number", "fromNumber"))
    to_number: str | None = Field(default=None, validation_alias=AliasChoices("to_number", "toNumber", "to"))
    from_name: str | None = Field(default=None, validation_alias=AliasChoices("from_name", "fromName"))
    to_name: str | None = Field(default=None, validation_alias=AliasChoices("to_name", "toName"))
    user_email: str | None = Field(default=None, validation_alias=AliasChoices("user_email", "userEmail"))


class ContactData(AlloModel):
    """`contact.created`, `contact.updated`, and their v1 twins."""

    id: str | None = None
    name: str | None = None
    last_name: str | None = Field(default=None, validation_alias=AliasChoices("last_name", "lastName"))
    company: MaybeCompany = None
    emails: Texts = ()
    numbers: Texts = ()


EventData = CallRingingData | CallAnsweredData | CallCompletedData | SmsData | ContactData


_TIMES: TypeAdapter[datetime | None] = TypeAdapter(MaybeTime)
_MODELS: dict[str, type[EventData]] = {
    "call.received": CallRingingData,
    "call.triggered": CallRingingData,
    "call.answered": CallAnsweredData,
    "call.completed": CallCompletedData,
    "CALL_RECEIVED": CallCompletedData,
    "sms.received": SmsData,
    "sms.sent": SmsData,
    "SMS_RECEIVED": SmsData,
    "SMS_SENT": SmsData,
    "contact.created": ContactData,
    "contact.updated": ContactData,
    "CONTACT_CREATED": ContactData,
    "CONTACT_UPDATED": ContactData,
}


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One delivery, read.

    Attributes:
        topic: As Allo wrote it: `call.completed` on v2, `CALL_RECEIVED` on v1; unknown ones are events too.
        data: The payload, untouched.
        raw: The whole body, read.
        event_id: The header `webhook-id`; None where there was none.
        timestamp: When Allo made the event; v2 only.
    """

    topic: str
    data: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False)
    event_id: str | None = None
    timestamp: datetime | None = None

    @classmethod
    def read(cls, body: Any) -> Self:
        """Take a body that was read from JSON.

        Raises:
            InvalidWebhookPayloadError: It is not an object with a topic and data.
        """
        if not isinstance(body, dict):
            raise InvalidWebhookPayloadError("the body is not a JSON object")
        topic, data = body.get("topic"), body.get("data")
        if not isinstance(topic, str) or not 0 < len(topic) <= 200:
            raise InvalidWebhookPayloadError("topic is missing")
        if not isinstance(data, dict):
            raise InvalidWebhookPayloadError("data is not an object")
        return cls(topic, data, body, timestamp=_TIMES.validate_python(body.get("timestamp")))

    def typed(self) -> EventData | None:
        """The payload as a model; None when the topic is unknown.

        Raises:
            InvalidWebhookPayloadError: The topic is known but the payload has wrong types.
        """
        model = _MODELS.get(self.topic)
        if model is None:
            return None
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
        raise InvalidWebhookPayloadError(f"{self.topic}: {where or 'data'} has a wrong type")

    def is_call(self) -> bool:
        """Whether it is about a call: ringing, dialled, answered, completed."""
        return self.topic.startswith("call.") or self.topic == "CALL_RECEIVED"

    def is_sms(self) -> bool:
        """Whether it is about a text, received or sent."""
        return self.topic in {"sms.received", "sms.sent", "SMS_RECEIVED", "SMS_SENT"}

    def is_contact_created(self) -> bool:
        """Whether a contact was created."""
        return self.topic in {"contact.created", "CONTACT_CREATED"}

    def is_contact_updated(self) -> bool:
        """Whether a contact was changed."""
        return self.topic in {"contact.updated", "CONTACT_UPDATED"}

    def get(self, path: str, default: Any = None) -> Any:
        """A member of `data` by dotted path, for example `person.name` or `transcriptions.0.text`."""
        value: Any = self.data
        for part in path.split("."):
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and len(part) <= 9 and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                return default
        return value
