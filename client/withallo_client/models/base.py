"""What all models share: frozen, tolerant of unknown members, times always aware."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

Row = TypeVar("Row")


_YEARS = range(1970, 3000)
"""Further out, a time has no place in some zone."""


class AlloModel(BaseModel):
    """Base of what Allo answers: unknown members are ignored, numbers given for texts are taken as texts.

    Null stands for what is not there, in lists too.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        return {name: _filled(value) for name, value in row.items() if value is not None}


def _filled(value: Any) -> Any:
    return [one for one in value if one is not None] if isinstance(value, list) else value


def _aware(value: datetime) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    if aware.year not in _YEARS:
        raise ValueError("is out of range")
    return aware.astimezone(UTC)


def _readable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValueError:
        return None


Time = Annotated[datetime, AfterValidator(_aware)]
"""An aware time in UTC; Allo's zone-less times are read as UTC."""

MaybeTime = Annotated[Time | None, WrapValidator(_readable)]
"""A time; None when it cannot be read, for a row is worth more than its time."""

MaybeLength = Annotated[Annotated[float, Field(ge=0, le=1e9)] | None, WrapValidator(_readable)]
"""Seconds or minutes; None when they cannot be read."""

Texts = tuple[str, ...]


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
        unreadable: How many rows that Allo gave were left out here because they are not as the contract says.
    """

    items: list[Row]
    page: int
    total_pages: int | None = None
    total_count: int | None = None
    has_more: bool = False
    filtered: bool = False
    unreadable: int = 0
