"""Events are signed, sent, and sent again on Allo's schedule."""

from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from withallo_sandbox import LYON, MARIE, NEW_YORK, SARAH, Sandbox
from withallo_sandbox.webhooks import RETRIES, is_this_machine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Receiver

pytestmark = pytest.mark.anyio


async def settled(sandbox: Sandbox, attempts: int = 1) -> dict[str, Any]:
    """The newest delivery, once so many attempts are recorded."""
    with anyio.fail_after(5):
        while len(sandbox.state.sender.deliveries[-1].attempts) < attempts:
            await anyio.lowlevel.checkpoint()
    return sandbox.state.sender.deliveries[-1].as_json()


async def test_text_reaches_the_endpoint_signed(api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver") -> None:
    secret = sandbox.register_endpoint("https://receiver/hook", ["sms.received"])

    await api.post("/_sandbox/inbound-sms", json={"content": "Ça marche ?"})
    [event] = await receiver.events(1)

    headers, body = receiver.got[0]
    assert Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    assert (event["topic"], event["version"]) == ("sms.received", "2.0")
    assert event["data"]["content"] == "Ça marche ?"
    assert event["data"]["from_number"] == MARIE.numbers[0]
    assert event["data"]["from_name"] == "Marie Dupont"
    assert event["data"]["id"].startswith("msg_")


async def test_failure_is_tried_again_on_the_schedule_under_the_same_id(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    receiver.status = 503
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)

    for place, pause in enumerate(RETRIES, start=2):
        await settled(sandbox, place - 1)
        sandbox.clock.advance(pause.total_seconds() - 2)
        assert len(receiver.got) == place - 1
        sandbox.clock.advance(2)
        await receiver.events(place)
    delivery = await settled(sandbox, 8)

    assert [pause.total_seconds() for pause in RETRIES] == [5, 300, 1800, 7200, 18000, 36000, 36000]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len({body for _, body in receiver.got}) == 1
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 8)


async def test_first_2xx_ends_the_retries(api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver") -> None:
    receiver.status = 404
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)
    await settled(sandbox)

    receiver.status = 299
    sandbox.clock.advance(5)
    await receiver.events(2)
    delivery = await settled(sandbox, 2)

    assert delivery["state"] == "delivered"
    assert [attempt["status"] for attempt in delivery["attempts"]] == [404, 299]
    assert delivery["next_attempt_at"] is None


async def test_no_answer_within_20_seconds_is_a_failure(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    receiver.hangs = True
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)

    sandbox.clock.advance(20)
    delivery = await settled(sandbox)

    assert delivery["attempts"][0]["error"] == "no answer within 20 seconds"
    assert delivery["next_attempt_at"]


async def test_receiver_that_breaks_is_a_failure_and_not_ours(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    receiver.fails = True
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)

    assert (await settled(sandbox))["attempts"][0]["error"] == "RuntimeError"


async def test_replay_keeps_the_webhook_id(api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver") -> None:
    secret = sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)
    webhook_id = receiver.got[0][0]["webhook-id"]

    answer = await api.post("/_sandbox/replay", json={"webhook_id": webhook_id})
    await receiver.events(2)

    assert answer.json() == {"data": {"replayed": 1}}
    assert receiver.got[1][0]["webhook-id"] == webhook_id
    assert Webhook(secret).verify(receiver.got[1][1], receiver.got[1][0])
    assert (await api.post("/_sandbox/replay", json={"webhook_id": "msg_other"})).json() == {"data": {"replayed": 0}}


async def test_writes_through_the_api_are_events(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/v1/api/sms", json={"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hi"})
    await api.post("/v1/api/contacts", json={"numbers": ["+33600000777"], "name": "Ada"})
    await api.put(f"/v2/api/crm/people/{SARAH.person_id}", json={"name": "Sara"})

    events = {event["topic"]: event["data"] for event in await receiver.events(3)}

    assert events["sms.sent"]["to_name"] == "Sarah Whitfield"
    assert events["contact.created"]["numbers"] == ["+33600000777"]
    assert events["contact.updated"]["name"] == "Sara"
    assert {events[topic]["id"][:4] for topic in ("contact.created", "contact.updated")} == {"con_"}


async def test_late_and_lost_events_leave_only_the_record(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook", ["sms.received"])
    lost = await api.post("/_sandbox/inbound-sms", json={"content": "lost", "emit": "never"})
    late = await api.post("/_sandbox/inbound-sms", json={"content": "late", "delay_seconds": 660})
    for answer in (lost, late):
        assert (await api.get(f"/v2/api/conversations/items/{answer.json()['data']['id']}")).status_code == 200

    sandbox.clock.advance(660)

    assert [event["data"]["content"] for event in await receiver.events(1)] == ["late"]


async def test_v1_webhook_gets_its_line_unsigned_once_and_in_its_dialect(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    receiver.status = 500
    body = {"allo_number": LYON.number, "url": "https://receiver/v1", "topics": ["SMS_RECEIVED", "CALL_RECEIVED"]}
    await api.post("/v1/api/webhooks", json=body)
    await api.post("/_sandbox/inbound-sms", json={"content": "elsewhere", "to_number": NEW_YORK.number})
    await api.post("/_sandbox/inbound-sms", json={"content": "here", "to_number": LYON.number})
    await api.post("/_sandbox/inbound-call", json={"to_number": LYON.number, "result": "MISSED"})

    text, call = await receiver.events(2)
    sandbox.clock.advance(40_000)
    delivery = await settled(sandbox)

    assert (text["topic"], text["data"]["content"]) == ("SMS_RECEIVED", "here")
    assert "version" not in text
    assert (call["topic"], call["data"]["result"]) == ("CALL_RECEIVED", "VOICEMAIL")
    assert len(call["data"]["start_date"]) == len("2026-03-02T09:15:00")
    assert not [name for name in receiver.got[0][0] if name.startswith("webhook-")]
    assert (delivery["state"], len(delivery["attempts"])) == ("failed", 1)


async def test_topics_and_switch_of_an_endpoint_are_respected(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/calls", ["call.completed"])
    off = (await api.post("/v2/api/webhooks", json={"url": "https://receiver/off", "topics": ["sms.received"]})).json()
    await api.put(f"/v2/api/webhooks/{off['data']['id']}", json={"enabled": False})

    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})

    assert (await api.get("/_sandbox/deliveries")).json() == {"data": []}


async def test_deleted_endpoint_gets_nothing_more(
    api: httpx.AsyncClient, sandbox: Sandbox, receiver: "Receiver"
) -> None:
    receiver.status = 500
    made = (await api.post("/v2/api/webhooks", json={"url": "https://receiver/x", "topics": ["sms.received"]})).json()
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    await receiver.events(1)
    await settled(sandbox)

    await api.delete(f"/v2/api/webhooks/{made['data']['id']}")
    sandbox.clock.advance(5)

    assert len(receiver.got) == 1
    assert (await api.get("/_sandbox/deliveries")).json() == {"data": []}


async def test_events_wait_until_the_sandbox_runs(
    api: httpx.AsyncClient, sandbox: Sandbox, silent_receiver: "Receiver"
) -> None:
    sandbox.register_endpoint("https://receiver/hook")
    await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
    assert silent_receiver.got == []

    async with sandbox.running():
        assert len(await silent_receiver.events(1)) == 1


async def test_nothing_leaves_this_machine(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.register_endpoint("https://example.com/hook")
    async with sandbox.running():
        await api.post("/_sandbox/inbound-sms", json={"content": "Bonjour"})
        delivery = await settled(sandbox)

    assert delivery["attempts"][0]["error"] == "the sandbox delivers to this machine only"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8787/x", True),
        ("http://localhost/x", True),
        ("http://[::1]/x", True),
        ("https://example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
        ("http://[", False),
    ],
)
def test_this_machine_is_the_loopback_interface(url: str, local: bool) -> None:
    assert is_this_machine(url) is local
