"""Who may text whom, from where."""

from typing import Any

import httpx
import pytest

from withallo_sandbox import LYON, MARIE, NEW_YORK, PARIS, PENDING_SENDER_ID, SARAH, SENDER_ID, Sandbox

pytestmark = pytest.mark.anyio


async def test_line_texts_its_own_country_and_the_text_is_in_the_conversation(
    api: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    body = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "On our way"}
    sent = (await api.post("/v1/api/sms", json=body)).json()["data"]
    conversation = await api.get(f"/v1/api/contact/{SARAH.contact_id}/conversation")

    assert (sent["from_number"], sent["sender_id"], sent["type"]) == (NEW_YORK.number, None, "OUTBOUND")
    assert conversation.json()["data"]["results"][0]["message"] == sent
    assert [message.content for message in sandbox.sent] == ["On our way"]


async def test_sender_id_texts_a_french_mobile(api: httpx.AsyncClient) -> None:
    body = {"sender_id": SENDER_ID.name, "to": MARIE.numbers[0], "message": "Bonjour"}

    sent = (await api.post("/v1/api/sms", json=body)).json()["data"]

    assert (sent["from_number"], sent["sender_id"]) == (None, SENDER_ID.name)


US, FR = SARAH.numbers[0], MARIE.numbers[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"from": "+12125550199", "to": US, "message": "x"}, "FROM_NUMBER_NOT_FOUND"),
        ({"from": NEW_YORK.number, "to": "+1212", "message": "x"}, "INVALID_TO_NUMBER"),
        ({"from": NEW_YORK.number, "to": "(212) 555-0133", "message": "x"}, "INVALID_TO_NUMBER"),
        ({"from": NEW_YORK.number, "to": FR, "message": "x"}, "TO_NUMBER_COUNTRY_MISMATCH"),
        ({"from": NEW_YORK.number, "to": "+14165550123", "message": "x"}, "TO_NUMBER_COUNTRY_MISMATCH"),
        ({"from": LYON.number, "to": FR, "message": "x"}, "PROVIDER_NOT_SUPPORTED"),
        ({"from": PARIS.number, "to": FR, "message": "x"}, "PROVIDER_NOT_SUPPORTED"),
        ({"from": NEW_YORK.number, "to": US, "message": ""}, "INVALID_LENGTH"),
        ({"from": NEW_YORK.number, "to": US, "message": "x" * 1001}, "INVALID_LENGTH"),
        ({"sender_id": "NOBODY", "to": FR, "message": "x"}, "INVALID_SENDER_ID"),
        ({"sender_id": PENDING_SENDER_ID.name, "to": FR, "message": "x"}, "SENDER_ID_NOT_ACTIVE"),
        ({"sender_id": SENDER_ID.name, "to": US, "message": "x"}, "TO_NUMBER_COUNTRY_MISMATCH"),
        ({"sender_id": SENDER_ID.name, "to": "+33199000555", "message": "x"}, "INVALID_TO_NUMBER"),
        ({"from": NEW_YORK.number, "sender_id": SENDER_ID.name, "to": US, "message": "x"}, "INVALID_REQUEST_BODY"),
        ({"to": US, "message": "x"}, "INVALID_REQUEST_BODY"),
        ({"from": NEW_YORK.number, "to": US, "content": "x"}, "INVALID_REQUEST_BODY"),
        ({"from": 12125550100, "to": US, "message": "x"}, "INVALID_REQUEST_BODY"),
    ],
)
async def test_text_that_breaks_a_rule_is_refused_and_not_sent(
    api: httpx.AsyncClient, sandbox: Sandbox, body: dict[str, Any], code: str
) -> None:
    answer = await api.post("/v1/api/sms", json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert sandbox.sent == []


async def test_longest_message_is_taken(api: httpx.AsyncClient) -> None:
    body = {"from": NEW_YORK.number, "to": US, "message": "é" * 1000}

    assert (await api.post("/v1/api/sms", json=body)).status_code == 200
