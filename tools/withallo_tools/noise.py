"""Texts that wait for no answer: thanks, goodbyes, STOP, reactions, spam."""

import re

_PHRASES = ("no problem", "no worries", "pas de souci", "pas de problème")
_WORD = re.compile(rf"(?:{'|'.join(_PHRASES)})\b|[^\W\d_]+|\d+")
_COURTESY_WORDS = (
    "ok okay oki thanks thank thx ty cheers great perfect super awesome good fine cool noted got it received yes yep "
    "oui see you then soon later bye for everything all the so very much a lot and too génial "
    "merci beaucoup bien parfait d accord top entendu noté ça marche nickel reçu bonne journée soirée à bientôt "
    "au revoir pour le rappel reminder tout vous aussi de rien et"
)
_DAYS = frozenset(["tomorrow", "demain", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"])
"""A goodbye with other words; alone they say when."""
_COURTESIES = frozenset((*_COURTESY_WORDS.split(), *_PHRASES)) | _DAYS
_LONGEST_COURTESY = 10
_OPT_OUT = re.compile(
    r"\W*(?:stop(?: ?all| sms| pub)?|unsubscribe|opt ?out|arr[eê]t(?:er|ez)?|d[ée]sabonner|d[ée]sinscri(?:re|ption))"
    r"\W*",
    re.IGNORECASE,
)
_REACTION = re.compile(
    r"(?:liked|loved|disliked|laughed at|emphasized|questioned|a aimé|a adoré|n'a pas aimé|a ri à|a réagi)\W*[“\"«]",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?|\b(?:but|can|could|would|will you|please|pls|call|text|send|need|want|when|where|how|which|why|help|waiting|"
    r"mais|pouvez|pourriez|peux|svp|stp|s'il|rappel\w*|appel\w*|envoy\w*|besoin|veux|voudrais|quand|où|comment|quel\w*|"
    r"attends?|toujours pas|wrong|broken|late|cass\w*|retard|i'd like|interested|i'm looking|aimerais|je souhait\w*|"
    r"m'intéress\w*|je cherche)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S+")
_SPAM = re.compile(
    r"\b(?:won|winner|prize|lottery|jackpot|casino|crypto\w*|bitcoin|loans?|gratuit\w*|gagn\w+|cpf|promo\w*|offre|sale|"
    r"discount|colis|parcel|package|customs|verify your|suspended)\b.*https?://|"
    r"https?://.*\b(?:unsubscribe|stop(?! by\b))\b|"
    r"\b(?:your|votre)\b[^.!?]{0,40}\b(?:code|otp)\b\D{0,40}(?:\b(?:is|est)\b|:)\W*(?:le )?\d{4,8}\b|"
    r"\b\d{4,8} (?:is|est) (?:your|votre)\b",
    re.IGNORECASE | re.DOTALL,
)
_SIGNATURE = 40


def asks(text: str) -> bool:
    """Whether a text ends in a question, perhaps before a short goodbye or name."""
    return "?" in _LINK.sub("", text)[-_SIGNATURE:]


def is_noise(text: str, *, stranger: bool, answers: bool = False) -> bool:
    """Whether nobody expects an answer to this text.

    Args:
        text: What they wrote.
        stranger: Whether nobody here knows them or ever answered them; only strangers send spam.
        answers: Whether it answers a question of ours: then a courtesy is an answer.
    """
    text = text.strip().replace("\u2019", "'")
    words = _WORD.findall(text.casefold())
    if not answers and "?" not in text and len(words) <= _LONGEST_COURTESY and _COURTESIES.issuperset(words):
        return not words or not _DAYS.issuperset(words)
    if _OPT_OUT.fullmatch(text) or _REACTION.match(text):
        return True
    begin = text[:1000]
    return stranger and _SPAM.search(begin) is not None and _WANTS.search(_LINK.sub("", begin)) is None
