"""Text messages of the v1 API (API contract 6.2, 6.3)."""

from pydantic import AliasChoices, Field

from withallo_client.models.base import AlloModel, MaybeTime


class TextMessage(AlloModel):
    """A text message.

    Attributes:
        from_number: None when it was sent from a sender ID.
        sender_id: Set only when it was sent from a sender ID.
        to_number: The recipient.
        direction: `INBOUND` or `OUTBOUND` (the member `type` of the API).
        content: The words.
        start_date: When it was sent, aware.
    """

    from_number: str | None = None
    sender_id: str | None = None
    to_number: str | None = None
    direction: str | None = Field(default=None, validation_alias=AliasChoices("type", "direction"))
    content: str | None = None
    start_date: MaybeTime = None


class SentMessage(TextMessage):
    """A text that Allo accepted; the API gives it neither an id nor a delivery status."""
