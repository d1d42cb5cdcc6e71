"""What a human decided, by whichever way they were asked."""

from dataclasses import dataclass
from typing import Literal

How = Literal["policy", "form", "card", "page"]


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes.

    Attributes:
        how: What gave it; `policy` is the operator, the others are a human who was asked.
        key: Idempotency key that was bound to the question, where there was one.
        edited: Text the human put in place of the one they were shown.
        choice: Which of several writes they chose.
    """

    how: How
    key: str | None = None
    edited: str | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, or a question that ran out of time.

    Attributes:
        advice: What the model is to do now.
    """

    reason: str
    advice: str = "Do not ask again unless the user wants you to."


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The human could not be reached this way; another may work."""

    reason: str
