"""What a handler gets to see of a request, read without trust."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, ValidationError

from withallo_sandbox.company import ApiKey
from withallo_sandbox.errors import FieldError, RefusedError, invalid

if TYPE_CHECKING:
    from withallo_sandbox.state import State

E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
MAX_BODY = 1_000_000
_LISTS = frozenset({"numbers", "emails"})
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)

BodyT = TypeVar("BodyT", bound="Body")


class Body(BaseModel):
    """A request body: strict about types, silent about members it does not know (API contract 10.9)."""

    model_config = ConfigDict(strict=True, extra="ignore")

    def given(self) -> dict[str, Any]:
        """The members the body holds; a list that is null counts as absent, any other list becomes a tuple."""
        members = {name: getattr(self, name) for name in self.model_fields_set}
        kept = {name: value for name, value in members.items() if value is not None or name not in _LISTS}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}


def load(raw: bytes) -> Any:
    """A body as JSON; an empty object when there is none.

    Raises:
        RefusedError: When it is no JSON, or holds half of a character.
    """
    if not raw.strip():
        return {}
    try:
        document = json.loads(raw.decode(), parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RefusedError(400, "INVALID_REQUEST_BODY", "The body is not valid JSON in UTF-8.") from None
    return document


@dataclass(frozen=True, slots=True)
class Ask:
    """One authenticated request."""

    state: "State"
    key: ApiKey
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    def segment(self, name: str) -> str:
        """A segment of the path, decoded; a plus that was not written %2B reads as a space."""
        return unquote_plus(self.path[name], errors="replace")

    def read(self, model: type[BodyT], *, status: int = 400, codes: Mapping[str, str] | None = None) -> BodyT:
        """The body as a model.

        Args:
            model: What it must be.
            status: Status of the refusal; the CRM routes answer 422.
            codes: The error code of a member where it is not INVALID_REQUEST_BODY.

        Raises:
            RefusedError: When it is no JSON object or a member is wrong.
        """
        try:
            return model.model_validate(load(self.raw))
        except ValidationError as problem:
            raise _refusal(problem, status, codes or {}) from None

    def page(self, *, first: int, size: int) -> "Page":
        """`page` and `size` of the query.

        Raises:
            RefusedError: When either is out of bounds.
        """
        number, count = self._integer("page", first), self._integer("size", size)
        return checked_page(number, count, first=first)

    def _integer(self, name: str, default: int) -> int:
        text = self.query.get(name)
        if text is None:
            return default
        if not _DIGITS.fullmatch(text):
            raise invalid(name, f"{name} must be a whole number.", "INVALID_PAGE_SIZE")
        return int(text)

    def flag(self, name: str) -> bool | None:
        """A boolean of the query, or nothing.

        Raises:
            RefusedError: When it is neither true nor false.
        """
        text = self.query.get(name)
        if text is None:
            return None
        if text.lower() not in {"true", "false"}:
            raise invalid(name, f"{name} must be true or false.")
        return text.lower() == "true"

    def number(self, name: str) -> str | None:
        """A phone number of the query, or nothing.

        Raises:
            RefusedError: When it is not E.164, for example because its plus was not encoded.
        """
        text = self.query.get(name)
        if text is not None and not E164.fullmatch(text):
            raise invalid(name, f"{name} must be E.164.", "INVALID_PHONE_FORMAT")
        return text


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted; `number` counts as the version asked does."""

    number: int
    size: int
    first: int

    @property
    def start(self) -> int:
        """How many rows to leave out."""
        return (self.number - self.first) * self.size

    def pages(self, total: int) -> int:
        """How many pages so many rows fill."""
        return -(-total // self.size)


def checked_page(number: int, size: int, *, first: int) -> Page:
    """A page within the bounds of API contract 4.

    Raises:
        RefusedError: When it is outside of them.
    """
    if number < first:
        raise invalid("page", f"page begins at {first}.", "INVALID_PAGE_SIZE")
    if not 1 <= size <= 100:
        raise invalid("size", "size must be 1 to 100.", "INVALID_PAGE_SIZE")
    return Page(number, size, first)


def checked_numbers(numbers: list[str], *, status: int = 400) -> tuple[str, ...]:
    """Phone numbers of a contact, each once.

    Raises:
        RefusedError: When one is not E.164.
    """
    if not all(E164.fullmatch(number) for number in numbers):
        raise invalid("numbers", "numbers must be E.164.", "INVALID_PHONE_FORMAT", status)
    return tuple(dict.fromkeys(numbers))


def _refuse_constant(name: str) -> Any:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _refusal(problem: ValidationError, status: int, codes: Mapping[str, str]) -> RefusedError:
    errors = []
    for error in problem.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(map(str, error["loc"])) or "body"
        code = codes.get(str(error["loc"][0]) if error["loc"] else "", "INVALID_REQUEST_BODY")
        errors.append(FieldError(field, error["msg"], code))
    return RefusedError(status, errors[0].code, f"{errors[0].field}: {errors[0].message}", errors=errors[:20])
