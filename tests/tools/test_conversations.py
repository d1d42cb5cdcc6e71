"""Words are found in calls and texts, each hit with the words in their place."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from mcp.types import CallToolResult

from withallo_sandbox import LONG_CALL_ID
from withallo_tools.letters import without_accents

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


@pytest.mark.anyio
async def test_a_hit_shows_the_words_where_they_were_said(world: "World") -> None:
    text = await world.call("search_conversations", query="oak consoles")
    assert "1 hit, newest first" in text
    assert "us: Twelve oak consoles at 4,200 dollars each" in text
    assert "+12125550133 Sarah Whitfield" in text


@pytest.mark.anyio
@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
async def test_an_amount_is_found_in_every_spelling_and_only_where_it_is(modern: "World", sort: str) -> None:
    found = [
        await modern.facts("search_conversations", query=query, sort=sort, limit=100, since="last 30 days")
        for query in (("4,200", "4 200 €", "4200") if sort == "newest" else ("4,200", "4200"))
    ]
    ids = [[item["id"] for item in facts["items"]] for facts in found]
    assert LONG_CALL_ID in ids[0]
    assert all(each == ids[0] for each in ids)
    assert len(ids[0]) == len(set(ids[0]))
    spelled = re.compile(r"(?<!\d)4[ ,]?200(?!\d)")
    calls = {call.id: call for call in modern.sandbox.account.timeline.calls()}
    for call_id in ids[0]:
        said = [calls[call_id].summary or "", *(turn.text for turn in calls[call_id].speech().turns)]
        assert spelled.search(" ".join(said)), call_id


@pytest.mark.anyio
async def test_the_plural_finds_what_the_singular_finds(modern: "World") -> None:
    singular, plural = [await modern.facts("search_conversations", query=q, limit=50) for q in ("price", "prices")]
    assert [item["id"] for item in plural["items"]] == [item["id"] for item in singular["items"]]
    called = await modern.facts("search_conversations", query="rappelez", limit=10)
    assert len(called["items"]) == 10


@pytest.mark.anyio
async def test_the_oldest_come_first_over_all_numbers_of_a_person(modern: "World") -> None:
    facts = await modern.facts("search_conversations", contact="Robert Chen", sort="oldest", limit=30)
    times = [datetime.fromisoformat(item["at"]) for item in facts["items"]]
    assert times == sorted(times)
    newest = await modern.facts("search_conversations", contact="Robert Chen", limit=30)
    assert {item["id"] for item in facts["items"]} != {item["id"] for item in newest["items"]}


@pytest.mark.anyio
async def test_ten_hits_are_ten_times_smaller_than_what_allo_answers(
    modern: "World", cost: Callable[[CallToolResult], tuple[int, int]], tokens: Callable[[str], int]
) -> None:
    result = await modern.mcp.call_tool("search_conversations", {"query": "quote", "limit": 10})
    raw = await modern.allo("POST", "/v2/api/conversations/items/search", search="quote", size=10, extend="transcript")
    assert len((result.structured_content or {})["items"]) == 10
    assert cost(result)[0] * 10 <= tokens(raw)
    assert cost(result)[1] * 10 <= tokens(raw)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("filters", "check"),
    [
        ({"kind": "text", "direction": "inbound"}, {"kind": {"text"}, "direction": {"inbound"}}),
        ({"kind": "call", "line": "New York"}, {"kind": {"call"}, "line": {"+12125550100"}}),
        ({"result": "voicemail"}, {"kind": {"call"}}),
        ({"result": "missed"}, {"kind": {"call"}, "direction": {"inbound"}}),
        ({"contact": "Robert Chen", "sort": "oldest"}, {}),
        ({"unresponded": True}, {"direction": {"inbound"}}),
        ({"has_recording": True}, {"kind": {"call"}}),
        ({"tags": ["delivery"], "sort": "relevance"}, {"kind": {"call"}}),
        ({"user": "Daniel"}, {"line": {"+12125550100"}}),
        ({"unread": True}, {}),
    ],
    ids=lambda value: json.dumps(value, default=sorted),
)
async def test_filters_narrow(modern: "World", filters: dict[str, object], check: dict[str, set[str]]) -> None:
    facts = await modern.facts("search_conversations", since="last 40 days", limit=30, **filters)
    assert facts["items"]
    for member, allowed in check.items():
        assert {item[member] for item in facts["items"]} <= allowed


@pytest.mark.anyio
@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
async def test_paging_shows_each_hit_once_in_order(modern: "World", sort: str) -> None:
    seen: list[dict[str, str]] = []
    cursor = ""
    while True:
        facts = await modern.facts(
            "search_conversations", contact="Robert Chen", since="last 20 days", sort=sort, limit=7, cursor=cursor
        )
        seen += facts["items"]
        cursor = facts.get("next_cursor", "")
        if not cursor:
            break
    ids = [item["id"] for item in seen]
    assert len(ids) == len(set(ids)) > 14
    if sort == "newest":
        assert [item["at"] for item in seen] == sorted((item["at"] for item in seen), reverse=True)


@pytest.mark.anyio
async def test_nothing_found_and_nobody_meant_are_said(modern: "World") -> None:
    assert "Nothing matches" in await modern.call("search_conversations", query="zzzunheardof")
    assert "of your team" in await modern.refusal("search_conversations", user="Zaphod")


@pytest.mark.anyio
async def test_filters_that_contradict_each_other_are_refused_and_an_empty_search_gets_a_hint(modern: "World") -> None:
    assert "texts have no result" in await modern.refusal("search_conversations", kind="text", result="missed")
    assert "texts have no has_recording, tags" in await modern.refusal(
        "search_conversations", kind="text", has_recording=True, tags=["lead"]
    )
    assert "only inbound calls are missed" in await modern.refusal(
        "search_conversations", direction="outbound", result="missed"
    )
    nothing = await modern.call("search_conversations", query="zzzunheardof")
    assert "the beginning of one and a star" in nothing
    assert "quotes" not in nothing
    assert "Words in quotes must stand side by side." in await modern.call("search_conversations", query='"zzz yyy"')


@pytest.mark.anyio
async def test_a_key_of_v1_alone_finds_the_same_words_in_calls(open_world: "OpenWorld") -> None:
    asked: list[dict[str, object]] = [
        {"query": "4 200"},
        {"query": "prices", "direction": "inbound"},
        {"query": "rappeler", "since": "last 14 days", "result": "answered"},
        {"result": "voicemail", "line": "New York"},
    ]
    async with open_world() as world:
        new = [await world.facts("search_conversations", kind="call", limit=30, **each) for each in asked]
        world.closed = ("/v2/api/conversations",)
        old = [await world.facts("search_conversations", kind="call", limit=30, **each) for each in asked]
        text = await world.call("search_conversations", query="oak", limit=3)
        refused = await world.refusal("search_conversations", kind="text", unread=True)
    for each, on_v2, on_v1 in zip(asked, new, old, strict=True):
        assert on_v2["items"], each
        assert [item["id"] for item in on_v1["items"]] == [item["id"] for item in on_v2["items"]], each
        words = [[item.get("text") for item in facts["items"]] for facts in (on_v1, on_v2)]
        assert words[0] == words[1], each
    assert "This key sees no texts here." in text
    assert "knows nothing of kind='text', unread" in refused


@pytest.mark.anyio
async def test_a_search_that_stopped_at_its_bound_does_not_say_that_nothing_matches(open_world: "OpenWorld") -> None:
    async with open_world(calls=6000) as world:
        world.rewrite = lambda text: re.sub(r'"result":\s*("\w+"|null)', '"result":"ANSWERED"', text)
        text = await world.call("search_conversations", result="missed", limit=1)
    assert "Nothing matches" not in text
    assert re.search(r"Looked back to .+ only; the cursor goes on from there\.\nMore: cursor=", text)


@pytest.mark.anyio
async def test_the_words_are_shown_in_a_long_text_whose_letters_fold_into_several(open_world: "OpenWorld") -> None:
    content = f"{'Straße … ' * 90}zanzibar{' straße …' * 60}"
    async with open_world() as world:
        await world.control("inbound-sms", from_number="+13125550177", to_number="+12125550100", content=content)
        (item,) = (await world.facts("search_conversations", query="zanzibar"))["items"]
    assert "zanzibar" in item["text"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query", ["devis chêne", "livraison vendredi", "delivery date", "call Monday", "quote walnut Friday"]
)
async def test_every_word_of_a_hit_is_shown_in_its_place(modern: "World", query: str) -> None:
    facts = await modern.facts("search_conversations", query=query, limit=30)
    beginnings = [without_accents(word.casefold())[:4] for word in query.split()]
    assert facts["items"]
    for item in facts["items"]:
        shown = without_accents(item["text"].casefold())
        assert [word for word in beginnings if word not in shown] == [], item["text"]
        assert len(shown) < 260


@pytest.mark.anyio
async def test_words_far_apart_in_one_text_are_both_shown_and_words_side_by_side_once(open_world: "OpenWorld") -> None:
    content = f"Bonjour, le sapin est livré. {'bla ' * 150}Le montant du bois convenu est 777 euros. {'bla ' * 50}"
    async with open_world(calls=10) as world:
        await world.control("inbound-sms", from_number="+13125550177", to_number="+12125550100", content=content)
        (item,) = (await world.facts("search_conversations", query="sapin 777"))["items"]
        (near,) = (await world.facts("search_conversations", query="montant 777"))["items"]
    assert item["text"].startswith("Bonjour, le sapin est livré.")
    assert "Le montant du bois convenu est 777 euros" in item["text"]
    assert len(item["text"]) < 210
    assert " … " in item["text"]
    assert near["text"].startswith("…")
    assert " … " not in near["text"]


@pytest.mark.anyio
async def test_words_of_different_turns_are_shown_each_with_who_said_them_and_when(open_world: "OpenWorld") -> None:
    said = [("EXTERNAL", "Je voudrais un devis."), ("USER", "Oui ?"), ("EXTERNAL", "Je prends le sapin.")]
    turns = [{"source": source, "text": text} for source, text in said]
    async with open_world(calls=10) as world:
        await world.control("inbound-call", from_number="+13125550177", transcript=turns, duration_seconds=90)
        (item,) = (await world.facts("search_conversations", query="sapin devis"))["items"]
    assert re.fullmatch(r"\d\d:\d\d them: Je voudrais un devis. / \d\d:\d\d them: Je prends le sapin.", item["text"])


@pytest.mark.anyio
async def test_a_page_is_not_taken_for_the_whole(modern: "World") -> None:
    cursor = ""
    for head in ("First 2 hits, more may follow, best first (", "Next 2 hits, more may follow, best first ("):
        text = await modern.call("search_conversations", query="order", sort="relevance", limit=2, cursor=cursor)
        assert text.startswith(head)
        cursor = text.split("More: cursor=")[1].strip()
    every = (await modern.facts("search_conversations", query="devis", since="last 20 days", limit=100))["items"]
    asked = {"query": "devis", "since": "last 20 days", "limit": len(every) - 1}
    text = await modern.call("search_conversations", **asked)
    assert text.startswith(f"{len(every) - 1} of {len(every)} hits, newest first (")
    cursor = text.split("More: cursor=")[1].strip()
    assert (await modern.call("search_conversations", **asked, cursor=cursor)).startswith("Last 1 hit, newest first (")


@pytest.mark.anyio
async def test_a_search_by_relevance_that_looked_at_everything_has_no_cursor(open_world: "OpenWorld") -> None:
    async with open_world(calls=10) as world:
        for content in ("zanzibar", "zanzibarian"):
            await world.control("inbound-sms", from_number="+13125550177", to_number="+12125550100", content=content)
        text = await world.call("search_conversations", query="zanzibar", sort="relevance", limit=5)
    assert text.startswith("1 hit, best first (")
    assert "More:" not in text
