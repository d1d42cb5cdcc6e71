"""Deliveries: what is proven is stored before the answer, what is not leaves no trace."""

import json
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from withallo_server.database import Database
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.receiver import MOST_BYTES, Endpoint, Receiver, receiver_app
from withallo_server.inbox.store import Store
from withallo_tools.services import EventQuery, InboxEvent

pytestmark = pytest.mark.anyio

Sign = Callable[..., dict[str, str]]
PATH = "/webhooks/allo/a-secret-path-token"
TEXT = b'{"topic": "sms.received", "version": "2.0", "data": {"id": "msg_9", "from_number": "+33612345678"}}'


class Door:
    """The receiver as Allo sees it, and what came of it."""

    def __init__(self, store: Store, secrets: list[SecretStr]) -> None:
        self.secrets = secrets
        self.own_lines: Collection[str] | None = ["+33644000000"]
        self.inbox = AccountInbox(store, "default")
        endpoint = Endpoint(SecretStr("a-secret-path-token"), "default", self._secrets, self._lines)
        app = receiver_app(Receiver([endpoint], store.add))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver")

    async def _secrets(self) -> list[SecretStr]:
        return self.secrets

    async def _lines(self) -> Collection[str] | None:
        return self.own_lines

    async def post(self, body: Any, headers: dict[str, str] | None = None, path: str = PATH) -> int:
        response = await self.http.post(path, content=body, headers=headers or {})
        assert response.content in (b"", b"Not Found", b"Method Not Allowed")
        return response.status_code

    async def stored(self) -> tuple[InboxEvent, ...]:
        return (await self.inbox.list(EventQuery(limit=1000))).events


@pytest.fixture
async def door(store: Store, secret: SecretStr) -> AsyncIterator[Door]:
    door = Door(store, [secret])
    async with door.http:
        yield door


async def test_a_signed_event_is_stored_once(door: Door, sign: Sign) -> None:
    assert await door.post(TEXT, sign(TEXT)) == 200
    assert await door.post(TEXT, sign(TEXT)) == 200
    (event,) = await door.stored()
    assert (event.event_id, event.topic, event.verified, event.source) == ("msg_1", "sms.received", True, "webhook")


@pytest.mark.parametrize(
    "body",
    [
        b'{"topic": "moon.landed", "version": "9", "data": {"crew": ["\\ud800", "\\u0000"]}}',
        b'["a", "list"]',
        b'"a word"',
        b"{}",
        b'{"topic": 7, "data": null}',
    ],
)
async def test_json_that_is_not_what_we_know_is_kept_as_it_is(door: Door, sign: Sign, body: bytes) -> None:
    assert await door.post(body, sign(body)) == 200
    (event,) = await door.stored()
    value = json.loads(body)
    assert event.data == (value.get("data") or value if isinstance(value, dict) else {"body": value})


async def test_every_configured_secret_opens_during_rotation(door: Door, sign: Sign) -> None:
    retired = door.secrets[0]
    door.secrets = [SecretStr("whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw=="), retired]
    fresh = Webhook(door.secrets[0].get_secret_value())
    headers = sign(TEXT, "msg_new")
    headers["webhook-signature"] = fresh.sign("msg_new", datetime.now(UTC), TEXT.decode())
    assert await door.post(TEXT, sign(TEXT, "msg_old")) == 200
    assert await door.post(TEXT, headers) == 200
    door.secrets = door.secrets[:1]
    assert await door.post(TEXT, sign(TEXT, "msg_retired")) == 400


async def test_several_signatures_pass_when_one_is_good(door: Door, sign: Sign) -> None:
    headers = sign(TEXT)
    headers["webhook-signature"] = f"v1,bm90aGluZw== v2,x {headers['webhook-signature']}"
    assert await door.post(TEXT, headers) == 200


@pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (290, 200), (-310, 400), (310, 400)])
async def test_the_clock_may_differ_by_five_minutes_either_way(
    door: Door, sign: Sign, seconds: int, status: int
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    assert await door.post(TEXT, sign(TEXT, at=at)) == status
    assert len(await door.stored()) == (status == 200)


async def test_forged_deliveries_leave_nothing(door: Door, sign: Sign) -> None:
    good = sign(TEXT)
    assert await door.post(TEXT.replace(b"9", b"8"), good) == 400
    assert await door.post(TEXT, {**good, "webhook-id": "msg_2"}) == 400
    assert await door.post(TEXT, {**good, "webhook-timestamp": "soon"}) == 400
    assert await door.post(TEXT, {**good, "webhook-signature": "v1,"}) == 400
    assert await door.post(TEXT, {name: good[name] for name in ("webhook-id", "webhook-timestamp")}) == 400
    assert await door.post(TEXT) == 400
    assert await door.post(b"<html>", sign(b"<html>")) == 400
    assert await door.stored() == ()


async def test_strangers_learn_nothing(door: Door, sign: Sign) -> None:
    assert await door.post(TEXT, sign(TEXT), path="/webhooks/allo/another-token") == 404
    assert await door.post(TEXT, sign(TEXT), path="/webhooks/allo/") == 404
    assert (await door.http.get(PATH)).status_code == 405
    assert (await door.http.get("/webhooks/allo/another-token")).status_code == 405
    assert await door.stored() == ()


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(door: Door, sign: Sign) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MOST_BYTES:
            sent += 65536
            yield b" " * 65536

    assert await door.post(endless()) == 413
    assert sent <= 2 * MOST_BYTES
    assert await door.post(b"1", {"content-length": "104857600"}) == 413
    largest = b'{"topic":"big","data":{"x":"' + b"x" * (MOST_BYTES - 31) + b'"}}'
    assert len(largest) == MOST_BYTES
    assert await door.post(largest, sign(largest)) == 200
    assert [event.topic for event in await door.stored()] == ["big"]


def v1(topic: str = "SMS_RECEIVED", **data: Any) -> bytes:
    return json.dumps({"topic": topic, "data": data}).encode()


@pytest.mark.parametrize(
    ("body", "topic", "contact"),
    [
        (v1(from_number="+33612345678", to_number="+33644000000", direction="INBOUND"), "sms.received", "+33612345678"),
        (v1(from_number="+33644000000", to_number="+33612345678", direction="OUTBOUND"), "sms.sent", "+33612345678"),
        (v1("CALL_RECEIVED", fromNumber="+33612345678", to="+33 6 44 00 00 00"), "call.completed", "+33612345678"),
        (v1("CALL_RECEIVED", fromNumber="+33644000000", to="+33612345678"), "call.completed", "+33612345678"),
        (v1("CONTACT_CREATED", id="cnt_1", numbers=["+33612345678"]), "contact.created", "+33612345678"),
    ],
)
async def test_an_unsigned_v1_body_for_our_line_is_stored_unverified(
    door: Door, body: bytes, topic: str, contact: str
) -> None:
    assert await door.post(body) == 200
    assert await door.post(body) == 200
    (event,) = await door.stored()
    assert (event.topic, event.contact_number, event.verified) == (topic, contact, False)


async def test_an_unsigned_v1_body_for_another_line_is_refused(door: Door) -> None:
    assert await door.post(v1(from_number="+33612345678", to_number="+33600000000")) == 400
    assert await door.post(v1("SOMETHING_ELSE")) == 400
    assert await door.stored() == ()


async def test_an_unsigned_body_waits_until_our_lines_are_known(door: Door) -> None:
    door.own_lines = None
    assert await door.post(v1(from_number="+33612345678", to_number="+33644000000")) == 503
    assert await door.stored() == ()


async def test_without_a_secret_signed_deliveries_are_kept_as_unverified(door: Door, sign: Sign) -> None:
    door.secrets = []
    assert await door.post(TEXT, sign(TEXT)) == 200
    assert [event.verified for event in await door.stored()] == [False]


async def test_a_store_that_fails_answers_5xx_and_loses_nothing(door: Door, database: Database, sign: Sign) -> None:
    await door.post(TEXT, sign(TEXT, "msg_before"))
    rename = "ALTER TABLE {} RENAME TO {}"
    await database.write(lambda connection: connection.exec_driver_sql(rename.format("events", "away")))
    assert await door.post(TEXT, sign(TEXT, "msg_during")) == 503
    await database.write(lambda connection: connection.exec_driver_sql(rename.format("away", "events")))
    assert await door.post(TEXT, sign(TEXT, "msg_during")) == 200
    assert await door.inbox.get("msg_during") is not None
