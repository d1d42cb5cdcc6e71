"""Lines and sender IDs (API contract 6.4, 6.6)."""

from typing import Any

from pydantic import model_validator

from withallo_client.models.base import AlloModel, Texts
from withallo_client.models.users import UserRef


class Number(AlloModel):
    """A line, or an alphanumeric sender ID.

    Attributes:
        number: E.164; None on a sender ID.
        name: Label of a line, or the sender ID itself.
        country: ISO 3166-1 alpha-2.
        type: `NUMBER` or `SENDER_ID`; v1 does not say, a row without a number is a sender ID there.
        capabilities: Of `VOICE`, `SMS`, `MMS`; empty when only v1 answered.
        users: Who uses the line; v2 only.
        is_shared_number: v1 only.
    """

    number: str | None = None
    name: str | None = None
    country: str | None = None
    type: str = "NUMBER"
    capabilities: Texts = ()
    users: tuple[UserRef, ...] = ()
    is_shared_number: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _type_from_number(cls, row: Any) -> Any:
        if isinstance(row, dict) and not row.get("type"):
            return {**row, "type": "NUMBER" if row.get("number") else "SENDER_ID"}
        return row

    @property
    def is_sender_id(self) -> bool:
        """Whether this is a name to send from, not a line."""
        return self.type == "SENDER_ID"
