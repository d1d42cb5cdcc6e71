"""The people every sandbox knows, whatever its seed: handy for tests, demonstrations and questions to an agent."""

from datetime import UTC, datetime
from typing import Final

from withallo_sandbox import ids
from withallo_sandbox.records import Company, Contact, Deal

_SINCE: Final = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)


def company(ordinal: int, name: str) -> Company:
    """A company with the id of its place."""
    return Company("com-" + ids.token("com", ordinal), name)


def _person(
    ordinal: int,
    name: str | None,
    last_name: str | None,
    *numbers: str,
    email: str | None = None,
    works_at: Company | None = None,
    job: str | None = None,
    deals: tuple[Deal, ...] = (),
    whitelisted: bool = False,
) -> Contact:
    emails = (email,) if email else ()
    website = f"https://{email.partition('@')[2]}" if email and works_at else None
    return Contact(
        ordinal, name, last_name, numbers, emails, works_at, job, website, _SINCE, _SINCE, None, deals, whitelisted
    )


def _deal(place: int, name: str, status: str, value: float, currency: str) -> Deal:
    return Deal("dea-" + ids.token("dea", place), name, status, value, currency)


_DUPONT = company(1, "Dupont & Filles")
_MERIDIAN = company(2, "Meridian Hotels")
_BRASSERIE = company(3, "Brasserie Lefèvre")
_CABINET = company(4, "Cabinet Martin Architectes")
_SCIERIE = company(5, "Scierie Martin")
_HARBOR = company(6, "Harbor Street Coffee")
_CHEN = company(7, "Chen Contracting")

MARIE: Final = _person(
    0,
    "Marie",
    "Dupont",
    "+33600000101",
    email="marie@dupont-filles.example",
    works_at=_DUPONT,
    job="Gérante",
    deals=(_deal(1, "Bibliothèque en chêne", "OPEN", 6400.0, "EUR"),),
    whitelisted=True,
)
"""A French customer with a mobile: the person the demonstration texts."""

MARIE_DUPUIS: Final = _person(1, "Marie", "Dupuis", "+33600000102", email="m.dupuis@courrier.example")
"""Somebody else whose name begins as Marie Dupont's does."""

THOMAS_ARCHITECT: Final = _person(
    2, "Thomas", "Martin", "+33600000103", email="thomas@cabinet-martin.example", works_at=_CABINET, job="Architecte"
)
"""One of two people called Thomas Martin."""

THOMAS_SAWMILL: Final = _person(
    3,
    "Thomas",
    "Martin",
    "+33465710104",
    "+33600000104",
    email="contact@scierie-martin.example",
    works_at=_SCIERIE,
    job="Directeur",
)
"""The other Thomas Martin, with an office and a mobile number."""

SARAH: Final = _person(
    4,
    "Sarah",
    "Whitfield",
    "+12125550133",
    email="sarah.whitfield@meridian.example",
    works_at=_MERIDIAN,
    job="Head of Procurement",
    deals=(_deal(2, "Lobby furniture, 3 hotels", "OPEN", 58000.0, "USD"),),
    whitelisted=True,
)
"""The other party of the 49-minute call whose agreement comes in the last minute."""

ROBERT: Final = _person(
    5,
    "Robert",
    "Chen",
    "+17185550134",
    "+12125550134",
    "+16465550134",
    email="rob@chencontracting.example",
    works_at=_CHEN,
    job="Owner",
)
"""Three numbers, and many texts this month."""

JOHN_SMITH: Final = _person(6, "John", "Smith", "+12125550135", email="john.smith@mailbox.example")
"""One of two people called John Smith, without a company."""

JOHN_SMITH_COFFEE: Final = _person(
    7, "John", "Smith", "+16175550135", email="john@harborstreet.example", works_at=_HARBOR, job="Manager"
)
"""The other John Smith."""

CLAIRE: Final = _person(8, "Claire", "Moreau", "+33199000555", email="claire.moreau@courrier.example")
"""Shares one landline with Julien."""

JULIEN: Final = _person(9, "Julien", "Moreau", "+33199000555", "+33600000109", email="julien.moreau@courrier.example")
"""Shares one landline with Claire, and has a mobile too."""

ZOE: Final = _person(
    10,
    "Zoë",
    "Lefèvre-N'Diaye",
    "+33600000110",
    email="zoe@brasserie-lefevre.example",
    works_at=_BRASSERIE,
    job="Propriétaire",
)
"""Accents, a hyphen and an apostrophe."""

SIOBHAN: Final = _person(11, "Siobhán", "O'Connor", "+14155550136", email="siobhan@mailbox.example")
"""A name that few spell right."""

RECEPTION: Final = _person(12, None, None, "+12125550137", works_at=_MERIDIAN, email="frontdesk@meridian.example")
"""A switchboard: a company and no name."""

NUMBER_ONLY: Final = _person(13, None, None, "+33600000113")
"""Nothing but a number."""

PEOPLE: Final = (
    MARIE,
    MARIE_DUPUIS,
    THOMAS_ARCHITECT,
    THOMAS_SAWMILL,
    SARAH,
    ROBERT,
    JOHN_SMITH,
    JOHN_SMITH_COFFEE,
    CLAIRE,
    JULIEN,
    ZOE,
    SIOBHAN,
    RECEPTION,
    NUMBER_ONLY,
)
"""All of the above, in the order of their place in the contact list."""
