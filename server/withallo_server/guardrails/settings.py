"""What the operator decides about sending; no client, header or model can loosen it."""

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from withallo_server.comma_lists import CommaList

CONTACTS = "contacts"

_NUMBER = re.compile(r"\+[1-9]\d{0,14}\*?")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def _plain_number(text: str) -> str:
    return re.sub(r"[\s().\-]", "", text)


def _recipients(values: tuple[str, ...]) -> tuple[str, ...]:
    """Numbers `+33612345678`, prefixes `+336*` and the word `contacts`."""
    plain = tuple(value if value == CONTACTS else _plain_number(value) for value in values)
    for value in plain:
        if value != CONTACTS and not _NUMBER.fullmatch(value):
            raise ValueError(f"{value!r} is no number such as +33612345678, prefix such as +336*, or {CONTACTS}")
    return plain


def _exemptions(values: tuple[str, ...]) -> tuple[str, ...]:
    """Tools `create_contact`, recipients as above, or both as `send_sms:+336*`."""
    return tuple(_exemption(value) for value in values)


def _exemption(value: str) -> str:
    tool, colon, recipient = value.partition(":")
    if not colon and (value == CONTACTS or not value[0].isalpha()):
        return _recipients((value,))[0]
    _refuse_unknown(tool)
    return tool + colon + _recipients((recipient,))[0] if colon else tool


def _refuse_unknown(tool: str) -> None:
    from withallo_server.tool_list import entries
    from withallo_tools.tool import Effect

    if tool not in entries():
        changing = ", ".join(name for name, entry in entries().items() if entry.info.effect is not Effect.READ)
        raise ValueError(f"unknown tool {tool!r}; those that change something: {changing}")


def _hours(value: str) -> str:
    read_hours(value)
    return value


def read_hours(value: str) -> tuple[time, time]:
    """Read `21:00-08:00`.

    Raises:
        ValueError: It is no span of hours.
    """
    match = _HOURS.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{value!r} is no span such as 21:00-08:00")
    begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if begin == end:
        raise ValueError(f"{value!r} begins when it ends")
    return begin, end


class SendingSettings(BaseModel):
    """The part of the settings that safe sending reads; each is an environment variable with the prefix `ALLO_`."""

    consent: Literal["ask", "allow", "deny"] = Field(
        "ask",
        description="What happens before a tool sends, spends or deletes: ask a human, allow, or deny.",
    )
    consent_allow: Annotated[CommaList, AfterValidator(_exemptions)] = Field(
        (),
        description="What needs no question whatever ALLO_CONSENT says: tools, numbers, prefixes (+336*), contacts, "
        "or a tool for some recipients (send_sms:+336*).",
    )
    approval_page: Literal["open", "print", "off"] = Field(
        "open",
        description="For clients that cannot ask: open a page on this machine for the human, only print its link, "
        "or have none.",
    )
    dry_run: bool = Field(False, description="Do everything but the request.")
    duplicate_window: int = Field(
        600, ge=0, le=86_400, description="Seconds in which an identical text to the same person is held back."
    )
    recipients_allow: Annotated[CommaList, AfterValidator(_recipients)] = Field(
        (), description="The only recipients: numbers, prefixes (+336*) or contacts; default is everybody."
    )
    recipients_block: Annotated[CommaList, AfterValidator(_recipients)] = Field(
        (), description="Never these recipients: numbers or prefixes; wins over ALLO_RECIPIENTS_ALLOW."
    )
    special_numbers: bool = Field(False, description="Let texts go to premium-rate, shared-cost and satellite numbers.")
    quiet_hours: Annotated[str, AfterValidator(_hours)] | None = Field(
        None, description="No texts in these hours where the recipient is, such as 21:00-08:00."
    )
    max_per_recipient: int = Field(20, ge=0, description="Texts to one number in 24 hours at most; 0 is no limit.")
    max_per_hour: int = Field(60, ge=0, description="Texts in an hour at most; 0 is no limit.")
    max_per_day: int = Field(300, ge=0, description="Texts in 24 hours at most; 0 is no limit.")
    audit_bodies: bool = Field(False, description="Write names and full texts into the audit log too.")
