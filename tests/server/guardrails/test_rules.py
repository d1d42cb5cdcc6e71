"""The operator's rules hold whatever a client asks for, and after a restart."""

from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
from mcp.types import ElicitResult

from withallo_sandbox.incoming import InboundSms, text_arrives
from withallo_server.guardrails.special_numbers import why_special

TOKEN = "a-token-of-this-test-0001"
SARAH, SIOBHAN, STRANGER = "+12125550133", "+14155550136", "+12125550999"


async def yes(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True})


@pytest.fixture
def approving(world: Any) -> Any:
    """The world with a human who says yes to everything, so that only rules can stop a text."""
    world.settings["consent"] = "ask"
    return world


async def send(client: Any, to: str = SARAH, message: str = "Hello") -> Any:
    return await client.call_tool("send_sms", {"to": to, "message": message})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("rules", "passes", "stopped"),
    [
        ({"recipients_allow": "+1 212 555 0133"}, SARAH, SIOBHAN),
        ({"recipients_allow": "+1212*"}, SARAH, SIOBHAN),
        ({"recipients_allow": "contacts"}, SARAH, STRANGER),
        ({"recipients_block": "+1415*"}, SARAH, SIOBHAN),
        ({"recipients_allow": "+1*", "recipients_block": "+14155550136"}, SARAH, SIOBHAN),
    ],
    ids=["number", "prefix", "contacts", "blocked prefix", "block wins"],
)
async def test_lists(approving: Any, words: Any, rules: Any, passes: str, stopped: str) -> None:
    async with approving.client(asks=yes, **rules) as client:
        assert not (await send(client, passes)).is_error
        refused = await send(client, stopped)
        assert refused.is_error
        assert "rule of this server's operator" in words(refused)
    assert [to for to, _ in approving.sent] == [passes]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("utc", "allowed"),
    [("2026-03-10T12:30", False), ("2026-03-10T13:00", True), ("2026-03-10T16:00", True), ("2026-03-11T01:30", False)],
)
async def test_quiet_hours_are_those_of_the_recipient(approving: Any, words: Any, utc: str, allowed: bool) -> None:
    """New York is four hours behind UTC then, Paris one ahead: eight in New York is one in the afternoon in Paris."""
    approving.sandbox.clock.set(datetime.fromisoformat(utc).replace(tzinfo=UTC))
    async with approving.client(asks=yes, quiet_hours="21:00-09:00", timezone="Europe/Paris") as client:
        result = await send(client)
        assert result.is_error is not allowed, words(result)
        if not allowed:
            assert "America/New_York" in words(result)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("limit", "more"),
    [("max_per_recipient", (SARAH,)), ("max_per_hour", (SIOBHAN,)), ("max_per_day", (SIOBHAN,))],
)
async def test_caps_survive_a_restart(approving: Any, words: Any, limit: str, more: Any) -> None:
    async with approving.client(asks=yes, **{limit: 2}) as client:
        for text in ("one", "two"):
            assert not (await send(client, message=text)).is_error
    async with approving.client(asks=yes, **{limit: 2}) as client:
        for to in more:
            refused = await send(client, to, "three")
            assert refused.is_error
            assert "limit" in words(refused)
        approving.sandbox.clock.advance(3601 if limit == "max_per_hour" else 86_401)
        assert not (await send(client, message="three")).is_error


@pytest.mark.anyio
async def test_concurrent_sends_do_not_pass_a_cap(approving: Any) -> None:
    async with approving.client(asks=yes, max_per_hour=2) as client, anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(send, client, SARAH, f"text {number}")
    assert len(approving.sent) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("written", ["212 555 0133", "12125550133", "+1 (212) 555-0133"])
async def test_a_stop_counts_however_the_number_was_written(approving: Any, words: Any, written: str) -> None:
    async with approving.client(asks=yes, webhook_token=TOKEN) as client:
        await unsigned_text(approving, client, written, "STOP")
        assert "no more texts" in words(await send(client))
    assert approving.sent == []


async def unsigned_text(world: Any, client: Any, number: str, content: str) -> None:
    await client.call_tool("list_events", {"limit": 1})
    body = {
        "id": f"msg-{content}",
        "direction": "INBOUND",
        "type": "SMS",
        "content": content,
        "sent_at": world.sandbox.clock.now().isoformat(),
        "from_number": number,
        "to_number": "+12125550100",
    }
    door = httpx.AsyncClient(transport=world.sandbox.delivery_transport, base_url="https://x.sandbox.invalid")
    async with door:
        answer = await door.post(f"/webhooks/allo/{TOKEN}", json={"topic": "SMS_RECEIVED", "data": body})
        assert answer.is_success, answer.text


@pytest.mark.anyio
async def test_a_signed_stop_is_lifted_by_a_signed_start_only(approving: Any, words: Any) -> None:
    async with approving.client(asks=yes, webhook_token=TOKEN) as client:
        await text_from(approving, client, SARAH, "STOP")
        approving.sandbox.clock.advance(60)
        await unsigned_text(approving, client, SARAH, "START")
        assert "no more texts" in words(await send(client))
        await text_from(approving, client, SARAH, "START")
        assert not (await send(client)).is_error


@pytest.mark.anyio
async def test_an_unsigned_stop_is_lifted_by_an_unsigned_start(approving: Any, words: Any) -> None:
    """Accounts with the older webhooks alone have no other."""
    async with approving.client(asks=yes, webhook_token=TOKEN) as client:
        await unsigned_text(approving, client, SARAH, "STOP")
        assert "no more texts" in words(await send(client))
        approving.sandbox.clock.advance(60)
        await unsigned_text(approving, client, SARAH, "START")
        assert not (await send(client)).is_error


@pytest.mark.anyio
@pytest.mark.parametrize("limit", ["max_per_recipient", "max_per_hour", "max_per_day"])
async def test_nobody_is_asked_about_a_text_that_a_cap_forbids(world: Any, words: Any, limit: str) -> None:
    asked: list[str] = []

    async def agree(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    async with world.client(asks=agree, **{limit: 1}) as client:
        assert not (await send(client, message="one")).is_error
        for dry_run in (False, True):
            async with world.client(asks=agree, dry_run=dry_run, **{limit: 1}) as another:
                assert "set as the limit" in words(await send(another, message="two"))
    assert len(asked) == 1


@pytest.mark.anyio
async def test_a_stop_that_comes_while_the_human_is_asked_holds(world: Any, words: Any) -> None:
    async def agree(context: Any, params: Any) -> ElicitResult:
        await text_from(world, client, SARAH, "STOP")
        return ElicitResult(action="accept", content={"approve": True})

    for era in ("auto", "legacy"):
        async with world.client(era=era, asks=agree) as client:
            assert "no more texts" in words(await send(client, message=f"hello {era}"))
    assert world.sent == []


async def text_from(world: Any, client: Any, number: str, content: str) -> None:
    before = (await client.call_tool("list_events", {"limit": 1})).structured_content
    text_arrives(world.sandbox.state, InboundSms(from_number=number, to_number="+12125550100", content=content))
    with anyio.fail_after(5):
        while (await client.call_tool("list_events", {"limit": 1})).structured_content == before:  # noqa: ASYNC110  # the webhook takes its way
            await anyio.sleep(0.02)


@pytest.mark.anyio
@pytest.mark.parametrize(("stop", "start"), [("STOP", "START"), ("Arrêtez les SMS svp", "Reprendre")])
async def test_stop_and_start(approving: Any, words: Any, stop: str, start: str) -> None:
    async with approving.client(asks=yes) as client:
        await text_from(approving, client, SARAH, "Stop by at five?")
        assert not (await send(client, message="Sure")).is_error
        await text_from(approving, client, SARAH, stop)
        refused = await send(client, message="One more thing")
        assert "no more texts" in words(refused)
        assert not (await send(client, SIOBHAN)).is_error
    async with approving.client(asks=yes) as client:
        assert (await send(client, message="After a restart")).is_error
        approving.sandbox.clock.advance(60)
        await text_from(approving, client, SARAH, start)
        assert not (await send(client, message="Welcome back")).is_error


@pytest.mark.anyio
async def test_premium_numbers_are_refused_unless_allowed(approving: Any, words: Any) -> None:
    async with approving.client(asks=yes) as client:
        assert "premium-rate number" in words(await send(client, "+19002345678"))
    assert approving.sent == []
    async with approving.client(asks=yes, special_numbers=True) as client:
        assert not (await send(client, "+19002345678")).is_error


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("+33612345678", None),
        ("+14155550136", None),
        ("+33899700000", "premium-rate"),
        ("+33820123456", "shared-cost"),
        ("+881612345678", "satellite or international-service"),
        ("+3336111", "short"),
    ],
)
def test_what_is_special_about_a_number(number: str, kind: str | None) -> None:
    assert why_special(number) == kind
