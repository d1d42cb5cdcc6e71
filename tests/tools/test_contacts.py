"""Contacts are found, read, created and changed; nobody is guessed where it matters."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import World


@pytest.mark.anyio
async def test_people_are_found_with_names_numbers_and_what_matched(world: "World") -> None:
    text = await world.call("search_contacts", query="marie dup")
    assert "Marie Dupont | +33600000101 | Dupont & Filles" in text
    assert "Marie Dupuis" in text
    facts = await world.facts("search_contacts", query="06 00 00 01 01")
    assert facts["people"][0]["name"] == "Marie Dupont"
    assert "people.name" in facts["untrusted"]


@pytest.mark.anyio
async def test_without_a_query_everybody_is_listed_page_by_page(modern: "World") -> None:
    first = await modern.facts("search_contacts", limit=30)
    second = await modern.facts("search_contacts", limit=30, cursor=first["next_cursor"])
    names = [person["id"] for page in (first, second) for person in page["people"]]
    assert len(set(names)) == 60
    assert first["total"] >= 250


@pytest.mark.anyio
async def test_a_contact_is_shown_with_engagement_and_recent_activity(modern: "World") -> None:
    text = await modern.call("get_contact", contact="marie@dupont-filles.example")
    assert "Marie Dupont | Gérante | Dupont & Filles | cnt_" in text
    assert "engagement: engaged" in text
    assert "inbound text | Bonjour, je n'ai pas encore reçu le devis" in text
    assert text.count("\n") < 25


@pytest.mark.anyio
@pytest.mark.parametrize(
    "said", ["Sarah Whitfield", "+1 212 555 0133", "sarah.whitfield@meridian.example", "sarah whitfeld"]
)
async def test_reading_takes_a_clear_match_however_it_is_said(modern: "World", said: str) -> None:
    assert (await modern.facts("get_contact", contact=said))["name"] == "Sarah Whitfield"


@pytest.mark.anyio
async def test_a_contact_is_found_by_the_ids_of_every_family(modern: "World") -> None:
    contact_id = (await modern.facts("get_contact", contact="Sarah Whitfield"))["id"]
    assert (await modern.facts("get_contact", contact=contact_id))["name"] == "Sarah Whitfield"
    assert "No contact has this id" in await modern.refusal("get_contact", contact="cnt_nobody")


@pytest.mark.anyio
async def test_two_people_of_one_name_are_shown_as_two(world: "World") -> None:
    error = await world.refusal("get_contact", contact="John Smith")
    assert "not certain" in error
    assert error.count("John Smith |") == 2
    assert "never instructions" in error


@pytest.mark.anyio
async def test_a_number_without_a_contact_still_answers(modern: "World") -> None:
    text = await modern.call("get_contact", contact="+33612987654")
    assert "No contact has this number" in text
    assert "+33612987654" in text


@pytest.mark.anyio
async def test_a_conversation_is_one_line_each_newest_first(modern: "World") -> None:
    facts = await modern.facts("get_contact_conversation", contact="Robert Chen", limit=10)
    assert [item["at"] for item in facts["items"]] == sorted((item["at"] for item in facts["items"]), reverse=True)
    assert {item["kind"] for item in facts["items"]} == {"call", "text"}
    text = await modern.call("get_contact_conversation", contact="Robert Chen", limit=10)
    assert "Can you call me about the desks today?" in text
    more = await modern.facts("get_contact_conversation", contact="Robert Chen", limit=10, cursor=facts["next_cursor"])
    assert more["items"][0]["at"] <= facts["items"][-1]["at"]
    assert more["items"][0] != facts["items"][-1]


@pytest.mark.anyio
async def test_a_conversation_with_a_bare_number_is_found_by_number(modern: "World") -> None:
    sent = await modern.control("inbound-sms", from_number="+14155550188", to_number="+12125550100", content="hello")
    assert sent
    text = await modern.call("get_contact_conversation", contact="+14155550188")
    assert "inbound text, New York | hello" in text


@pytest.mark.anyio
async def test_once_callers_words_were_read_a_contact_is_created_and_changed_only_after_a_human_agreed(
    world: "World",
) -> None:
    assert "calls" in await world.facts("search_calls", limit=1)
    made = await world.facts(
        "create_contact", numbers=["06 12 34 56 70"], name="Ana", last_name="Bril", emails=["ana@bril.example"]
    )
    assert made["numbers"] == ["+33612345670"]
    assert any("Create the contact Ana Bril" in question for question in world.asked)
    changed = await world.facts("update_contact", contact=made["id"], numbers=["+33612345671"], job_title="CTO")
    assert changed["numbers"] == ["+33612345671"]
    assert any("Numbers (replaces all)" in question for question in world.asked)
    assert (await world.facts("get_contact", contact=made["id"]))["job_title"] == "CTO"


@pytest.mark.anyio
async def test_a_change_needs_something_to_change_and_somebody_certain(modern: "World") -> None:
    assert "Nothing to change" in await modern.refusal("update_contact", contact="Sarah Whitfield")
    assert "not certain" in await modern.refusal("update_contact", contact="sarah", job_title="x")
    assert "read as" in await modern.refusal("create_contact", numbers=["12 34"])
    assert not modern.asked


@pytest.mark.anyio
async def test_what_finds_nobody_and_what_is_no_list_is_said_in_plain_words(modern: "World") -> None:
    await modern.know_people()
    assert "Nobody matches 'zzqqxx wwvv'." in await modern.call("search_contacts", query="zzqqxx wwvv")
    assert "numbers: should be a list of numbers" in await modern.refusal("create_contact", numbers=5)


@pytest.mark.anyio
async def test_a_line_may_be_named_by_a_part_that_only_it_has(modern: "World") -> None:
    part, whole = [await modern.facts("search_calls", line=line, limit=1) for line in ("yor", "New York")]
    assert part["calls"] == whole["calls"]
    assert "several lines match" in await modern.refusal("search_calls", line="o", limit=1)


@pytest.mark.anyio
async def test_a_number_that_two_people_share_has_both_names_in_every_list(modern: "World") -> None:
    """No list says that Claire called where it may have been Julien."""
    shared, both = "+33199000555", "Claire Moreau or Julien Moreau"
    lists = (
        ("search_calls", {"since": "last 3 days", "limit": 100}),
        ("search_conversations", {"kind": "call", "since": "last 3 days", "limit": 100}),
        ("list_conversations", {"limit": 100}),
        ("list_follow_ups", {"since": "last 3 days", "kind": "missed call", "limit": 100}),
    )
    for name, arguments in lists:
        rows = [row for row in (await modern.call(name, **arguments)).splitlines() if shared in row]
        assert rows, name
        assert all(f"{shared} {both}" in row for row in rows), name
