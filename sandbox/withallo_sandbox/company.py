"""The fictional company whose account this is, and the constants that tests and demonstrations lean on.

Atelier Nord makes furniture to measure, in Lyon for France and in Brooklyn for the United States.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from withallo_sandbox import ids
from withallo_sandbox.records import Line, SenderId, Tag, User

SEED: Final = 2026
"""The seed a sandbox grows from unless told otherwise."""

TEAM_ID: Final = "team-ateliernord"
TEAM_NAME: Final = "Atelier Nord"

_SCOPES = """
CONVERSATIONS_READ CONVERSATIONS_WRITE CONTACTS_READ CONTACTS_READ_WRITE SMS_SEND DIALING_QUEUE_READ_WRITE
PHONE_NUMBERS_READ PHONE_NUMBERS_WRITE TAGS_READ TAGS_WRITE USERS_READ CRM_READ CRM_WRITE CRM_DELETE
SUMMARY_TEMPLATES_READ SUMMARY_TEMPLATES_WRITE NOTES_READ NOTES_WRITE THREADS_READ THREADS_WRITE AGENTS_READ
AGENTS_WRITE WEBHOOKS_READ_WRITE BILLING PARTNER
"""

SCOPES: Final = frozenset(_SCOPES.split())
"""Every scope of API contract 2.1."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do."""

    id: str
    scopes: frozenset[str]
    trial: bool = False


KEYS: Final[Mapping[str, ApiKey]] = {
    "ak_live_sandbox": ApiKey("api-sandbox", SCOPES),
    "ak_live_readonly": ApiKey("api-readonly", frozenset(name for name in SCOPES if name.endswith("_READ"))),
    "ak_live_sms_only": ApiKey("api-smsonly", frozenset({"SMS_SEND"})),
    "ak_live_trial": ApiKey("api-trial", SCOPES, trial=True),
}
"""The keys of every sandbox: all scopes, those that only read, texting alone, and a trial plan's."""

CAMILLE: Final = User("usr-" + ids.token("usr", 1), "Camille Roche", "camille@ateliernord.example", "ADMIN")
HUGO: Final = User("usr-" + ids.token("usr", 2), "Hugo Perret", "hugo@ateliernord.example", "MANAGER")
INES: Final = User("usr-" + ids.token("usr", 3), "Inès Belkacem", "ines@ateliernord.example")
DANIEL: Final = User("usr-" + ids.token("usr", 4), "Daniel Reyes", "daniel@ateliernord.example", "MANAGER")
GRACE: Final = User("usr-" + ids.token("usr", 5), "Grace Okafor", "grace@ateliernord.example")
PAUL: Final = User("usr-" + ids.token("usr", 6), "Paul Vidal", "paul@ateliernord.example", status="BLOCKED")
USERS: Final = (CAMILLE, HUGO, INES, DANIEL, GRACE, PAUL)

_VOICE = ("VOICE",)
_MOBILE = ("VOICE", "SMS")
_ALL = ("VOICE", "SMS", "MMS")
_FRANCE = "Europe/Paris"
_EAST = "America/New_York"

PARIS: Final = Line("+33199000010", "Paris showroom", "FR", _FRANCE, _VOICE, (CAMILLE, INES), sends=False, shared=True)
LYON: Final = Line("+33600000010", "Lyon workshop", "FR", _FRANCE, _MOBILE, (HUGO,), sends=False)
NEW_YORK: Final = Line("+12125550100", "New York", "US", _EAST, _ALL, (DANIEL, GRACE), sends=True, shared=True)

LINES: Final = (PARIS, LYON, NEW_YORK)
"""The lines of a sandbox made without `lines=`. Texts go out from New York only, and come in on Lyon and New York."""

MORE_LINES: Final = (
    Line("+33199000011", "Paris after-sales", "FR", _FRANCE, _VOICE, (INES,), sends=False),
    Line("+12125550101", "New York deliveries", "US", _EAST, _ALL, (GRACE,), sends=True),
    Line("+33465710011", "Marseille", "FR", _FRANCE, _VOICE, (CAMILLE, HUGO), sends=False, shared=True),
    Line("+16175550100", "Boston", "US", _EAST, _ALL, (DANIEL,), sends=True),
    Line("+33600000011", "Lille", "FR", _FRANCE, _MOBILE, (CAMILLE,), sends=False),
    Line("+13125550100", "Chicago", "US", "America/Chicago", _ALL, (DANIEL, GRACE), sends=True, shared=True),
    Line("+14155550100", "San Francisco", "US", "America/Los_Angeles", _ALL, (GRACE,), sends=True),
)
"""What `lines=4` to `lines=10` adds."""

SENDER_ID: Final = SenderId("ATELIERNORD", "FR", active=True)
"""The verified sender of texts to French mobiles."""

PENDING_SENDER_ID: Final = SenderId("ATELIERPRO", "FR", active=False)
"""Known, not approved, and therefore in no list: texting from it is refused with SENDER_ID_NOT_ACTIVE."""

TAGS: Final = tuple(
    Tag("tag-" + ids.token("tag", place), name, color)
    for place, (name, color) in enumerate(
        (
            ("quote_requested", "#3366CC"),
            ("meeting_booked", "#109618"),
            ("delivery", "#FF9900"),
            ("invoice", "#990099"),
            ("after_sales", "#DC3912"),
            ("vip", "#B8860B"),
            ("spam", "#777777"),
        )
    )
)
