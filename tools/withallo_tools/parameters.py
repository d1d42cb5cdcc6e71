"""Parameters that several tools share, each described once.

Optional ones default to an empty value of their own type, so that free text stays a plain string (a union would be
read as JSON first) and the schema stays short. An explicit null means the same as leaving it out.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


def _null_means(default: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None else value)


EMPTY = _null_means("")
NO_ROWS = _null_means(())
NO = _null_means(False)

Limit = Annotated[int, Field(ge=1, le=100, description="Rows, 1 to 100."), _null_means(20)]
Cursor = Annotated[str, Field(max_length=2000, description="next_cursor of the last answer, for more rows."), EMPTY]
Contact = Annotated[str, Field(max_length=200, description="Name, number, e-mail or contact id."), EMPTY]
WantedContact = Annotated[str, Field(min_length=1, max_length=200, description="Name, number, e-mail or contact id.")]
Line = Annotated[str, Field(max_length=100, description="Your line: number or name. Default: all."), EMPTY]
Since = Annotated[
    str, Field(max_length=100, description="Start: 'today', 'last 7 days', 'Monday', '2026-03-29', ISO."), EMPTY
]
Until = Annotated[str, Field(max_length=100, description="End, included; same forms."), EMPTY]
Direction = Annotated[Literal["any", "inbound", "outbound"], Field(description="Who began it."), _null_means("any")]
Outcome = Annotated[
    Literal["any", "answered", "missed", "voicemail", "transferred"],
    Field(description="How it ended; missed: inbound, nobody of yours spoke (voicemails included)."),
    _null_means("any"),
]
IdempotencyKey = Annotated[
    str, Field(max_length=200, description="Your own key; the same key and text never goes out twice."), EMPTY
]
FirstName = Annotated[str, Field(max_length=200, description="First name."), EMPTY]
LastName = Annotated[str, Field(max_length=200, description="Last name."), EMPTY]
JobTitle = Annotated[str, Field(max_length=200, description="Job title."), EMPTY]
Website = Annotated[str, Field(max_length=500, description="Website."), EMPTY]
CallId = Annotated[str, Field(min_length=1, max_length=100, description="Call id, as the other tools show it.")]
