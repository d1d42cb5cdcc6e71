"""Parameters that several tools share, each described once.

Optional ones default to an empty value of their own type, so that free text stays a plain string (a union would be
read as JSON first) and the schema stays short. An explicit null means the same as leaving it out.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


def _null_means(default: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: default if value is None else value)


def _short_text(value: Any) -> Any:
    """Null as nothing; the bound is not in the schema, where it would cost tokens in every session."""
    if isinstance(value, str) and len(value) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST:,} characters")
    return "" if value is None else value


def _key(value: Any) -> Any:
    """It travels in a header (API contract 3.4); get_send takes it back."""
    if isinstance(value, str) and value and not re.fullmatch(r"[\x21-\x7e]{1,200}", value):
        raise ValueError("is 1 to 200 letters, digits and signs without spaces or accents")
    return "" if value is None else value


_LONGEST = 2_000
OPTIONAL = BeforeValidator(_short_text)
NO_ROWS = _null_means(())
NO = _null_means(False)

Limit = Annotated[int, Field(ge=1, le=100, description="Rows, 1 to 100."), _null_means(20)]
Cursor = Annotated[str, Field(description="next_cursor of the last answer."), OPTIONAL]
Contact = Annotated[str, Field(description="Name, number, e-mail or contact id."), OPTIONAL]
WantedContact = Annotated[str, Field(min_length=1, description="Name, number, e-mail or contact id."), OPTIONAL]
Line = Annotated[str, Field(description="Your line's number or name."), OPTIONAL]
Since = Annotated[
    str,
    Field(description="'last 7 days', 'since Monday', '2026-03-29', ISO; 'yesterday', 'last week': just that."),
    OPTIONAL,
]
Until = Annotated[str, Field(description="End, included; same forms."), OPTIONAL]
Direction = Annotated[Literal["any", "inbound", "outbound"], Field(description="Who began."), _null_means("any")]
Outcome = Annotated[
    Literal["any", "answered", "missed", "voicemail", "transferred"],
    Field(description="How a call ended; missed includes voicemails."),
    _null_means("any"),
]
IdempotencyKey = Annotated[
    str, Field(description="Your own key; the same key and content is never done twice."), BeforeValidator(_key)
]
GivenKey = Annotated[
    str, Field(min_length=1, description="Key of the call; answers and errors name it."), BeforeValidator(_key)
]
FirstName = Annotated[str, Field(description="First name."), OPTIONAL]
LastName = Annotated[str, Field(description="Last name."), OPTIONAL]
JobTitle = Annotated[str, Field(description="Job title."), OPTIONAL]
Website = Annotated[str, Field(description="Website."), OPTIONAL]
CallId = Annotated[str, Field(min_length=1, description="Call id, as the other tools show it."), OPTIONAL]
