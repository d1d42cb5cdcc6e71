"""What is about to be sent."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Observe = Callable[[str], AbstractContextManager[Callable[[int], None]]]
"""Surrounds every request, told its route; what it gives is told the status of the answer, as far as there is one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `target` is a path below the base URL, or a whole URL."""

    method: str
    target: str
    query: Mapping[str, str | int] | None = None
    members: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def route(self) -> str:
        """Its name in errors, without the query, which may hold the signature of a recording."""
        parts = urlsplit(self.target)
        return f"{self.method} {parts.netloc}{parts.path}"[:200]
