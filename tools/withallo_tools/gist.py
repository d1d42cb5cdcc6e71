"""The gist of a longer text on one line."""

import re

from withallo_tools.outsiders import clean

_HEADING = re.compile(r"^\s*#{1,6}\s.*$|^\s*\*\*[^*\n]{1,60}\*\*:?\s*$", re.MULTILINE)
_MARKUP = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+|\*\*|__|`", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)")


def gist(text: str | None, limit: int = 140) -> str:
    """The first sentences of a summary, without its Markdown, cut between words; cleaned.

    Args:
        text: Written by others, perhaps in Markdown.
        limit: Characters at most; nothing is shown for 0.
    """
    if limit <= 0:
        return ""
    plain = _MARKUP.sub("", _HEADING.sub("", text or "")) or (text or "")
    line = clean(plain).replace(" / ", " ")
    if len(line) <= limit:
        return line
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, limit)]
    if ends and ends[-1] >= limit // 2:
        return line[: ends[-1]]
    return line[:limit].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
