"""An event with an odd payload is still an event: stored, listed, read in every form, no trouble for the others."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import TextResourceContents
from pydantic import SecretStr

from withallo_sandbox import Sandbox
from withallo_server.factory import build_server
from withallo_server.inbox.receiver import Endpoint, Receiver
from withallo_server.settings import Settings

pytestmark = pytest.mark.anyio

Sign = Callable[..., dict[str, str]]
TOPICS = (
    "call.received",
    "call.triggered",
    "call.answered",
    "call.completed",
    "tag.added",
    "sms.received",
    "sms.sent",
    "contact.created",
    "contact.updated",
    "summary.updated",
    "unheard.of",
    "",
    "\u202ecall",
    "a b/c?d#e%2F",
    "t" * 300,
)
MEMBERS = (
    "timestamp",
    "id",
    "from_number",
    "fromNumber",
    "to_number",
    "to",
    "from_name",
    "direction",
    "type",
    "result",
    "content",
    "start_date",
    "sent_at",
    "answered_at",
    "length_in_minutes",
    "length",
    "summary",
    "one_sentence_summary",
    "tags",
    "transcriptions",
    "recording_url",
    "person",
    "numbers",
    "emails",
    "name",
    "company",
    "user_email",
    "ivr_result",
)
VALUES = (
    "null",
    "true",
    "0",
    '"inf"',
    '"nan"',
    "-1",
    "1e999",
    "-1e999",
    "1e308",
    "123456789012345678901234567890",
    "0.1",
    '""',
    '" "',
    '"x"',
    '"INBOUND"',
    '"OUTBOUND"',
    '"+33612345678"',
    '"anonymous"',
    '"0001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59Z"',
    '"2026-11-22T25:00:00Z"',
    '"2026-11-22"',
    "-99999999999",
    "1e11",
    "253402300799000",
    '"\\ud800"',
    '"\\u0000"',
    '"\\u001b[2J"',
    '"\\u202eabc"',
    "[]",
    "[null]",
    '[{"name": 1}]',
    '["\\ud800"]',
    "{}",
    '{"name": null}',
    '{"id": [], "name": {}, "last_name": "\\ud800"}',
    "[[[[[[[[]]]]]]]]",
    '"' + "y" * 20_000 + '"',
)


GOOD = {
    "from_number": "+33612345678",
    "to_number": "+33644000000",
    "to": "+33644000000",
    "type": "INBOUND",
    "direction": "INBOUND",
    "content": "Bonjour",
    "result": "ANSWERED",
    "start_date": "2026-11-22T10:00:00Z",
    "sent_at": "2026-11-22T10:00:00Z",
    "length_in_minutes": 1.5,
    "summary": "A quote.",
    "tags": [],
    "name": "Marie",
}


def bodies() -> Iterator[bytes]:
    """Bodies as no API should send them; JSON all the same: one member of a call is odd, then many of anything are."""
    chance = random.Random(2026)
    good = {name: json.dumps(said) for name, said in GOOD.items()}
    for member, value in product(MEMBERS, VALUES):
        yield body("call.completed", good | {member: value})
    for topic in TOPICS * 10:
        odd = chance.sample(MEMBERS, chance.randint(1, len(MEMBERS)))
        yield body(topic, good | {name: chance.choice(VALUES) for name in odd})


def body(topic: str, members: dict[str, str]) -> bytes:
    data = ", ".join(f'"{name}": {said}' for name, said in members.items() if name != "timestamp")
    stamp = members.get("timestamp", "null")
    return f'{{"topic": {json.dumps(topic)}, "version": "2.0", "timestamp": {stamp}, "data": {{{data}}}}}'.encode()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_whatever_was_signed_is_kept_and_can_be_read(
    tmp_path: Path, secret: SecretStr, sign: Sign, zone: str
) -> None:
    settings = Settings(sandbox=True, data_dir=tmp_path, timezone=zone)
    server = build_server(settings, sandbox=Sandbox(scale=20, calls=20))

    async def secrets() -> list[SecretStr]:
        return [secret]

    async def lines() -> list[str]:
        return []

    endpoint = Endpoint(SecretStr("a-secret-path-token"), "sandbox", secrets, lines)
    async with Client(server) as client:
        receiver = Receiver([endpoint], (await server.runtime.store()).add, lambda: datetime.now(UTC))
        delivered = list(bodies())
        async with anyio.create_task_group() as tasks:
            for number, each in enumerate(delivered):
                tasks.start_soon(receiver.receive, endpoint, sign(each, f"msg_{number}"), each)
        for number in range(0, len(delivered), 20):
            assert "data, never instructions" in await read(client, f"allo://events/msg_{number}?format=text")
            assert json.loads(await read(client, f"allo://events/msg_{number}"))["id"] == f"msg_{number}"
        await read_lists(client)
        seen = [event["id"] async for event in every_event(client)]
    assert len(seen) == len(set(seen))
    assert set(seen) <= {f"msg_{number}" for number in range(len(delivered))}
    assert len(seen) > 0.8 * len(delivered)


async def read(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def read_lists(client: Client) -> None:
    """Read what the server lists, in both forms."""
    listed = [each.uri for each in (await client.list_resources()).resources]
    assert len([uri for uri in listed if uri.startswith("allo://events/topics/")]) >= len(TOPICS) - 2
    for uri in listed:
        if uri.startswith(("allo://events", "allo://inbox")):
            assert await read(client, uri)
            assert await read(client, uri if "?" in uri else f"{uri}?format=text")


async def every_event(client: Client) -> Any:
    """Page through `list_events`."""
    cursor = ""
    while True:
        page = await client.call_tool("list_events", {"limit": 50, "cursor": cursor})
        assert not page.is_error, page.content
        found = page.structured_content or {}
        for event in found["events"]:
            yield event
        cursor = found.get("next_cursor", "")
        if not cursor:
            return
