"""What Allo answered, read into models: whatever is not as the contract says ends in `InvalidResponseError`."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as PydanticValidationError

from withallo_client._json import read_json
from withallo_client.errors import InvalidResponseError
from withallo_client.models.base import Page

Model = TypeVar("Model", bound=BaseModel)

_unreadable: ContextVar[Counter[str] | None] = ContextVar("unreadable", default=None)


@contextmanager
def counting_unreadable() -> Iterator[Counter[str]]:
    """Count, by route, the rows left out of the answers inside this block because they are not as the contract says.

    Whoever shows rows to somebody can own up to those that are missing.
    """
    counter: Counter[str] = Counter()
    token = _unreadable.set(counter)
    try:
        yield counter
    finally:
        _unreadable.reset(token)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, taken in whole. `route` names it in errors; it holds no secret."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    route: str

    @property
    def is_redirect(self) -> bool:
        """Whether it points elsewhere instead of answering."""
        return 300 <= self.status < 400

    @property
    def content_type(self) -> str:
        """Media type in lower case; empty when there is none worth the name."""
        told = self.headers.get("content-type", "").split(";")[0].strip().lower()
        return told if re.fullmatch(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}", told) else ""

    def one(self, model: type[Model]) -> Model:
        """Read `{data: {…}}`."""
        return self._read(model, self._data())

    def many(self, model: type[Model]) -> list[Model]:
        """Read `{data: [{…}]}`; rows that are not as the contract says are left out."""
        return self._rows(model, self._data())[0]

    def results(self, model: type[Model], page: int, size: int) -> Page[Model]:
        """Read a page of v1, with either of its two nestings of counters (API contract 4)."""
        data = self._data()
        if not isinstance(data, dict):
            raise self.invalid("data is not an object")
        items, unreadable = self._rows(model, data.get("results"))
        counters = _object(data.get("metadata"))
        counters = _object(counters.get("pagination")) or counters
        total = _count(counters.get("total_pages"))
        more = page + 1 < total if total is not None else len(items) + unreadable >= size
        return Page(items, page, total_pages=total, has_more=more and bool(items), unreadable=unreadable)

    def page(self, model: type[Model], page: int, size: int) -> Page[Model]:
        """Read a page of v2 (API contract 4)."""
        items, unreadable = self._rows(model, self._data())
        counters = _object(self._object().get("pagination"))
        total = _count(counters.get("total_pages"))
        more = counters.get("has_more")
        if not isinstance(more, bool):
            more = page < total if total is not None else len(items) + unreadable >= size
        return Page(
            items,
            page,
            total_pages=total,
            total_count=_count(counters.get("total_count")),
            has_more=more and bool(items),
            unreadable=unreadable,
        )

    def invalid(self, problem: str) -> InvalidResponseError:
        """The error that names this route and what is wrong with its answer."""
        return InvalidResponseError(
            f"Allo's answer to {self.route} (status {self.status}) cannot be read: {problem}", http_status=self.status
        )

    def _object(self) -> dict[str, Any]:
        try:
            value = read_json(self.body)
        except ValueError:
            raise self.invalid(f"it is not JSON ({self.content_type or 'no content type'})") from None
        if not isinstance(value, dict):
            raise self.invalid("it is not a JSON object")
        return value

    def _data(self) -> Any:
        value = self._object()
        if "data" not in value:
            raise self.invalid("data is missing")
        return value["data"]

    def _rows(self, model: type[Model], rows: Any) -> tuple[list[Model], int]:
        """The rows, and how many are left out because they cannot be read; not all of them, that would be no answer."""
        if rows is None:
            return [], 0
        if not isinstance(rows, list):
            raise self.invalid("the rows are not a list")
        read: list[Model] = []
        odd: list[InvalidResponseError] = []
        for row in rows:
            try:
                read.append(self._read(model, row))
            except InvalidResponseError as error:
                odd.append(error)
        if odd and not read:
            raise odd[0]
        if odd and (counter := _unreadable.get()) is not None:
            counter[self.route] += len(odd)
        return read, len(odd)

    def _read(self, model: type[Model], value: Any) -> Model:
        try:
            return model.model_validate(value)
        except PydanticValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            problem = f"{'.'.join(str(part) for part in first['loc']) or 'data'}: {first['msg']}"
        raise self.invalid(problem)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
