"""An embedded Allo account: an ASGI app that answers as the API contract says, oddities included.

In one process, give `httpx.ASGITransport(app=Sandbox().app)` to a client. On a port, run `serve`. What to find in
every sandbox, whatever its seed:

- `KEYS`: `ak_live_sandbox` (all scopes), `ak_live_readonly`, `ak_live_sms_only`, `ak_live_trial` (always 403).
- `LINES`: `PARIS` (voice), `LYON` (French mobile, texts come in only), `NEW_YORK` (texts both ways), and `SENDER_ID`
  for texts to French mobiles; `PENDING_SENDER_ID` is refused.
- `MARIE`, `SARAH`, `ROBERT` and the other `PEOPLE`: contacts with a story, among them two people called Thomas Martin,
  two called John Smith, and Claire and Julien Moreau, who share one number.
- `LONG_CALL_ID`: 49 minutes with Sarah last week, whose `AGREEMENT` is spoken in the last minute.
- Today: missed calls of Claire and Marie, a voicemail of Thomas, texts of Marie and Robert that wait for an answer.
- `Sandbox.labels`: the sentences in which somebody promised something, by call id.

Controls, JSON and without a key, are `POST /_sandbox/` followed by `inbound-sms`, `inbound-call`, `faults`, `clock`,
`replay`, `variants` or `reset`, and `GET /_sandbox/sent` and `/_sandbox/deliveries`; `withallo_sandbox.controls` and
`withallo_sandbox.incoming` describe their bodies.
"""

from withallo_sandbox.company import (
    CAMILLE,
    DANIEL,
    GRACE,
    HUGO,
    INES,
    KEYS,
    LINES,
    LYON,
    NEW_YORK,
    PARIS,
    PENDING_SENDER_ID,
    SEED,
    SENDER_ID,
    TAGS,
    USERS,
    ApiKey,
)
from withallo_sandbox.people import (
    CLAIRE,
    JOHN_SMITH,
    JOHN_SMITH_COFFEE,
    JULIEN,
    MARIE,
    MARIE_DUPUIS,
    NUMBER_ONLY,
    PEOPLE,
    RECEPTION,
    ROBERT,
    SARAH,
    SIOBHAN,
    THOMAS_ARCHITECT,
    THOMAS_SAWMILL,
    ZOE,
)
from withallo_sandbox.records import Message, Promise
from withallo_sandbox.sandbox import Sandbox
from withallo_sandbox.seed.story import LONG_CALL_ID
from withallo_sandbox.seed.talk import AGREEMENT
from withallo_sandbox.serve import serve
from withallo_sandbox.variants import Variants

__all__ = [
    "AGREEMENT",
    "CAMILLE",
    "CLAIRE",
    "DANIEL",
    "GRACE",
    "HUGO",
    "INES",
    "JOHN_SMITH",
    "JOHN_SMITH_COFFEE",
    "JULIEN",
    "KEYS",
    "LINES",
    "LONG_CALL_ID",
    "LYON",
    "MARIE",
    "MARIE_DUPUIS",
    "NEW_YORK",
    "NUMBER_ONLY",
    "PARIS",
    "PENDING_SENDER_ID",
    "PEOPLE",
    "RECEPTION",
    "ROBERT",
    "SARAH",
    "SEED",
    "SENDER_ID",
    "SIOBHAN",
    "TAGS",
    "THOMAS_ARCHITECT",
    "THOMAS_SAWMILL",
    "USERS",
    "ZOE",
    "ApiKey",
    "Message",
    "Promise",
    "Sandbox",
    "Variants",
    "serve",
]
