"""What others wrote in a session, so that a text which carries it on can be told from one that does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from withallo_server.guardrails.contents import links

_RUN = 6
"""So many words in a row are repeated by nobody by chance."""

_MOST = 20_000
_WORD = re.compile(r"\w+")


@dataclass
class WordsOfOthers:
    """Runs of words and hosts of links that others wrote, as hashes: enough to recognise them, and no copy of them."""

    _runs: dict[int, None] = field(default_factory=dict)

    def hear(self, text: str) -> None:
        """Take note of what somebody wrote; the oldest is forgotten first."""
        for mark in (*(run for run, _ in _runs(text)), *links(text)):
            self._runs.pop(hash(mark), None)
            self._runs[hash(mark)] = None
        while len(self._runs) > _MOST:
            self._runs.pop(next(iter(self._runs)))

    def repeated_in(self, text: str) -> str:
        """The first words of a text that others wrote just so; empty where there are none."""
        found = next((words for run, words in _runs(text) if hash(run) in self._runs), "")
        return found or next((host for host in links(text) if hash(host) in self._runs), "")


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Every run of words, to compare and as it stands."""
    words = list(_WORD.finditer(text))
    plain = [word[0].casefold() for word in words]
    for place in range(len(words) - _RUN + 1):
        yield " ".join(plain[place : place + _RUN]), text[words[place].start() : words[place + _RUN - 1].end()]
