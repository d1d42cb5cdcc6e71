"""Contacts are found, read, created and changed; nobody is guessed where it matters."""

import json
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from withallo_sandbox import ROBERT, Message

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


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
@pytest.mark.parametrize("query", ["example", "555"])
async def test_everybody_who_matches_a_query_is_shown_once(modern: "World", query: str) -> None:
    """However many: beyond the first hundred they are read in another order."""
    page = await modern.facts("search_contacts", query=query, limit=40)
    total, shown = page["total"], [person["id"] for person in page["people"]]
    while page.get("next_cursor"):
        page = await modern.facts("search_contacts", query=query, limit=40, cursor=page["next_cursor"])
        shown += [person["id"] for person in page["people"]]
        assert len(shown) <= total
    assert len(set(shown)) == len(shown) == total > 100


@pytest.mark.anyio
async def test_somebody_whom_only_an_event_named_is_shown_as_far_as_known(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        number = "+33612345689"
        await world.allo("POST", "/v1/api/contacts", numbers=[number], name="Anaïs Bril", emails=["ana@bril.example"])
        with anyio.fail_after(20):
            while not (await world.facts("search_contacts", query="anais bril")).get("people"):
                await anyio.lowlevel.checkpoint()
        shown = await world.facts("get_contact", contact="anais bril")
        assert shown["id"].startswith("con_")
        assert (shown["numbers"], shown["emails"]) == ([number], ["ana@bril.example"])


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
    assert any("Job title: CTO\nNumbers: +33612345671\nRemoves: +33612345670" in each for each in world.asked)
    assert (await world.facts("get_contact", contact=made["id"]))["job_title"] == "CTO"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_human_sees_what_a_change_removes_and_is_asked_even_where_nothing_was_read(
    open_world: "OpenWorld", mode: str
) -> None:
    both = {"numbers": ["+33612345681", "+33612345682"], "emails": ["Ana@bril.example", "old@bril.example"]}
    async with open_world(mode) as world:
        made = await world.facts("create_contact", name="Ana", job_title="CEO", **both)
        assert not world.asked
        added = [*both["numbers"], "+33612345683"]
        kept = await world.facts("update_contact", contact=made["id"], numbers=added, emails=["ana@bril.example"])
        assert kept["removed"] == ["old@bril.example"]
        assert ["Removes: old@bril.example" in each for each in world.asked] == [True]
        await world.facts("update_contact", contact=made["id"], job_title="CTO")
        assert len(world.asked) == 1, "a word that is replaced is not asked about"
        text = await world.call("update_contact", contact=made["id"], numbers=["06 12 34 56 83"], job_title="COO")
        assert "removed: +33612345681, +33612345682" in text
        assert "Job title: COO (was CTO)\nNumbers: +33612345683\nRemoves: +33612345681, +33612345682" in world.asked[-1]


@pytest.mark.anyio
async def test_a_number_that_was_removed_is_nobodys_from_then_on(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        made = await world.facts(
            "create_contact", numbers=["+33612345687"], emails=["ana@bril.example"], name="Anaïs Bril"
        )
        await world.facts("update_contact", contact=made["id"], numbers=["+33612345688"])
        numbers: list[str] = []
        with anyio.fail_after(20):
            while numbers != ["+33612345688"]:
                (found,) = (await world.facts("search_contacts", query="anais bril"))["people"]
                numbers = found["numbers"]
        assert found["emails"] == ["ana@bril.example"]


@pytest.mark.anyio
async def test_what_is_read_of_a_contact_is_known_from_then_on(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        made = json.loads(await world.allo("POST", "/v1/api/contacts", numbers=["+33612345689"], name="Anaïs Bril"))
        made = made["data"]["id"]
        await world.facts("get_contact", contact=made)
        (found,) = (await world.facts("search_contacts", query="anais bril"))["people"]
        assert found["id"] == made


@pytest.mark.anyio
async def test_a_change_of_numbers_that_cannot_be_read_says_so(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        made = await world.facts("create_contact", numbers=["+33612345684"], name="Ana")
        world.closed = ("/v1/api/contact/",)
        await world.facts("update_contact", contact=made["id"], numbers=["+33612345685"])
        assert "Removes: all other numbers it has: this key cannot read them" in world.asked[-1]
        world.closed = ()
        assert "Allo" in await world.refusal("update_contact", contact="cnt_gone", numbers=["+33612345686"])
        assert len(world.asked) == 1


@pytest.mark.anyio
async def test_somebody_who_is_there_is_named_instead_of_created_again(world: "World") -> None:
    for known in (
        {"numbers": ["(212) 555-0133"]},
        {"numbers": ["+33699000001"], "emails": ["SARAH.whitfield@meridian.example"]},
    ):
        error = await world.refusal("create_contact", name="Sarah", **known)
        assert "there already" in error
        assert "Sarah Whitfield | +12125550133" in error
        assert "cnt_" in error
        assert "update_contact" in error
    assert "POST /v1/api/contacts" not in world.requests


@pytest.mark.anyio
async def test_a_second_contact_that_is_meant_is_created_with_a_key(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        twin = {"numbers": ["+12125550133"], "name": "Sam", "idempotency_key": "a-second-one"}
        assert (await world.facts("create_contact", **twin))["state"] == "sent"
        assert (await world.facts("create_contact", **twin))["state"] == "replayed"
        await world.facts("search_calls", limit=1)
        await world.facts("create_contact", **{**twin, "idempotency_key": "a-third-one"})
        assert "Already there: Sarah Whitfield" in world.asked[-1]
        assert "Already there: Sam" in world.asked[-1]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"emails": ["ana at bril.example"]}, "emails"),
        ({"emails": ["ana@bril"]}, "emails"),
        ({"emails": ["ana@bril.example, bo@bril.example"]}, "emails"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "our site"}, "website"),
        ({"numbers": ["12 34"]}, "read as"),
        ({"numbers": ["3631"]}, "short number"),
        ({"name": "Ana\x07"}, "control characters"),
        ({"job_title": "x" * 1001}, "1,000"),
    ],
)
@pytest.mark.parametrize("tool", ["create_contact", "update_contact"])
async def test_what_allo_cannot_take_is_refused_before_anybody_is_asked(
    modern: "World", tool: str, wrong: dict[str, Any], problem: str
) -> None:
    whom = {"contact": "Sarah Whitfield"} if tool == "update_contact" else {"numbers": ["+33699000002"]}
    await modern.facts("search_calls", limit=1)
    assert problem in await modern.refusal(tool, **{**whom, **wrong})
    assert not modern.asked


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


@pytest.mark.anyio
async def test_a_text_that_was_not_delivered_is_told_in_the_conversation(modern: "World") -> None:
    timeline = modern.sandbox.account.timeline
    texts = [
        item
        for number in ROBERT.numbers
        for item in timeline.newest_first(contact=number)
        if isinstance(item, Message) and item.direction == "OUTBOUND"
    ]
    ours = texts[0]
    ours.failed = True
    said = await modern.call("get_contact_conversation", contact="Robert Chen", limit=50)
    (row,) = [line for line in said.splitlines() if ours.content.splitlines()[0] in line and "outbound" in line]
    assert "outbound text, failed" in row
    assert "outbound text, delivered" in said


@pytest.mark.anyio
async def test_a_key_of_v1_alone_reads_the_same_conversation(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        new = await world.facts("get_contact_conversation", contact="Robert Chen", limit=30)
        world.closed = ("/v2/api/conversations",)
        old = await world.facts("get_contact_conversation", contact="Robert Chen", limit=30)
    assert [(item["at"], item["kind"]) for item in old["items"]] == [
        (item["at"], item["kind"]) for item in new["items"]
    ]


@pytest.mark.anyio
async def test_reading_about_somebody_with_a_shared_number_says_so(modern: "World") -> None:
    both = "a number is shared: Claire Moreau or Julien Moreau"
    for name in ("search_calls", "search_conversations", "get_contact_conversation", "list_follow_ups"):
        assert both in await modern.call(name, contact="Julien Moreau"), name
    assert "shared" not in await modern.call("search_calls", contact="Sarah Whitfield", limit=1)
    assert both in await modern.call("get_contact", contact="Claire Moreau")
    assert "shared" not in await modern.call("get_contact", contact="Sarah Whitfield")
