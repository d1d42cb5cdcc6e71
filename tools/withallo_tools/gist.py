"""The gist of a longer text on one line."""

import re

from withallo_tools.outsiders import clean

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t].*$|^[ \t]*\*\*[^*\n]{1,60}\*\*:?[ \t]*$", re.MULTILINE)
_MARKUP = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+|\*\*|__|`", re.MULTILINE)
_MARKUP_SHARE = 20
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)")


def gist(text: str | None, limit: int = 140) -> str:
    """The first sentences of a summary, without its Markdown, cut between words and marked where cut; cleaned.

    Args:
        text: Written by others, perhaps in Markdown.
        limit: Characters at most; nothing is shown for 0.
    """
    if limit <= 0:
        return ""
    begin = (text or "")[: limit * _MARKUP_SHARE]
    plain = _MARKUP.sub("", _HEADING.sub("", begin)) or begin
    line = clean(plain).replace(" / ", " ")
    if len(line) <= limit:
        return f"{line} …" if line and len(begin) < len(text or "") else line
    ends = [match.end() for match in _SENTENCE_END.finditer(line, 0, limit)]
    if ends and ends[-1] >= limit // 2:
        return f"{line[: ends[-1]]} …"
    return line[:limit].rsplit(" ", 1)[0].rstrip(",;: ") + "…"
