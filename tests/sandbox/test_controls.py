"""The controls do what they say, say what is wrong, and do not answer pages in a browser."""

from typing import Any

import httpx
import pytest

from withallo_sandbox import CLAIRE, LYON, MARIE, NEW_YORK, PARIS, SARAH, Sandbox

pytestmark = pytest.mark.anyio


async def test_text_arrives_with_nothing_but_words(api: httpx.AsyncClient) -> None:
    made = (await api.post("/_sandbox/inbound-sms", json={"content": "Salut"})).json()["data"]
    item = (await api.get(f"/v2/api/conversations/items/{made['id']}")).json()["data"]

    assert (made["from_number"], made["to_number"]) == (MARIE.numbers[0], LYON.number)
    assert (item["content"], item["direction"], item["contacts"][0]["name"]) == ("Salut", "INBOUND", "Marie Dupont")


async def test_american_text_arrives_in_new_york_and_is_unread(api: httpx.AsyncClient) -> None:
    made = await api.post("/_sandbox/inbound-sms", json={"content": "Hi", "from_number": SARAH.numbers[0]})
    unread = await api.post("/v2/api/conversations/items/search", json={"unread": True, "size": 1})

    assert made.json()["data"]["to_number"] == NEW_YORK.number
    assert unread.json()["data"][0]["id"] == made.json()["data"]["id"]


async def test_call_arrives_and_is_the_newest_of_its_line(api: httpx.AsyncClient) -> None:
    body = {
        "from_number": CLAIRE.numbers[0],
        "duration_seconds": 120,
        "summary": "Asked for a price.",
        "transcript": [{"source": "EXTERNAL", "text": "Bonjour"}, {"source": "USER", "text": "Bonjour Claire"}],
    }
    made = (await api.post("/_sandbox/inbound-call", json=body)).json()["data"]
    calls = (await api.get("/v1/api/calls", params={"allo_number": PARIS.number})).json()["data"]["results"]

    call = next(call for call in calls if call["id"] == made["id"])
    assert (call["length_in_minutes"], call["summary"]) == (2.0, "Asked for a price.")
    assert [row["text"] for row in call["transcript"]] == ["Bonjour", "Bonjour Claire"]
    assert call["transcript"][1]["end_seconds"] == 120


async def test_sent_lists_each_delivery(api: httpx.AsyncClient) -> None:
    body = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Twice"}
    for _ in range(2):
        await api.post("/v1/api/sms", json=body)

    sent = (await api.get("/_sandbox/sent")).json()["data"]

    assert [(text["content"], text["to_number"], text["from_number"]) for text in sent] == [
        ("Twice", SARAH.numbers[0], NEW_YORK.number)
    ] * 2


async def test_clock_moves_by_seconds_and_to_a_moment(api: httpx.AsyncClient) -> None:
    by = await api.post("/_sandbox/clock", json={"advance_seconds": 3600})
    to = await api.post("/_sandbox/clock", json={"now": "2027-01-01T00:00:00+01:00"})

    assert by.json()["data"]["now"].startswith("2026-03-02T17:30")
    assert to.json() == {"data": {"now": "2026-12-31T23:00:00Z"}}


async def test_reset_brings_the_beginning_back(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    before = len(sandbox.account.timeline)
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/faults", json={"path": "/v2/*", "kind": "500", "times": 9})
    await api.post("/_sandbox/inbound-sms", json={"content": "Salut"})

    assert (await api.post("/_sandbox/reset", json={})).status_code == 200

    assert len(sandbox.account.timeline) == before
    assert (await api.get("/v2/api/webhooks")).json() == {"data": []}
    assert (await api.get("/_sandbox/deliveries")).json() == {"data": []}


async def test_variants_are_set_over_http(api: httpx.AsyncClient) -> None:
    await api.post("/_sandbox/variants", json={"enums": "peer"})

    assert (await api.post("/v2/api/conversations/items/search", json={"type": "SMS"})).status_code == 400
    assert (await api.post("/v2/api/conversations/items/search", json={"type": "TEXT_MESSAGE"})).status_code == 200


WRONG: list[tuple[str, Any, str]] = [
    ("inbound-sms", {}, "content"),
    ("inbound-sms", {"content": 5}, "content"),
    ("inbound-sms", {"content": "x", "text": "y"}, "Known members: content"),
    ("inbound-sms", {"content": "x", "to_number": PARIS.number}, LYON.number),
    ("inbound-sms", {"content": "x", "from_number": "0612345678"}, "E.164"),
    ("inbound-sms", [], "body"),
    ("inbound-call", {"result": "BUSY"}, "result"),
    ("inbound-call", {"duration_seconds": -1}, "duration_seconds"),
    ("inbound-call", {"transcript": [{"source": "ME", "text": "x"}]}, "transcript.0.source"),
    ("faults", {"path": "/v1/api/sms"}, "kind"),
    ("faults", {"path": "/v1/api/sms", "kind": "explode"}, "cut-after"),
    ("faults", {"path": "v1", "kind": "500"}, "path"),
    ("faults", {"path": "/", "kind": "500", "times": 0}, "times"),
    ("clock", {}, "advance_seconds or now"),
    ("clock", {"advance_seconds": 1, "now": "2027-01-01T00:00:00Z"}, "advance_seconds or now"),
    ("clock", {"advance_seconds": 1e300}, "advance_seconds"),
    ("clock", {"now": "2027-01-01T00:00:00"}, "now"),
    ("clock", {"now": "9999-01-01T00:00:00Z"}, "now"),
    ("replay", {"id": "msg"}, "webhook_id"),
    ("variants", {"enums": "mine"}, "enums"),
    ("reset", {"everything": True}, "everything"),
]


@pytest.mark.parametrize(("control", "body", "told"), WRONG)
async def test_wrong_body_is_a_400_that_says_what_is_wrong(
    api: httpx.AsyncClient, control: str, body: Any, told: str
) -> None:
    answer = await api.post(f"/_sandbox/{control}", json=body)

    assert answer.status_code == 400
    assert told in answer.json()["error"]["message"]


async def test_clock_cannot_be_pushed_out_of_the_calendar(api: httpx.AsyncClient) -> None:
    statuses = [
        (await api.post("/_sandbox/clock", json={"advance_seconds": 315_360_000})).status_code for _ in range(9)
    ]

    assert statuses[0] == 200
    assert statuses[-1] == 400


CONTROLS = ["inbound-sms", "inbound-call", "faults", "clock", "replay", "variants", "reset"]


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_forms_of_a_page_are_refused(api: httpx.AsyncClient, control: str, content_type: str) -> None:
    answer = await api.post(f"/_sandbox/{control}", content=b"{}", headers={"content-type": content_type})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "header", [("origin", "http://localhost:3000"), ("origin", "null"), ("sec-fetch-site", "same-origin")]
)
@pytest.mark.parametrize("control", ["sent", "deliveries", "reset"])
async def test_requests_a_page_made_are_refused(api: httpx.AsyncClient, control: str, header: tuple[str, str]) -> None:
    headers = dict([header])
    path = f"/_sandbox/{control}"

    answer = await (api.post(path, json={}, headers=headers) if control == "reset" else api.get(path, headers=headers))

    assert answer.status_code == 403


async def test_controls_need_no_key(sandbox: Sandbox) -> None:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        assert (await client.get("/_sandbox/sent")).json() == {"data": []}
