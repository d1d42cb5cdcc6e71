"""Calls of the v1 API (API contract 6.1)."""

from pydantic import AliasChoices, Field

from withallo_client.models.base import AlloModel, MaybeLength, MaybeTime, Texts


class TranscriptLine(AlloModel):
    """What one speaker said.

    Attributes:
        source: `AGENT` (Allo's AI), `EXTERNAL` (the other party) or `USER` (a teammate).
        text: The words.
        time: When they were said.
        start_seconds: Seconds from the start of the call.
        end_seconds: Seconds from the start of the call.
    """

    source: str | None = None
    text: str = ""
    time: MaybeTime = None
    start_seconds: MaybeLength = None
    end_seconds: MaybeLength = None


class Call(AlloModel):
    """A call.

    Attributes:
        id: Of the v1 family, for example `call_…`.
        from_number: E.164 or the word `anonymous`; not always valid E.164.
        to_number: The number called.
        direction: `INBOUND`, `OUTBOUND` or None (the member `type` of the API).
        result: For example `ANSWERED`, `VOICEMAIL`, `TRANSFERRED_AI`, `FAILED`; often left out by the search.
        length_in_minutes: Minutes, with a fraction.
        summary: Allo's own summary.
        tag: The single tag of old.
        tags: All tags, where the route gives them.
        recording_url: Needs the key to be fetched, see `Calls.recording`.
        start_date: When it began, aware.
        transcript: None when there is none.
    """

    id: str
    from_number: str | None = None
    to_number: str | None = None
    direction: str | None = Field(default=None, validation_alias=AliasChoices("type", "direction"))
    result: str | None = None
    length_in_minutes: MaybeLength = None
    summary: str | None = None
    tag: str | None = None
    tags: Texts = ()
    recording_url: str | None = None
    start_date: MaybeTime = None
    transcript: tuple[TranscriptLine, ...] | None = None
