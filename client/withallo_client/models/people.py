"""People of the v2 CRM (API contract 6.10)."""

from withallo_client.models.base import AlloModel, MaybeTime, Texts
from withallo_client.models.contacts import MaybeCompany


class CrmPerson(AlloModel):
    """A person of the CRM.

    Attributes:
        id: `per-…`; not the id that the v1 API knows the same human by.
        name: First name.
        interactions: Calls plus messages.
    """

    id: str
    name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    address: str | None = None
    numbers: Texts = ()
    emails: Texts = ()
    company: MaybeCompany = None
    interactions: int | None = None
    last_activity_at: MaybeTime = None
    created_at: MaybeTime = None
    updated_at: MaybeTime = None

    @property
    def full_name(self) -> str:
        """First and last name, or an empty text."""
        return " ".join(part.strip() for part in (self.name, self.last_name) if part and part.strip())
