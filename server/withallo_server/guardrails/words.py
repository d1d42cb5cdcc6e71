"""STOP and START as people write them, in English and French."""

import re
from typing import Literal

from withallo_tools.letters import without_accents

_POLITE = r"(?:please|pls|plz|thanks|thank you|now|svp|s il (?:vous|te) plait|merci|maintenant)"
_CHANNEL = r"(?:all|sms|texts?|messages?|texting|messaging|contact(?:ing)?|pub|promo|publicite|notifications?)"
_STOP = (
    r"(?:stop )*stop(?: ?all)?(?: (?:the |les |vos |ces )?" + _CHANNEL + r")?(?: me)?(?: (?:au )?\d{3,6})?",
    r"stop (?:sending|writing)(?: (?:to )?me)?(?: (?:the |these |your |any |more )*(?:sms|texts?|messages?))?",
    r"(?:unsubscribe|cancel|end|quit|revoke|opt ?out)(?: me)?|opt me out|i (?:want|would like) to unsubscribe",
    r"(?:please )?(?:do not|don ?t|never) (?:text|message|contact|sms) me(?: (?:again|anymore|any more))?",
    r"(?:please )?(?:remove|unsubscribe|delete) (?:me|my number)(?: from (?:your|the|this) list)?",
    r"take (?:me|my number) off(?: of)? (?:your|the|this) list|no more (?:texts?|messages?|sms)",
    r"arret|arrete[rz]?(?: (?:les|vos|tes) (?:sms|messages|textos))?",
    r"arrete[rz]? de m ?(?:ecrire|envoyer des (?:sms|messages|textos)|contacter)",
    r"(?:me )?(?:desabonner?|desabonnez|desabonnement|desinscrire|desinscrivez|desinscription|resilier)(?: moi)?",
    r"(?:veuillez )?me (?:desabonner|desinscrire)|je (?:veux|voudrais|souhaite) me (?:desabonner|desinscrire)",
    r"(?:supprimez|retirez|enlevez|effacez)(?: (?:moi|mon numero))(?: de (?:votre|la|cette) liste)?",
    r"(?:de )?ne plus (?:me |m )(?:ecrire|contacter|envoyer (?:de |d )?(?:sms|messages|textos))",
    r"(?:je ne (?:souhaite|veux) )(?:plus|pas) (?:recevoir )?(?:de |d |vos |ces )(?:sms|messages|textos)",
    r"ne me? ?(?:ecrivez|ecris|contactez|contacte|envoyez|envoie) plus(?: rien| (?:de |d )(?:sms|messages|textos))?",
    r"(?:je (?:ne )?veux )?(?:ne )?plus (?:(?:recevoir )?(?:de |d |vos )?(?:sms|messages|textos))",
    r"plus de (?:sms|messages|textos)",
)
_START = (
    r"(?:start|unstop|resubscribe|subscribe|opt ?in)(?: me)?",
    r"(?:me )?(?:reabonner|reabonnez|abonner|reprendre|reprise|recommencer)(?: moi)?",
)

_STOP_PATTERN = re.compile(rf"(?:{_POLITE} )?(?:{'|'.join(_STOP)})(?: {_POLITE})*")
_START_PATTERN = re.compile(rf"(?:{_POLITE} )?(?:{'|'.join(_START)})(?: {_POLITE})*")
_LONGEST = 80


def keyword(text: str) -> Literal["stop", "start"] | None:
    """What a whole message asks for; a message that merely holds the word, such as `stop by at five`, asks nothing."""
    if len(text) > _LONGEST:
        return None
    words = " ".join(re.findall(r"[a-z0-9]+", without_accents(text.casefold())))
    if _STOP_PATTERN.fullmatch(words):
        return "stop"
    return "start" if _START_PATTERN.fullmatch(words) else None
