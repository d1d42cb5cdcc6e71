"""Every filter of the item search, and every spelling it may have."""

from typing import Any

import httpx
import pytest

from withallo_sandbox import (
    CLAIRE,
    GRACE,
    LONG_CALL_ID,
    LYON,
    MARIE,
    NEW_YORK,
    ROBERT,
    SARAH,
    Sandbox,
    Variants,
)

pytestmark = pytest.mark.anyio


async def search(api: httpx.AsyncClient, **body: Any) -> list[dict[str, Any]]:
    """All items that match, over all pages."""
    items: list[dict[str, Any]] = []
    for page in range(1, 100):
        answer = await api.post("/v2/api/conversations/items/search", json={"size": 100, "page": page, **body})
        assert answer.status_code == 200, answer.text
        items += answer.json()["data"]
        if not answer.json()["pagination"]["has_more"]:
            break
    return items


async def refusal(api: httpx.AsyncClient, **body: Any) -> str:
    """The code a search is refused with."""
    answer = await api.post("/v2/api/conversations/items/search", json=body)
    assert answer.status_code == 400, answer.text
    code: str = answer.json()["error"]["code"]
    return code


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    """The same, with room for many pages."""
    sandbox.state.limits.enforced = False
    return sandbox


async def test_body_is_optional(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await api.post("/v2/api/conversations/items/search")

    assert len(answer.json()["data"]) == 20
    assert answer.json()["pagination"]["total_count"] == len(sandbox.account.timeline)


async def test_filters_narrow_together(api: httpx.AsyncClient) -> None:
    items = await search(
        api,
        allo_number=NEW_YORK.number,
        contact_number=SARAH.numbers[0],
        type="CALL",
        direction="INBOUND",
        user_id=GRACE.id,
    )

    assert items
    assert {(i["allo_number"], i["contact_number"], i["type"], i["direction"]) for i in items} == {
        (NEW_YORK.number, SARAH.numbers[0], "CALL", "INBOUND")
    }
    assert {item["user"]["id"] for item in items} == {GRACE.id}


async def test_results_tags_and_recordings_can_be_asked_for(api: httpx.AsyncClient) -> None:
    missed = await search(api, result="MISSED")
    tagged = await search(api, tags=["invoice", "delivery"])
    recorded = await search(api, has_recording=True)

    assert {item["result"] for item in missed} == {"MISSED"}
    assert all({"invoice", "delivery"} & set(item["tags"]) for item in tagged)
    assert all(item["recording_url"] for item in recorded)
    assert missed
    assert tagged
    assert recorded


async def test_unresponded_finds_whom_nobody_reacted_to(api: httpx.AsyncClient) -> None:
    waiting = {item["contact_number"] for item in await search(api, unresponded=True)}

    assert {MARIE.numbers[0], ROBERT.numbers[0], CLAIRE.numbers[0]} <= waiting
    assert "anonymous" not in waiting


async def test_unread_is_what_came_in_lately_without_reaction(api: httpx.AsyncClient) -> None:
    unread = await search(api, unread=True)

    assert {item["direction"] for item in unread} == {"INBOUND"}
    assert len(unread) < len(await search(api, unread=False))


async def test_words_are_all_needed_matched_by_their_beginning_and_without_accents(api: httpx.AsyncClient) -> None:
    texts = await search(api, search="BIBLIOTHEQUE recu", contact_number=MARIE.numbers[0])
    spoken = await search(api, search="twelve consoles deposit")
    nothing = await search(api, search="twelve zeppelins")

    assert [item["content"] for item in texts] == [
        "Bonjour, je n'ai pas encore reçu le devis pour la bibliothèque. Vous pouvez regarder ?"
    ]
    assert [item["id"] for item in spoken] == [LONG_CALL_ID]
    assert nothing == []
    assert await refusal(api, search="!?") == "INVALID_SEARCH_QUERY"


async def test_relevance_puts_the_most_hits_first(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    items = await search(api, search="walnut", sort="RELEVANCE")

    hits = []
    for item in items:
        found = sandbox.account.timeline.get(item["id"])
        assert found
        hits.append(sandbox.account.hits(found, "walnut"))
    assert hits == sorted(hits, reverse=True)
    assert hits[0] > hits[-1] > 0


@pytest.mark.parametrize("word", ["DATE_DESC", "DATE", "RECENT"])
async def test_newest_first_has_three_names(api: httpx.AsyncClient, word: str) -> None:
    dates = [item["date"] for item in await search(api, sort=word, type="SMS")]

    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("word", ["DATE_ASC", "OLDEST"])
async def test_oldest_first_has_two_names(api: httpx.AsyncClient, word: str) -> None:
    dates = [item["date"] for item in await search(api, sort=word, type="TEXT_MESSAGE")]

    assert dates == sorted(dates)


@pytest.mark.parametrize(
    "dates",
    [{"date": {"from": "2026-02-16", "to": "2026-02-17"}}, {"date_from": "2026-02-16", "date_to": "2026-02-17"}],
)
async def test_days_are_whole_included_and_take_either_spelling(api: httpx.AsyncClient, dates: dict[str, Any]) -> None:
    days = {item["date"][:10] for item in await search(api, **dates)}

    assert days == {"2026-02-16", "2026-02-17"}


@pytest.mark.parametrize(
    "dates",
    [
        {"date": {"from": "2026-02-18", "to": "2026-02-17"}},
        {"date": {"from": "2026-02-18"}},
        {"date": {"from": "soon", "to": "later"}},
        {"date": "2026-02-18"},
        {"date_from": 20260218},
        {"date_to": ""},
    ],
)
async def test_dates_that_make_no_range_are_refused(api: httpx.AsyncClient, dates: dict[str, Any]) -> None:
    assert await refusal(api, **dates) == "INVALID_DATE_RANGE"


async def test_extremes_of_the_calendar_are_dates_too(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    items = await search(api, date={"from": "0001-01-01", "to": "9999-12-31"}, size=100)

    assert len(items) == len(sandbox.account.timeline)


async def test_unknown_members_are_ignored_and_unknown_words_refused(api: httpx.AsyncClient) -> None:
    assert await search(api, phone="+1", limit=3, type="SMS") == await search(api, type="SMS")
    assert await refusal(api, type="FAX") == "INVALID_REQUEST_BODY"
    assert await refusal(api, sort="UPWARDS") == "INVALID_REQUEST_BODY"
    assert await refusal(api, extend="deals") == "UNSUPPORTED_EXTEND_VALUE"
    assert await refusal(api, size=101) == "INVALID_PAGE_SIZE"
    assert await refusal(api, page=0) == "INVALID_PAGE_SIZE"


FAMILIES: dict[str, dict[str, Any]] = {
    "documented": {"type": "SMS", "result": None, "sort": "DATE_ASC"},
    "peer": {"type": "TEXT_MESSAGE", "result": "MISSED", "sort": "OLDEST"},
    "plugin": {"type": "SMS", "result": None, "sort": "DATE"},
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("other", FAMILIES)
async def test_a_variant_refuses_the_words_of_the_others(
    api: httpx.AsyncClient, sandbox: Sandbox, family: Any, other: str
) -> None:
    sandbox.state.variants = Variants(enums=family)

    for member, word in FAMILIES[other].items():
        answer = await api.post("/v2/api/conversations/items/search", json={member: word, "size": 1})
        known = word in {FAMILIES[family][member], None}
        assert answer.status_code == (200 if known else 400), (member, word)


async def test_a_variant_may_ignore_instead(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.state.variants = Variants(enums="peer", dates="nested", others="ignore")
    everything = len(sandbox.account.timeline)

    assert len(await search(api, type="SMS")) == everything
    assert len(await search(api, date_from="2026-02-16", date_to="2026-02-16")) == everything
    assert len(await search(api, date={"from": "2026-02-16", "to": "2026-02-16"})) < everything


async def test_a_variant_takes_one_spelling_of_dates(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    nested, flat = {"date": {"from": "2026-02-16", "to": "2026-02-16"}}, {"date_from": "2026-02-16"}

    sandbox.state.variants = Variants(dates="nested")
    assert await refusal(api, **flat) == "INVALID_REQUEST_BODY"
    assert await search(api, **nested)
    sandbox.state.variants = Variants(dates="flat")
    assert await refusal(api, **nested) == "INVALID_REQUEST_BODY"
    assert await search(api, **flat)


async def test_where_missed_is_unknown_voicemail_stands_in(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    missed = {item["id"] for item in await search(api, result="MISSED", allo_number=LYON.number)}
    sandbox.state.variants = Variants(enums="documented")

    voicemails = {item["id"] for item in await search(api, result="VOICEMAIL", allo_number=LYON.number)}

    assert missed
    assert missed < voicemails
