"""Three outcomes, never two: what the account did is what the server says, and nothing is sent twice."""

import sqlite3
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

from withallo_sandbox import Sandbox
from withallo_sandbox.incoming import InboundSms, text_arrives

LINES = ("+12125550100", "+12125550101")
TO, TEXT = "+12125550133", "The van comes at nine."
CALL = {"to": TO, "message": TEXT}
KEYED = {**CALL, "idempotency_key": "van-1"}


async def state_of(client: Any, key: str = "van-1") -> str:
    return str((await client.call_tool("get_send", {"idempotency_key": key})).structured_content["state"])


@pytest.fixture
def allowed(world: Any) -> Any:
    """The world with an operator who lets every text go."""
    world.settings["consent"] = "allow"
    world.patience = 0.3
    return world


@pytest.mark.anyio
async def test_the_same_key_and_text_get_the_first_answer_again(allowed: Any) -> None:
    async with allowed.client() as client:
        first = await client.call_tool("send_sms", KEYED)
        second = await client.call_tool("send_sms", KEYED)
    assert first.structured_content["state"] == "sent"
    assert second.structured_content["state"] == "replayed"
    assert allowed.sent == [(TO, TEXT)]


@pytest.mark.anyio
@pytest.mark.parametrize("other", [{"message": "Ten, not nine."}, {"to": "+14155550136"}], ids=["text", "recipient"])
async def test_the_same_key_for_something_else_is_refused(allowed: Any, words: Any, other: Any) -> None:
    async with allowed.client() as client:
        await client.call_tool("send_sms", KEYED)
        refused = await client.call_tool("send_sms", {**KEYED, **other})
    assert refused.is_error
    assert "used for something else" in words(refused)
    assert len(allowed.sent) == 1


@pytest.mark.anyio
async def test_a_key_holds_when_another_line_would_be_chosen_for_the_same_call(allowed: Any, words: Any) -> None:
    allowed.sandbox = Sandbox(rate_limits=False, calls=20, scale=20, lines=5)
    async with allowed.client() as client:
        first = await client.call_tool("send_sms", KEYED)
        other = next(number for number in LINES if number not in first.structured_content["sender"])
        allowed.sandbox.clock.advance(5)
        text_arrives(allowed.sandbox.state, InboundSms(from_number=TO, to_number=other, content="Call me there"))
        unkeyed = await client.call_tool("send_sms", {**CALL, "message": "From where?"})
        assert other in unkeyed.structured_content["sender"], "another line is chosen by now"
        second = await client.call_tool("send_sms", KEYED)
        assert second.structured_content["state"] == "replayed", words(second)
        refused = words(await client.call_tool("send_sms", {**KEYED, "sender": other}))
        assert "was used for the same" in refused
        assert "new key" not in refused
    assert allowed.sent == [(TO, TEXT), (TO, "From where?")]


@pytest.mark.anyio
async def test_without_a_key_a_repetition_is_held_back_for_ten_minutes(allowed: Any, words: Any) -> None:
    async with allowed.client() as client:
        await client.call_tool("send_sms", CALL)
        at = f"{allowed.sandbox.sent[0].date.astimezone(allowed_zone()):%H:%M}"
        held = await client.call_tool("send_sms", {**CALL, "message": f"  {TEXT} "})
        assert held.is_error
        assert f"already at {at}" in words(held)
        assert "new idempotency_key" in words(held)
        assert not (await client.call_tool("send_sms", {**CALL, "to": "+14155550136"})).is_error
        assert not (await client.call_tool("send_sms", {**CALL, "idempotency_key": "meant"})).is_error
        allowed.sandbox.clock.advance(601)
        assert not (await client.call_tool("send_sms", CALL)).is_error
    assert len(allowed.sent) == 4


def allowed_zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Paris")


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["cut-after", "hang-after", "500-after", "malformed", "html"])
async def test_a_lost_answer_is_looked_for_and_found(allowed: Any, words: Any, kind: Any) -> None:
    delivered = kind.endswith("-after")
    allowed.fail(kind)
    async with allowed.client() as client:
        result = await client.call_tool("send_sms", KEYED)
        assert result.is_error
        told = words(result)
        assert ("It was sent" in told) if delivered else ("Unknown" in told)
        assert await state_of(client) == ("sent" if delivered else "unknown")
        again = await client.call_tool("send_sms", KEYED)
        assert again.is_error is not delivered
        assert (await client.call_tool("send_sms", CALL)).is_error, "held back: it may be there already"
    assert len(allowed.sent) == int(delivered)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["cut-before", "hang", "500"])
async def test_a_request_that_got_lost_stays_unknown_and_is_not_repeated(allowed: Any, words: Any, kind: Any) -> None:
    allowed.fail(kind)
    async with allowed.client() as client:
        result = await client.call_tool("send_sms", KEYED)
        assert "neither in the conversation nor in the inbox" in words(result)
        assert await state_of(client) == "unknown"
        for _ in range(3):
            assert (await client.call_tool("send_sms", KEYED)).is_error
    assert allowed.sent == []


@pytest.mark.anyio
async def test_a_refusal_is_not_sent_and_the_key_may_be_used_again(allowed: Any) -> None:
    allowed.fail("429")
    async with allowed.client() as client:
        assert (await client.call_tool("send_sms", KEYED)).is_error
        assert await state_of(client) == "not_sent"
        assert not (await client.call_tool("send_sms", KEYED)).is_error
        assert await state_of(client) == "sent"
    assert len(allowed.sent) == 1


@pytest.mark.anyio
async def test_when_the_conversation_cannot_be_read_the_inbox_tells(allowed: Any, words: Any) -> None:
    allowed.fail("cut-after")
    allowed.fail("500", "/v2/api/conversations/items/search", 100)
    async with allowed.client() as client:
        await client.call_tool("send_sms", KEYED)
        state = "unknown"
        for _ in range(50):  # the notice takes the way of every webhook
            state = await state_of(client)
            if state != "unknown":
                break
    assert state == "sent"


@pytest.mark.anyio
async def test_an_earlier_identical_text_does_not_pass_for_a_lost_one(allowed: Any) -> None:
    async with allowed.client() as client:
        await client.call_tool("send_sms", {**KEYED, "idempotency_key": "first"})
        allowed.fail("cut-before")
        await client.call_tool("send_sms", {**KEYED, "idempotency_key": "second"})
        assert await state_of(client, "first") == "sent"
        assert await state_of(client, "second") == "unknown"
    assert len(allowed.sent) == 1


@pytest.mark.anyio
async def test_a_client_that_leaves_during_the_request_does_not_make_it_happen_twice(allowed: Any) -> None:
    allowed.patience = 5.0
    allowed.fail("hang-after")
    async with allowed.client() as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "send_sms", KEYED)
            with anyio.fail_after(20):
                while not allowed.sent:  # noqa: ASYNC110  # the account has no event to wait for
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        assert await state_of(client) == "sent"
        await client.call_tool("send_sms", KEYED)
    assert len(allowed.sent) == 1


@pytest.mark.anyio
async def test_dry_run_does_everything_but_the_request(allowed: Any, words: Any) -> None:
    async with allowed.client(dry_run=True) as client:
        result = await client.call_tool("send_sms", KEYED)
        assert "Dry run" in words(result)
    assert allowed.sent == []
    async with allowed.client() as client:
        assert not (await client.call_tool("send_sms", KEYED)).is_error, "a dry run does not use the key up"
    assert len(allowed.sent) == 1


@pytest.mark.anyio
async def test_an_outcome_that_cannot_be_kept_is_told_and_not_repeated(allowed: Any) -> None:
    async with allowed.client() as client:
        await client.call_tool("send_sms", {**CALL, "message": "Makes the tables"})
        with sqlite3.connect(allowed.folder / "sandbox" / "withallo.sqlite3") as database:
            database.execute("CREATE TRIGGER full BEFORE UPDATE ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        assert (await client.call_tool("send_sms", KEYED)).structured_content["state"] == "sent"
        with sqlite3.connect(allowed.folder / "sandbox" / "withallo.sqlite3") as database:
            database.execute("DROP TRIGGER full")
            database.execute("UPDATE outbox SET lease_until = 0 WHERE state = 'in_flight'")
        assert await state_of(client) == "sent"
        assert not (await client.call_tool("send_sms", KEYED)).is_error
    assert len(allowed.sent) == 2


@pytest.mark.anyio
async def test_words_are_forgotten_after_a_week_and_the_outcome_is_not(allowed: Any) -> None:
    async with allowed.client() as client:
        await client.call_tool("send_sms", KEYED)
        allowed.sandbox.clock.advance(8 * 86_400)
        await client.call_tool("send_sms", {**CALL, "message": "Another text"})
        facts = (await client.call_tool("get_send", {"idempotency_key": "van-1"})).structured_content
    assert (facts["state"], facts["to"], facts.get("text")) == ("sent", [TO], None)
    with sqlite3.connect(allowed.folder / "sandbox" / "withallo.sqlite3") as database:
        assert TEXT not in str(database.execute("SELECT * FROM outbox").fetchall())


@pytest.mark.anyio
async def test_an_outbox_of_an_older_version_is_brought_up_to_date(allowed: Any) -> None:
    async def yes(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"approve": True})

    async with allowed.client(consent="ask", asks=yes) as client:
        await client.call_tool("send_sms", KEYED)
    with sqlite3.connect(allowed.folder / "sandbox" / "withallo.sqlite3") as database:
        for table, schema in (("outbox", "outbox"), ("consents", "consent")):
            database.execute(f"ALTER TABLE {table} DROP COLUMN about")
            database.execute("UPDATE schema_versions SET version = 1 WHERE schema = ?", [schema])
    async with allowed.client() as client:
        assert await state_of(client) == "sent"
        assert (await client.call_tool("send_sms", KEYED)).structured_content["state"] == "replayed"
        assert not (await client.call_tool("send_sms", {**CALL, "message": "Another text"})).is_error
    assert len(allowed.sent) == 2


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["two words", "\x00", "clé", "k" * 201])
async def test_a_key_that_cannot_travel_is_refused(allowed: Any, words: Any, key: str) -> None:
    async with allowed.client() as client:
        for tool, arguments in (("send_sms", CALL), ("get_send", {})):
            assert "idempotency_key" in words(await client.call_tool(tool, {**arguments, "idempotency_key": key}))
    assert allowed.sent == []


@pytest.mark.anyio
async def test_a_key_nobody_used_is_told_as_such(allowed: Any, words: Any) -> None:
    async with allowed.client() as client:
        assert "nothing was sent" in words(await client.call_tool("get_send", {"idempotency_key": "none"}))


@pytest.mark.anyio
async def test_contacts_and_webhooks_go_through_the_same_outbox(allowed: Any, words: Any) -> None:
    contact = {"numbers": ["+12125550177"], "name": "New", "idempotency_key": "contact-1"}
    async with allowed.client() as client:
        assert not (await client.call_tool("create_contact", contact)).is_error
        again = await client.call_tool("create_contact", contact)
        assert not again.is_error, words(again)
        assert await state_of(client, "contact-1") == "sent"
    assert sum("+12125550177" in person.numbers for person in allowed.sandbox.account.contacts) == 1
