"""Keywords find the usual forms of what was asked for, and nothing that merely begins alike."""

from typing import TYPE_CHECKING

import pytest

from withallo_tools.keywords import has_all, keywords

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld

pytestmark = pytest.mark.anyio

FROM = "+14155550100"

WRITTEN = (
    "Une charnière s'est dévissée",
    "Le devis est prêt",
    "Je signale un défaut",
    "We signed it",
    "Deux pour porter",
    "The port is closed",
    "It was sold",
    "Il reste le solde",
    "Commande 5067",
    "It is $50",
    "cinquante, 50,00 € exactement",
    "50,000 in all",
    "Only 1.50",
    "The delivery date is Friday",
    "Date of the delivery: Friday",
    "Ça coûte 4 200 €",
    "Order 42001",
    "EUR 49,90 only",
)


CASES: tuple[tuple[str, list[str]], ...] = (
    ("devis", ["Le devis est prêt"]),
    ("devis*", ["Une charnière s'est dévissée", "Le devis est prêt"]),
    ("sign", ["We signed it"]),
    ("port", ["The port is closed"]),
    ("sold", ["It was sold"]),
    ("50", ["It is $50", "cinquante, 50,00 € exactement"]),
    ("$50", ["It is $50", "cinquante, 50,00 € exactement"]),
    ("50 €", ["It is $50", "cinquante, 50,00 € exactement"]),
    ("EUR 50", ["It is $50", "cinquante, 50,00 € exactement"]),
    ("50 euros", ["It is $50", "cinquante, 50,00 € exactement"]),
    ("50*", ["Commande 5067", "It is $50", "cinquante, 50,00 € exactement", "50,000 in all", "Only 1.50"]),
    ("49.90 €", ["EUR 49,90 only"]),
    ("200", []),
    ("4200", ["Ça coûte 4 200 €"]),
    ("delivery date", ["The delivery date is Friday", "Date of the delivery: Friday"]),
    ('"delivery date"', ["The delivery date is Friday"]),
    ("« delivery dates » friday", ["The delivery date is Friday"]),
    ('"4,200"', ["Ça coûte 4 200 €"]),
)


@pytest.mark.parametrize("sort", ["newest", "relevance"])
async def test_a_search_finds_forms_of_words_and_whole_numbers(open_world: "OpenWorld", sort: str) -> None:
    async with open_world(calls=10) as world:
        for content in WRITTEN:
            await world.control("inbound-sms", from_number=FROM, to_number="+12125550100", content=content)
        for query, found in CASES:
            facts = await world.facts("search_conversations", query=query, kind="text", sort=sort, limit=100)
            texts = [item["text"] for item in facts.get("items", ()) if FROM in item["contact"]]
            assert sorted(texts) == sorted(found), query


async def test_a_call_is_searched_for_the_same_words(open_world: "OpenWorld") -> None:
    said = [{"source": "EXTERNAL", "text": text} for content in WRITTEN for text in (content, "Hm.")]
    async with open_world(calls=10) as world:
        await world.control("inbound-call", from_number=FROM, transcript=said, duration_seconds=100)
        call_id = (await world.facts("search_calls", limit=1))["calls"][0]["id"]
        for query, found in CASES:
            facts = await world.facts("get_call", call_id=call_id, find=query, skip_ending=True)
            lines = " ".join(facts.get("lines", ()))
            assert [content for content in WRITTEN if content in lines] == found, query


FORMS = (
    ("question", "les questions"),
    ("questions", "la question"),
    ("maison", "Il y a deux maisons"),
    ("réunion", "des réunions"),
    ("address", "two addresses"),
    ("process", "processes"),
    ("business", "businesses"),
    ("access", "he accessed"),
    ("discuss", "discussed"),
    ("garantie", "les garanties"),
    ("garanties", "la garantie"),
    ("city", "cities"),
    ("cities", "a city"),
    ("copy", "copies"),
    ("keys", "the key"),
    ("key", "keys"),
    ("clés", "la clé"),
    ("fees", "a fee"),
    ("06.12.34.56.78", "le 06.12.34.56.78."),
    ("06.12.34.56.78", "06 12 34 56 78"),
    ("05.10.2026", "le 05.10.2026"),
    ("2026", "le 05.10.2026"),
    ("192.168.1.1", "at 192.168.1.1"),
    ("300", "en 2025 300 euros"),
    ("2025", "en 2025 300 euros"),
    ("100", "PO 2026 100"),
    ("415-555-0123", "415 555 0123"),
    ("date d'installation", "la date de l'installation est"),
    ("customer's address", "the customer gave an address"),
    ("what's the price", "what is the price"),
    ("4,200", "4 200 €"),
    ("4.200", "4200"),
    ("price", "prices"),
    ("pricing", "price"),
    ("rappeler", "rappelez"),
    ("rappelle", "rappelez"),
    ("livraison", "livraisons"),
    ("livré", "livrée"),
    ("agreed", "agree"),
    ("agree", "agreement"),
)
OTHERS = (
    ("devis", "dévissée"),
    ("sign", "signale"),
    ("port", "porter"),
    ("sold", "solde"),
    ("50", "5067"),
    ("200", "4 200 €"),
    ("50", "50,000"),
    ("50", "1.50"),
    ("4200", "42001"),
)


@pytest.mark.parametrize(("query", "text"), FORMS)
async def test_another_form_or_spelling_of_the_words_is_found(query: str, text: str) -> None:
    assert has_all(text, keywords(query))
    assert has_all(query, keywords(query))


@pytest.mark.parametrize(("query", "text"), OTHERS)
async def test_another_word_or_number_is_not_found(query: str, text: str) -> None:
    assert not has_all(text, keywords(query))
