"""Texts that wait for no answer: thanks, goodbyes, STOP, reactions, spam."""

import re

_WORD = re.compile(r"[^\W\d_]+|\d+")
_COURTESY_WORDS = (
    "ok okay oki thanks thank thx ty cheers great perfect super awesome good fine cool noted got it received yes yep "
    "oui see you then soon tomorrow later bye for everything all the so very much a lot and too no problem worries "
    "merci beaucoup bien parfait d accord top entendu noté ça marche nickel reçu bonne journée soirée à demain bientôt "
    "lundi mardi mercredi jeudi vendredi samedi au revoir pour le rappel reminder tout vous aussi de rien et"
)
_COURTESIES = frozenset(_COURTESY_WORDS.split())
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
_ACKNOWLEDGED = re.compile(
    r"(?:ok(?:ay|i)?|thanks?(?: you)?|thx|cheers|great|perfect|awesome|cool|noted|got it|merci|super|parfait|d'accord|"
    r"entendu|noté|ça marche|top|nickel|génial)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?|\b(?:but|can|could|would|will you|please|pls|call|text|send|need|want|when|where|how|which|why|help|waiting|"
    r"mais|pouvez|pourriez|peux|svp|stp|s'il|rappel\w*|appel\w*|envoy\w*|besoin|veux|voudrais|quand|où|comment|quel\w*|"
    r"attends?|toujours pas|wrong|broken|late|cass\w*|retard)\b",
    re.IGNORECASE,
)
_LONGEST_ACKNOWLEDGEMENT = 8
_SPAM = re.compile(
    r"\b(?:won|winner|prize|lottery|jackpot|casino|crypto\w*|bitcoin|loans?|gratuit\w*|gagn\w+|cpf|promo\w*|offre|sale|"
    r"discount|colis|parcel|package|customs|verify your|suspended)\b.*https?://|https?://.*\b(?:unsubscribe|stop)\b|"
    r"\b(?:code|otp|verification|vérification)\b\D{0,40}\b\d{4,8}\b",
    re.IGNORECASE | re.DOTALL,
)


def is_noise(text: str, *, reply: bool, stranger: bool) -> bool:
    """Whether nobody expects an answer to this text.

    Args:
        text: What they wrote.
        reply: Whether it came after a text of ours, which a short acknowledgement then ends.
        stranger: Whether nobody here knows them or ever answered them; only strangers send spam.
    """
    words = _WORD.findall(text.casefold())
    if "?" not in text and len(words) <= _LONGEST_COURTESY and all(word in _COURTESIES for word in words):
        return True
    if _OPT_OUT.fullmatch(text) or _REACTION.match(text.strip()):
        return True
    if reply and len(words) <= _LONGEST_ACKNOWLEDGEMENT and _ACKNOWLEDGED.match(text.strip()):
        return _WANTS.search(text) is None
    return stranger and _SPAM.search(text[:1000]) is not None
