"""What all models share: frozen, tolerant of unknown members, times always aware."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

Row = TypeVar("Row")


class AlloModel(BaseModel):
    """Base of what Allo answers: unknown members are ignored, numbers given for texts are taken as texts."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error


def _blank_to_none(value: Any) -> Any:
    return None if value == "" else value


def null_to_empty(value: Any) -> Any:
    """Allo gives null for some empty lists."""
    return () if value is None else value


Time = Annotated[datetime, AfterValidator(_aware)]
"""An aware time in UTC; Allo's zone-less times are read as UTC."""

MaybeTime = Annotated[Time | None, BeforeValidator(_blank_to_none)]

Texts = Annotated[tuple[str, ...], BeforeValidator(null_to_empty)]
"""A list of texts; null is read as an empty one."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of rows.

    Attributes:
        items: The rows of this page.
        page: Its index: from 0 on v1, from 1 on v2.
        total_pages: How many pages there are, as far as Allo says.
        total_count: How many rows match in all; v2 only, and None when rows were filtered on our side.
        has_more: Whether a further page may hold rows.
        filtered: Whether rows that Allo gave were left out here because they did not match what was asked.
    """

    items: list[Row]
    page: int
    total_pages: int | None = None
    total_count: int | None = None
    has_more: bool = False
    filtered: bool = False
