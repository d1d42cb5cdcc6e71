"""The English and French words about time, without accents, that `time_words` reads."""

import re
from datetime import time


def _lexicon(*rows: str) -> dict[str, int]:
    """Number the rows; each word of a row means its number."""
    return {word: number for number, row in enumerate(rows) for word in row.split()}


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


NUMBERS = _lexicon(
    "",
    "a an one un une",
    "two deux",
    "three trois",
    "four quatre",
    "five cinq",
    "six",
    "seven sept",
    "eight huit",
    "nine neuf",
    "ten dix",
    "eleven onze",
    "twelve douze",
)
MINUTE, HOUR, ONE_DAY, WEEK, WEEKEND, MONTH, QUARTER, YEAR = range(8)
UNITS = _lexicon(
    "minute minutes min mins mn",
    "hour hours hr hrs h heure heures",
    "day days d jour jours j",
    "week weeks w semaine semaines",
    "weekend week-end",
    "month months mois",
    "quarter quarters trimestre trimestres",
    "year years y an ans annee annees",
)
MONTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
WEEKDAYS = _lexicon(
    "monday mon lundi",
    "tuesday tue mardi",
    "wednesday wed mercredi",
    "thursday thu jeudi",
    "friday fri vendredi",
    "saturday sat samedi",
    "sunday sun dimanche",
)
DAYS = {
    "today": 0,
    "aujourd'hui": 0,
    "aujourdhui": 0,
    "yesterday": -1,
    "hier": -1,
    "day before yesterday": -2,
    "avant-hier": -2,
    "avant hier": -2,
    "tomorrow": 1,
    "demain": 1,
}
DAYS_BESIDE_A_PART = {"": 0, "this": 0, "ce": 0, "cet": 0, "cette": 0, "last": -1, "derniere": -1}
PARTS = {
    "morning": (5, 12),
    "matin": (5, 12),
    "matinee": (5, 12),
    "afternoon": (12, 18),
    "apres-midi": (12, 18),
    "apres midi": (12, 18),
    "evening": (18, 24),
    "soir": (18, 24),
    "soiree": (18, 24),
    "tonight": (18, 29),
    "night": (18, 29),
    "nuit": (18, 29),
}
NAMED_TIMES = {"noon": time(12), "midi": time(12), "midnight": time(), "minuit": time()}

LAST = r"(?:last|past|previous|derniere?s?|precedente?s?|passee?s?)"
AMOUNT = rf"(?P<amount>\d{{1,4}}|{_either(NUMBERS)})"
UNIT = rf"(?P<unit>{_either(UNITS)})"
LEAD = re.compile(r"(?:since|from|until|till|depuis|des|a partir|jusqu'?(?:a|en)?)\b ?")
ROLLING = re.compile(rf"\bthe last (?=(?:{_either(UNITS)})\b)")
ARTICLE = re.compile(r"\b(?:the|les?|la|of|d[eu]|on|during|pendant|au cours|ces)\b ?|\b[ld]'(?=[a-z])")
AGO = re.compile(
    rf"(?:il y a|y a) {AMOUNT} ?{UNIT}|{AMOUNT.replace('amount', 'amount_')} ?"
    rf"{UNIT.replace('unit', 'unit_')} ago"
)
SPAN = re.compile(rf"(?:in |over |dans |sur |for )?(?P<last>{LAST} )?(?:{AMOUNT} ?)?(?P<last_>{LAST} )?{UNIT}")
CALENDAR = re.compile(
    rf"(?P<which>this|current|{LAST}|next|ce|cette|cet|beginning|start|debut)? ?(?P<unit>{_either(UNITS)})"
    rf"(?:[ -](?P<after>{LAST}|prochaine?|ci|en cours))?"
)
OVER = re.compile(
    rf"(?:{'|'.join(day for day, back in DAYS.items() if back < 0)})(?: (?:in )?(?:{'|'.join(PARTS)}))?"
    rf"|last (?:night|evening)|nuit derniere|(?:this|ce) week-?end"
    rf"|(?!past){LAST} (?:{_either(UNITS)})|(?:{_either(UNITS)}) {LAST}"
)
WEEKDAY = re.compile(rf"(?P<this>this |ce )?(?P<last>last )?(?P<day>{_either(WEEKDAYS)})(?P<last_> dernier| passe)?")
PART = re.compile(rf"\b(?:in )?(?P<part>{'|'.join(sorted(PARTS, key=len, reverse=True))})\b")
CLOCK = re.compile(
    rf"(?:\b(?:at|a|vers) |@ ?|\b)(?:(?P<named>{'|'.join(NAMED_TIMES)})\b|(?P<hour>[01]?\d|2[0-3])"
    r"(?: ?(?P<half>[ap])\.?m\b\.?|:(?P<minute>[0-5]\d)(?::[0-5]\d)?(?: ?(?P<half_>[ap])\.?m\b\.?)?"
    r"| ?h(?:eures?)? ?(?P<minute_>[0-5]\d)?\b))"
)
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
ISO_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2}))?")
NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
UNSAFE_FOR_LONG_TAIL = re.compile(r"\b(?:before|after|avant|apres|or|ou)\b")
