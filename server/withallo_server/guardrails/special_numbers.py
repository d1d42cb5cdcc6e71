"""Numbers that cost the sender or the recipient more than a text should."""

SHORTEST = 7


def why_special(number: str) -> str | None:
    """What is special about a number, in a word; nothing for an ordinary one."""
    import phonenumbers

    types = phonenumbers.PhoneNumberType
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return "short"
    kind = {types.PREMIUM_RATE: "premium-rate", types.SHARED_COST: "shared-cost"}.get(phonenumbers.number_type(parsed))
    if kind is None and len(str(parsed.national_number)) < SHORTEST:
        return "short"
    if kind is None and phonenumbers.region_code_for_country_code(parsed.country_code or 0) == "001":
        return "satellite or international-service"
    return kind
