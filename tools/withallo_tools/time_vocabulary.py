"""The English and French words about time, without accents, that `time_words`, `time_days` and `time_of_day` read."""

import re


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
    "thirteen treize",
    "fourteen quatorze",
    "fifteen quinze",
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
    "monday mon lundi lun",
    "tuesday tues tue mardi mar",
    "wednesday wed mercredi mer",
    "thursday thurs thur thu jeudi jeu",
    "friday fri vendredi ven",
    "saturday sat samedi sam",
    "sunday sun dimanche dim",
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
DAYS_BESIDE_A_PART = {"this": 0, "ce": 0, "cet": 0, "cette": 0, "last": -1, "derniere": -1}
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
EARLIEST_WRITTEN_HOUR = {5: 0, 12: 12, 18: 17}
NAMED_HOURS = {"noon": 12, "midi": 12, "midnight": 0, "minuit": 0}

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
SPAN = re.compile(
    rf"(?P<within>in |dans )?(?:over |sur |for )?(?P<last>{LAST} )?(?:{AMOUNT} ?)?(?P<last_>{LAST} )?{UNIT}"
)
VAGUE = re.compile(r"\b(?!(?:mois|this|previous|cours)\b)[a-z]+s\b")
HOURS_OR_CLOCK = re.compile(rf"{AMOUNT} ?h(?:eures?)?")
CALENDAR = re.compile(
    rf"(?P<which>this|current|{LAST}|next|ce|cette|cet|beginning|start|debut)? ?(?P<unit>{_either(UNITS)})"
    rf"(?:[ -](?P<after>{LAST}|prochaine?|ci|en cours))?"
)
_DAY_NAME = _either(WEEKDAYS)
WEEKDAY = re.compile(rf"(?P<this>this |ce )?(?P<last>last )?(?P<day>{_DAY_NAME})\.?(?P<last_> dernier| passe)?")
MARCH_OR_TUESDAY = re.compile(r"mar\.?(?: (?P<number>\d{1,2}))?")
_NUMBER = r"\d{1,2}(?!\d)"
_ORDINAL = r"(?:st|nd|rd|th|er)?"
_MONTH_NAME = "[a-z]{3,9}"
WEEKDAY_AND_NUMBER = re.compile(rf"(?P<weekday>{_DAY_NAME})\.?,? (?P<number>{_NUMBER}){_ORDINAL}")
DATED = re.compile(
    rf"(?:(?P<weekday>{_DAY_NAME})\.?,? )?(?:(?P<number>{_NUMBER}){_ORDINAL}[ -]?(?P<month>{_MONTH_NAME})\.?"
    rf"|(?P<month_>{_MONTH_NAME})\.?[ -]?(?P<number_>{_NUMBER}){_ORDINAL})(?:[ ,-]{{0,2}}(?P<year>\d{{4}}))?"
)
NAMED_MONTH = re.compile(rf"(?:(?:in|en) )?(?P<month>{_MONTH_NAME})\.?(?: (?P<year>\d{{4}}))?")
PAST_DAY = re.compile(
    rf"{'|'.join(day for day, back in DAYS.items() if back < 0)}"
    rf"|last (?:{_DAY_NAME})|(?:{_DAY_NAME})\.? (?:dernier|passe)"
)
PART = re.compile(rf"\b(?:in |at )?(?P<part>{'|'.join(sorted(PARTS, key=len, reverse=True))})\b")
_AT = r"(?:\b(?:at|(?<!y )a|vers|around) |@ ?)"
_HOUR = r"(?:[01]?\d|2[0-3])"
CLOCK = re.compile(
    rf"(?:(?:{_AT}|\b)(?:(?<!apres[- ])(?P<named>{'|'.join(NAMED_HOURS)})\b|(?P<hour>{_HOUR})"
    r"(?: ?(?P<half>[ap])\.?m\b\.?"
    r"|:(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?: ?(?P<half_>[ap])\.?m\b\.?)?"
    r"| ?h(?:eures?)? ?(?P<minute_>[0-5]\d)?\b))"
    rf"|{_AT}(?P<bare>{_HOUR})\b(?![:.,]\d| \d)|\b(?P<bare_>{_HOUR})(?= in ))"
    r"(?: ?(?P<utc>utc|gmt|z)\b)?"
)
TO_THE_SECOND = re.compile(r"\d:?\d{2}:?\d{2}")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
ANSWERED_MOMENT = re.compile(rf"{ISO.pattern}[t ].+(?:z|utc|gmt|[+-]\d{{2}}:?\d{{2}})")
ISO_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2}))?")
NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?")
