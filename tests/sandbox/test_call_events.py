"""A call that comes in tells of itself: ringing, answered, completed."""

from typing import TYPE_CHECKING

import httpx
import pytest

from withallo_sandbox import NEW_YORK, SARAH, Sandbox

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver

pytestmark = pytest.mark.anyio


async def test_call_rings_is_answered_and_completed(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook")
    turns = [{"source": "USER", "text": "Hello"}, {"source": "EXTERNAL", "text": "It's Sarah"}]
    body = {"from_number": SARAH.numbers[0], "duration_seconds": 60, "transcript": turns, "summary": "Short. Talk."}

    call_id = (await api.post("/_sandbox/inbound-call", json=body)).json()["data"]["id"]
    events = {event["topic"]: event["data"] for event in await receiver.events(3)}
    item = (await api.get(f"/v2/api/conversations/items/{call_id}")).json()["data"]

    ringing, answered, completed = (events[f"call.{name}"] for name in ("received", "answered", "completed"))
    assert not {"id"} & (ringing.keys() | answered.keys())
    assert ringing["person"]["last_name"] == "Whitfield"
    assert ringing["started_at"] == answered["started_at"] == completed["start_date"] == item["date"]
    assert completed["id"] == call_id.replace("-", "_")
    assert (completed["to"], completed["length"], completed["length_in_minutes"]) == (NEW_YORK.number, "1m 0s", 1.0)
    assert completed["concatenated_transcript"] == "USER: Hello\nEXTERNAL: It's Sarah"
    assert completed["one_sentence_summary"] == "Short"


async def test_stranger_has_no_person_and_no_answer_where_nobody_picked_up(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook")

    await api.post("/_sandbox/inbound-call", json={"from_number": "anonymous", "result": "MISSED"})
    events = {event["topic"]: event["data"] for event in await receiver.events(2)}

    assert set(events) == {"call.received", "call.completed"}
    assert "person" not in events["call.received"]
    assert events["call.received"]["deals"] is None


async def test_call_on_time_lets_each_event_go_when_the_clock_gets_there(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook")
    body = {"emit": "on-time", "ring_seconds": 10, "duration_seconds": 60, "delay_seconds": 30}

    call_id = (await api.post("/_sandbox/inbound-call", json=body)).json()["data"]["id"]
    path = f"/v2/api/conversations/items/{call_id}"
    topics = []
    for place, pause in enumerate((0, 10, 90), start=1):
        assert (await api.get(path)).status_code == 404
        sandbox.clock.advance(pause)
        topics = [event["topic"] for event in await receiver.events(place)]

    assert topics == ["call.received", "call.answered", "call.completed"]
    assert (await api.get(path)).status_code == 200
