"""A few names kept in memory, for answers that show names beside numbers."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping

_MOST = 4096
_SECONDS = 60.0


class NameCache:
    """Remembers which name a number has, or that it has none, for a minute; other processes change names too."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def missing(self, numbers: Iterable[str]) -> list[str]:
        """The numbers to look up."""
        return [number for number in dict.fromkeys(numbers) if number and self._fresh(number) is None]

    def get(self, number: str) -> str:
        """The name, or an empty text."""
        return self._fresh(number) or ""

    def put(self, names: Mapping[str, str]) -> None:
        """Remember these; the oldest make room."""
        until = time.monotonic() + _SECONDS
        self._names.update((number, (until, name)) for number, name in names.items())
        while len(self._names) > _MOST:
            self._names.popitem(last=False)

    def clear(self) -> None:
        """Forget everything, for somebody changed."""
        self._names.clear()

    def _fresh(self, number: str) -> str | None:
        until, name = self._names.get(number, (0.0, ""))
        return name if until > time.monotonic() else None
