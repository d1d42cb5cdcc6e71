"""Calls, contacts and numbers on v1."""

import httpx
import pytest

from withallo_sandbox import CLAIRE, JULIEN, LONG_CALL_ID, MARIE, NEW_YORK, PARIS, ROBERT, SARAH, Sandbox

pytestmark = pytest.mark.anyio

Query = dict[str, str | int]


async def test_calls_come_newest_first_with_flat_metadata(api: httpx.AsyncClient) -> None:
    answer = (await api.get("/v1/api/calls", params={"allo_number": PARIS.number})).json()["data"]

    dates = [call["start_date"] for call in answer["results"]]
    assert len(dates) == 10
    assert dates == sorted(dates, reverse=True)
    assert answer["metadata"]["current_page"] == 0
    assert answer["metadata"]["total_pages"] > 2


async def test_pages_hold_every_call_of_the_line_once(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    seen: list[str] = []
    for page in range(50):
        params: Query = {"allo_number": PARIS.number, "page": page, "size": 100}
        data = (await api.get("/v1/api/calls", params=params)).json()["data"]
        seen += [call["id"] for call in data["results"]]
        if page + 1 >= data["metadata"]["total_pages"]:
            break

    assert len(seen) == len(set(seen))
    assert set(seen) == {call.id for call in sandbox.account.timeline.calls() if call.allo_number == PARIS.number}


async def test_calls_with_one_number_are_that_persons(api: httpx.AsyncClient) -> None:
    params: Query = {"allo_number": NEW_YORK.number, "contact_number": SARAH.numbers[0], "size": 100}

    calls = (await api.get("/v1/api/calls", params=params)).json()["data"]["results"]

    assert LONG_CALL_ID in {call["id"] for call in calls}
    parties = {number for call in calls for number in (call["from_number"], call["to_number"])}
    assert parties == {SARAH.numbers[0], NEW_YORK.number}


async def test_v1_has_no_word_for_missed_calls_and_no_zones(api: httpx.AsyncClient) -> None:
    params: Query = {"allo_number": PARIS.number, "size": 100}

    calls = (await api.get("/v1/api/calls", params=params)).json()["data"]["results"]

    assert (
        {"ANSWERED", "VOICEMAIL"}
        <= {call["result"] for call in calls}
        <= {*("ANSWERED", "VOICEMAIL", "TRANSFERRED_AI", "TRANSFERRED_EXTERNAL", "BLOCKED", "FAILED")}
    )
    assert all(len(call["start_date"]) == len("2026-03-02T09:15:00") for call in calls)


async def test_contacts_have_nested_metadata_and_begin_with_the_known_people(api: httpx.AsyncClient) -> None:
    data = (await api.get("/v1/api/contacts", params={"size": 100})).json()["data"]

    assert data["metadata"] == {"pagination": {"total_pages": 3, "current_page": 0}}
    assert data["results"][0]["id"] == MARIE.contact_id
    assert data["results"][0]["company"]["id"].startswith("com_")


async def test_contact_shows_engagement_and_activity_only_when_asked(api: httpx.AsyncClient) -> None:
    path = f"/v1/api/contact/{ROBERT.contact_id}"
    plain = (await api.get(path)).json()["data"]
    full = (await api.get(path, params={"extend": "engagement,activity"})).json()["data"]

    assert "engagement" not in plain
    assert "activity" not in plain
    assert full["engagement"] == "ENGAGED"
    assert {"INBOUND_SMS", "OUTBOUND_SMS"} <= {row["type"] for row in full["activity"]}
    assert full["numbers"] == list(ROBERT.numbers)


async def test_unknown_contact_is_a_400(api: httpx.AsyncClient) -> None:
    for answer in (
        await api.get("/v1/api/contact/cnt_00000000"),
        await api.get(f"/v1/api/contact/{MARIE.person_id}/conversation"),
        await api.put("/v1/api/contacts/cnt_nobody", json={"name": "A"}),
    ):
        assert (answer.status_code, answer.json()) == (400, {"code": "CONTACT_NOT_FOUND", "details": None})


async def test_conversation_runs_over_all_numbers_of_a_person(api: httpx.AsyncClient) -> None:
    path = f"/v1/api/contact/{JULIEN.contact_id}/conversation"
    rows = (await api.get(path, params={"size": 100})).json()["data"]["results"]
    shared = (await api.get(f"/v1/api/contact/{CLAIRE.contact_id}/conversation")).json()["data"]["results"]

    assert {row["type"] for row in rows} <= {"CALL", "TEXT_MESSAGE"}
    assert all((row["call"] is None) == (row["type"] == "TEXT_MESSAGE") for row in rows)
    assert shared[0]["call"]["id"] in {row["call"]["id"] for row in rows if row["call"]}


async def test_created_contact_is_found_by_id_and_replaces_lists_on_update(api: httpx.AsyncClient) -> None:
    body = {"numbers": ["+33600000777"], "name": "Ada", "emails": ["a@example.com"]}
    made = (await api.post("/v1/api/contacts", json=body)).json()["data"]
    path = f"/v1/api/contacts/{made['id']}"
    changed = (await api.put(path, json={"numbers": ["+33600000778"], "name": None, "emails": None})).json()["data"]
    read = (await api.get(f"/v1/api/contact/{made['id']}")).json()["data"]

    assert (changed["numbers"], changed["name"], changed["emails"]) == (["+33600000778"], None, ["a@example.com"])
    assert read["numbers"] == ["+33600000778"]


async def test_numbers_begin_with_the_sender_id_that_has_none(api: httpx.AsyncClient) -> None:
    rows = (await api.get("/v1/api/numbers")).json()["data"]

    assert rows[0] == {"number": None, "name": "ATELIERNORD", "country": "FR", "is_shared_number": True}
    assert [row["country"] for row in rows[1:]] == ["FR", "FR", "US"]
