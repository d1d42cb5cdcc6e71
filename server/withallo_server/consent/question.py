"""What a human is asked before a write: everything that would happen, and nothing hidden in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from withallo_server.consent.visible import one_line, visible
from withallo_server.outbox.digests import digest
from withallo_server.outbox.rows import About, about
from withallo_tools.services import Option, Write

LONGEST_TEXT = 1000
TEXT_LABELS = frozenset({"Text", "Message"})


@dataclass(frozen=True, slots=True)
class Question:
    """One question, ready to be shown anywhere.

    Attributes:
        tool: Name of the tool that would do it.
        title: What will happen, in one line.
        rows: Labels and values: the person, the number, the line, the segments.
        text: The full message, where there is one.
        editable: Whether the human may put another text in its place.
        warnings: Reasons to look twice.
        binding: Digest of the tool, the exact payload and, without recipients, what is shown; good for nothing else.
        about: The write in words, for whoever asks about it before it is decided.
        choices: What the human chooses from, where there are several writes.
    """

    tool: str
    title: str
    rows: tuple[tuple[str, str], ...]
    text: str | None
    editable: bool
    warnings: tuple[str, ...]
    binding: str
    about: About
    choices: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """Most characters of another text, as it is written here: a mark is longer than what it stands for."""
        return LONGEST_TEXT + max(len(self.text or "") - len(self.about.message), 0)

    def as_text(self) -> str:
        """For a dialog that shows plain text."""
        parts = [self.title, "\n".join(f"{label}: {value}" for label, value in self.rows)]
        if self.text is not None:
            parts.append("\n".join(f"> {line}" for line in self.text.split("\n")))
        parts += [f"Careful: {warning}" for warning in self.warnings]
        return "\n\n".join(filter(None, parts))

    def as_facts(self) -> dict[str, Any]:
        """For a card or a page."""
        return {
            "title": self.title,
            "rows": [list(row) for row in self.rows],
            "text": self.text,
            "editable": self.editable,
            "longest": self.longest,
            "warnings": list(self.warnings),
        }


def question_about(write: Write, warnings: tuple[str, ...]) -> Question:
    """Describe a write to a human."""
    message = write.payload.get("message")
    text = message if isinstance(message, str) else None
    rows = tuple(
        (one_line(label), one_line(value)) for label, value in write.details if text is None or label not in TEXT_LABELS
    )
    return Question(
        tool=write.tool,
        title=one_line(write.action),
        rows=rows,
        text=None if text is None else visible(text),
        editable=write.revise is not None and text is not None,
        warnings=tuple(one_line(warning) for warning in warnings),
        binding=digest([write.tool, dict(write.payload), list(write.recipients), *_shown(write)]),
        about=about(write),
    )


def _shown(write: Write) -> list[Any]:
    """What an answer is bound to besides the payload: a number says who gets a text, and its name may come later."""
    return [] if write.recipients else [write.action, list(write.details)]


def question_between(title: str, options: Sequence[Option], warnings: tuple[str, ...]) -> Question:
    """Describe several writes to a human who chooses one: what each is, then what all have in common."""
    asked = [question_about(option.write, warnings) for option in options]
    common = tuple(row for row in asked[0].rows if all(row in each.rows for each in asked))
    choices = tuple(one_line(option.label) for option in options)
    listed = tuple(
        (str(place), "; ".join((choice, *_own(each, option.write, common))))
        for place, (choice, each, option) in enumerate(zip(choices, asked, options, strict=True), start=1)
    )
    return replace(
        asked[0],
        title=one_line(title),
        rows=(*listed, *common),
        binding=digest([title, *choices, *(each.binding for each in asked)]),
        about=replace(asked[0].about, action=title, recipients=()),
        choices=choices,
    )


def _own(asked: Question, write: Write, common: Sequence[tuple[str, str]]) -> list[str]:
    """What sets one choice apart besides who gets it."""
    return [
        f"{label.lower()} {value}"
        for label, value in asked.rows
        if (label, value) not in common and not any(number in value for number in write.recipients)
    ]
