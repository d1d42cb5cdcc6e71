"""Contacts of the v1 API (API contract 6.2)."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from withallo_client.models.base import AlloModel, MaybeTime, Texts
from withallo_client.models.calls import Call
from withallo_client.models.sms import TextMessage


class Company(AlloModel):
    """The company of a contact."""

    id: str | None = None
    name: str | None = None


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


MaybeCompany = Annotated[Company | None, BeforeValidator(_named)]
"""A company; v1 events give its name alone."""


class Activity(AlloModel):
    """One row of a contact's recent activity.

    Attributes:
        type: `INBOUND_CALL`, `OUTBOUND_CALL`, `INBOUND_SMS` or `OUTBOUND_SMS`.
        made_by: The teammate.
        made_at: When, aware.
        allo_number: The line; calls only.
        content: The words; texts only.
    """

    type: str | None = None
    made_by: str | None = None
    made_at: MaybeTime = None
    allo_number: str | None = None
    content: str | None = None


class _ContactFields(AlloModel):
    id: str
    name: str | None = None
    last_name: str | None = None
    company: MaybeCompany = None
    job_title: str | None = None
    website: str | None = None
    numbers: Texts = ()
    emails: Texts = ()
    engagement: str | None = None

    @property
    def full_name(self) -> str:
        """First and last name, or an empty text."""
        return " ".join(part.strip() for part in (self.name, self.last_name) if part and part.strip())


class Contact(_ContactFields):
    """A contact as lists and writes give it.

    Attributes:
        id: Of the v1 family, `cnt_…`.
        name: First name.
        engagement: `ENGAGED`, `COOLING` or `COLD`.
    """

    status: str | None = None
    is_archived: bool | None = None
    is_whitelisted: bool | None = None
    created_at: MaybeTime = None
    updated_at: MaybeTime = None
    last_activity_date: MaybeTime = None


class ContactContext(_ContactFields):
    """One contact in full; `engagement` and `activity` only when they were asked for."""

    integration_data: dict[str, Any] | None = None
    custom_properties: dict[str, Any] | None = None
    activity: tuple[Activity, ...] | None = None
    conversation_url: str | None = None


class ConversationRow(AlloModel):
    """A call or a text in the conversation with a contact; `type` is `CALL` or `TEXT_MESSAGE`."""

    type: str | None = None
    call: Call | None = None
    message: TextMessage | None = Field(default=None, validation_alias=AliasChoices("message", "text_message"))
