"""Finds sentences in which somebody commits to do something, in English and French, by patterns alone.

A question, a condition (`if you like, I'll send it`), a negation, what somebody else said and what is done on the spot
(`hold on, I'll put you through`) are no promises.
"""

import re
from functools import cache

from withallo_tools.letters import without_accents

_LONGEST_SEARCHED = 400
_LONGEST_SENTENCE = 2_000
_SENTENCE = re.compile(r"[^.!?…;\n]+[.!?…;]*")
_ABBREVIATION = re.compile(r"\b(mrs?|ms|dr|st|mme|m|[ap]\.m)\.(?=\s+\S)", re.IGNORECASE)
_NO_END = "\u2024"
"""Stands for the dot of an abbreviation, which ends no sentence."""

_SOON = (
    r"(?:today|tonight|tomorrow|later|soon|shortly|this (?:morning|afternoon|evening|week)|next (?:week|month)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|by |before |after |within |in (?:a|an|the|\d+|two|few)\b|first thing|"
    r"when i|as soon as|once )"
)
_DO = (
    r"(?:send|e-?mail|text|message|mail|call|ring|phone|ping|forward|share|prepare|draft|confirm|find out|book|order|"
    r"look (?:into|at|over)|schedule|reschedule|bring|drop|deliver|ship|pay|refund|credit|fix|repair|replace|update|"
    r"upload|arrange|organi[sz]e|follow up|get back|come (?:back|by|over|round|and)|make sure|reserve|install|review|"
    r"get (?:you|that|this|it|someone|somebody|them|the|a)|let (?:you|him|her|them) know|(?:talk|speak) (?:to|with)|"
    r"ask(?! you)|sign|return|transfer|wire|invoice|write|reply|answer (?:you|them|your)|set (?:\w+ )?up|finish|"
    r"put (?:together|(?:it|that) (?:in|on|down)|you (?:down|in))|complete|reach out|stop by|swing by|take care|handle|"
    r"pick (?:it|them|that|you|up)|sort|remind|submit|process|verify|double[- ]check|check|print|keep you|see to|"
    r"do (?:it|that|this|so)\b|tell (?:him|her|them)|pass (?:it|that|this|on|your|the)|work on|cancel|"
    r"give (?:you|him|her|them) (?:a (?:call|ring|shout|date|time|quote|price)|an? (?:update|answer|estimate)|the )|"
    r"have (?:it|that|this|them|your|someone|somebody|the|a|my|our)\b[^,]*"
    r"(?:ready|done|sent|delivered|for you|to you|call|come|by |over|tomorrow|day\b|at your))"
)
_ADVERB = r"(?:\s+(?:just|also|then|definitely|certainly|personally|gladly|now|quickly|go ahead and|try (?:to|and)))*"
_I_WILL = r"\b(?:(?:i|we)(?:'ll| will| shall)|(?:i'm|i am|we're|we are) (?:going to|gonna))"
_SOMEBODY = r"\b(?:my|our|the|someone|somebody|he|she|they|[a-z]+)(?: [\w-]+){0,4}?"
_ENGLISH = (
    rf"{_I_WILL}{_ADVERB}\s+{_DO}",
    rf"{_I_WILL} [^,]{{3,50}}? and (?:then )?{_DO}",
    (
        r"\b(?:i'm|i am|we're|we are) (?:sending|emailing|bringing|delivering|shipping|ordering|booking|mailing|paying|"
        rf"refunding|transferring|coming) .*{_SOON}"
    ),
    r"\byou(?:'ll| will) (?:have|get|receive|hear)\b(?! to\b| used| a chance| trouble)",
    (
        rf"{_SOMEBODY}(?:'ll| will|'s going to| is going to) (?:call|ring|text|e-?mail|phone|contact|visit|send|bring|"
        r"be in touch|reach out to|get back to|come (?:to|and)) ?(?:you|it|the|over|by|with|back|\b)"
    ),
    r"\bi promise\b|\bi can promise|\bleave (?:it|that) (?:with|to) me|\bi'm on it\b|\bconsider it done",
)
_ENGLISH_NO = (
    r"\b(?:do not|don't|didn't|doubt|not sure|wonder\w*|asked|asking)\b.*\b(?:i|we)(?:'ll| will)",
    r"\b(?:you|he|she|they|who)(?:'d|'ve| had| have)? (?:said|told|promised|mentioned|thought)\b",
    r"\b(?:if|whether|until|unless|in case) (?:i|we)(?:'ll| will|'m| am)",
    (
        r"^(?:(?:well|so|and|but|or|yes|ok|okay|sure|then|now)\b[ ,]*)*"
        r"(?:(?:only )?if(?! (?:not|so)\b)|unless|provided|as long as|in case)\b"
    ),
    (
        r"(?<!see )(?<!ask )(?<!check )(?<!know )(?<!sure )(?<!and )(?<!but )(?<!sooner )"
        r"\bif (?:you(?:'d| would)? (?:like|want|prefer|wish)|that (?:suits|helps))\b"
    ),
    r"\bhold on\b|\bone (?:moment|second)\b|\bbear with me\b|\bright now\b|\bwhile you (?:hold|wait)\b|\bon hold\b",
)

_REGULAR = (
    "confirmer vérifier transférer préparer regarder commander livrer apporter déposer rembourser réserver adresser "
    "organiser demander contacter recontacter signer retourner imprimer facturer régler ajouter modifier corriger "
    "relancer installer réparer remplacer expédier programmer caler planifier informer avertir virer reporter annuler "
    "chiffrer rédiger mailer partager compléter laisser garder monter poser passer finaliser donner"
)
_IRREGULAR = {
    "envoyer": ("envoie", "enverr"),
    "renvoyer": ("renvoie", "renverr"),
    "rappeler": ("rappelle", "rappell?er"),
    "appeler": ("appelle", "appell?er"),
    "payer": ("paie|paye", "pa[iy]er"),
    "faire": ("fais", "fer"),
    "tenir": ("tiens", "tiendr"),
    "revenir": ("reviens", "reviendr"),
    "mettre": ("mets", "mettr"),
    "transmettre": ("transmets", "transmettr"),
    "remettre": ("remets", "remettr"),
    "répondre": ("réponds", "répondr"),
    "écrire": ("écris", "écrir"),
    "dire": ("dis", "dir"),
    "redire": ("redis", "redir"),
    "prévenir": ("préviens", "préviendr"),
    "fournir": ("fournis", "fournir"),
    "reprendre": ("reprends", "reprendr"),
    "établir": ("établis", "établir"),
    "occuper": ("occupe", "occuper"),
    "charger": ("charge", "charger"),
    "joindre": ("joins", "joindr"),
    "venir": ("viens", "viendr"),
}
_PRONOUNS = r"(?:(?:vous|te|leur|lui|le|la|les|y|en|me|nous|tout|ça)\s+|[tlm]'\s*|m'en\s+|vous l'\s*|te l'\s*)*"
_BIENTOT = (
    r"(?:demain|ce soir|ce matin|cet après-midi|cette semaine|aujourd'hui|(?:lun|mar|mercre|jeu|vendre|same)di|"
    r"dimanche|dans (?:la|l'|le|les|une?|deux|trois|\d+)|d'ici|avant|après|dès|tout à l'heure|bientôt|rapidement|"
    r"en fin de|prochaine?|par (?:mail|e-?mail|écrit|sms|courrier|texto)|tout de suite|au plus vite|le \d)"
)
_NOT = (
    r"(?!(?: (?:donc|surtout|toujours|même|\w+ment))? "
    r"(?:pas(?! plus tard| de (?:souci|problème))|jamais|rien|aucune?)\b)"
)
_SPEAKER = r"\b(?:je\s+|j'\s*|nous\s+|on\s+)"
_FRENCH_NO = (
    r"\b(?:si|quand|lorsque) (?:je|j'|on|nous)",
    (
        r"^(?:(?:oui|ok|bon|bien|alors|donc|et|mais|ou|d'accord)\b[ ,]*)*"
        r"(?:si(?!,| si\b| je\b)|s'(?:il|ils)(?! (?:vous|te) plaî)|au cas où|à condition|tant que)\b"
    ),
    (
        r"(?<!voir )(?<!demander )(?<!vérifier )(?<!regarder )(?<!dire )(?<!et )(?<!mais )"
        r"\bsi (?:(?:vous|tu) (?:le |la |les |en )?(?:voulez|veux|souhait\w+|préf\w+|désir\w+)|"
        r"(?:ça|cela|c'est) (?:vous|te|bon|ok)|besoin|nécessaire)\b"
    ),
    r"\b(?:vous|ils?|elles?|tu|on)\s+(?:m'|nous |me |lui )?(?:avi?ez|avait|avaient|a|ont)\s*(?:dit|promis|assuré)",
    r"\b(?:rappell?e|confirme|appelle) (?:que|qu'|au sujet|pour|parce|suite|car|concernant)",
    r"\bne quittez pas\b|\bje vous passe\b|\bun instant\b|\bune seconde\b|\bne raccrochez pas\b",
    r"^\s*(?:est-ce|voulez|pouvez|pourriez|dois-je|comment|combien)\b",
    r"\b(?:vous|te) (?:souhaite|remercie|écoute|entends|comprends)\b",
)


def promises_in(text: str) -> list[str]:
    """The sentences of a text in which its speaker commits to do something."""
    return [sentence for sentence in _sentences(text) if _is_promise(sentence)]


def _sentences(text: str) -> list[str]:
    unbroken = _ABBREVIATION.sub(lambda found: found[0].replace(".", _NO_END), text)
    pieces = (text[slice(*piece.span())].strip() for piece in _SENTENCE.finditer(unbroken))
    return [piece[:_LONGEST_SENTENCE] for piece in pieces if piece]


def _is_promise(sentence: str) -> bool:
    if sentence.endswith("?"):
        return False
    said = " ".join(without_accents(sentence[:_LONGEST_SEARCHED].casefold().replace("\u2019", "'")).split())
    yes, no = _patterns()
    return bool(yes.search(said)) and not no.search(said)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    yes, no = "|".join((*_ENGLISH, *_french())), "|".join((*_ENGLISH_NO, *_FRENCH_NO))
    return re.compile(without_accents(yes)), re.compile(without_accents(no))


def _french() -> tuple[str, ...]:
    verbs = {infinitive: (infinitive[:-1], infinitive) for infinitive in _REGULAR.split()} | _IRREGULAR
    never_bare = {"passer", "venir", "dire", "mettre", "appeler", "laisser", "garder", "donner", "tenir"}
    infinitives = "|".join(sorted(verbs, key=len, reverse=True))
    futures = "|".join(future for _, future in verbs.values())
    presents = "|".join(present for verb, (present, _) in verbs.items() if verb not in never_bare)
    every_present = "|".join(present for present, _ in verbs.values())
    return (
        rf"{_SPEAKER}{_PRONOUNS}(?:{futures})(?:ai|ons|a)\b{_NOT}",
        rf"\b(?:je vais|nous allons|on va)\s+{_PRONOUNS}(?:{infinitives})\b{_NOT}",
        rf"{_SPEAKER}{_PRONOUNS}(?:{every_present})s?\b{_NOT}.*{_BIENTOT}",
        rf"{_SPEAKER}(?:vous|te|t'|vous l'|vous le|te le|lui|leur)\s*(?:la |les |le |l')?(?:{presents})\b{_NOT}",
        r"\b(?:je|on|nous) (?:vous |te )?tiens? (?:vous |te )?(?:au courant|informé)|\breviens vers (?:vous|toi)",
        rf"\b(?:je m'|on s')(?:en )?(?:occupe|charge)\b{_NOT}",
        r"\bje m'arrange pour|\bfais le nécessaire|\bfais parvenir",
        rf"\b(?:vous|te|lui|leur) (?:{futures})(?:a|ont)\b{_NOT}",
        rf"\b(?:vous (?:aurez|recevrez)|tu (?:auras|recevras))\b(?! besoin| à | compris){_NOT}",
        rf"\b(?:technicien|équipe|livreur|collègue|atelier|chauffeur|quelqu'un)\b.*\b(?:passera|viendra|livrera|posera)\b{_NOT}",
        r"\bje (?:vous |te )?(?:le )?promets\b(?! (?:pas|rien))|\bc'est promis|\bje m'engage|\bcomptez sur moi",
    )
