"""What others wrote in a session, so that a text which carries it on can be told from one that does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from withallo_server.guardrails.contents import links

_RUN = 6
"""So many words in a row are repeated by nobody by chance."""

_MOST = 8_000
_WORD = re.compile(r"\w+")


@dataclass
class WordsOfOthers:
    """Runs of words and hosts of links that others wrote, as hashes: enough to recognise them, and no copy of them."""

    _heard: dict[int, None] = field(default_factory=dict)

    def hear(self, text: str) -> None:
        """Take note of what somebody wrote; the oldest is forgotten first."""
        self._heard.update(dict.fromkeys(_runs(_WORD.findall(text.casefold()))))
        self._heard.update(dict.fromkeys(map(hash, links(text))))
        while len(self._heard) > _MOST:
            self._heard.pop(next(iter(self._heard)))

    def repeated_in(self, text: str) -> str:
        """The first words of a text that others wrote just so, or a host it links to as they did; else nothing."""
        words = list(_WORD.finditer(text))
        for place, run in enumerate(_runs([word[0].casefold() for word in words])):
            if run in self._heard:
                return text[words[place].start() : words[place + _RUN - 1].end()]
        return next((host for host in links(text) if hash(host) in self._heard), "")


def _runs(words: list[str]) -> Iterator[int]:
    """A hash of every run of words, in their order."""
    return map(hash, zip(*(words[place:] for place in range(_RUN)), strict=False))
