"""Answers that come back to the server: changed, replayed, concurrent and expired ones send nothing more."""

from typing import Any

import anyio
import pytest
from mcp import MCPError
from mcp.types import CallToolResult, ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult

TRANSPORTS = pytest.mark.parametrize("transport", ["memory", "http", "stdio"])
YES = {"action": "accept", "content": {"approve": True}}


async def never_asked(context: Any, params: Any) -> ElicitResult:
    raise AssertionError("these tests answer by hand")


@pytest.mark.anyio
async def test_the_question_names_everything(world: Any, one_round: Any, call: Any) -> None:
    async with world.client(asks=never_asked) as client:
        asked = await one_round(client, {**call, "message": "Two\nlines, and 🙂"})
        assert isinstance(asked, InputRequiredResult)
        (request,) = (asked.input_requests or {}).values()
        assert isinstance(request, ElicitRequest)
        assert isinstance(request.params, ElicitRequestFormParams)
        for part in ("Sarah Whitfield", "+12125550133", "+12125550100", "> Two\n> lines, and 🙂", "1 segment", "UCS-2"):
            assert part in request.params.message


@pytest.mark.anyio
async def test_a_text_cannot_take_a_row_of_the_question_away(world: Any, one_round: Any, call: Any) -> None:
    async with world.client(asks=never_asked) as client:
        asked = await one_round(client, {**call, "message": "New York +12125550100"})
    assert "From: New York +12125550100" in str((asked.input_requests or {})["approval"].params.message)


@pytest.mark.anyio
@TRANSPORTS
@pytest.mark.parametrize(
    "other",
    [{"message": "The van comes at ten."}, {"to": "+14155550136"}, {"idempotency_key": "another"}],
    ids=["text", "recipient", "key"],
)
async def test_a_yes_for_other_arguments_is_refused(
    world: Any, one_round: Any, call: Any, other: Any, transport: Any
) -> None:
    async with world.client(transport=transport, asks=never_asked) as client:
        asked = await one_round(client, call)
        with pytest.raises(MCPError, match="requestState"):
            await one_round(client, {**call, **other}, asked.request_state, **YES)
    assert world.sent == []


@pytest.mark.anyio
@TRANSPORTS
@pytest.mark.parametrize("state", ["withallo-consent:made-up", "v1.AAAA", ""])
async def test_a_made_up_state_sends_nothing(world: Any, one_round: Any, call: Any, state: str, transport: Any) -> None:
    async with world.client(transport=transport, asks=never_asked) as client:
        try:
            result = await one_round(client, call, state, **YES)
            assert isinstance(result, InputRequiredResult), "an answer without a question is asked again"
        except MCPError:
            pass
    assert world.sent == []


@pytest.mark.anyio
@TRANSPORTS
async def test_a_state_with_a_flipped_character_is_refused(
    world: Any, one_round: Any, call: Any, transport: Any
) -> None:
    async with world.client(transport=transport, asks=never_asked) as client:
        state = (await one_round(client, call)).request_state
        flipped = state[:-3] + ("A" if state[-3] != "A" else "B") + state[-2:]
        with pytest.raises(MCPError):
            await one_round(client, call, flipped, **YES)
    assert world.sent == []


@pytest.mark.anyio
@TRANSPORTS
@pytest.mark.parametrize("window", [600, 0], ids=["duplicates held back", "no duplicate window"])
async def test_a_yes_works_once(world: Any, one_round: Any, call: Any, window: int, transport: Any) -> None:
    async with world.client(transport=transport, asks=never_asked, duplicate_window=window) as client:
        state = (await one_round(client, call)).request_state
        first = await one_round(client, call, state, **YES)
        assert not first.is_error
        for _ in range(3):
            replayed = await one_round(client, call, state, **YES)
            assert isinstance(replayed, CallToolResult)
            assert replayed.is_error
    assert len(world.sent) == 1


@pytest.mark.anyio
@TRANSPORTS
@pytest.mark.parametrize("window", [600, 0], ids=["duplicates held back", "no duplicate window"])
async def test_of_concurrent_answers_one_wins(
    world: Any, one_round: Any, call: Any, window: int, transport: Any
) -> None:
    results = []
    async with world.client(transport=transport, asks=never_asked, duplicate_window=window) as client:
        state = (await one_round(client, call)).request_state

        async def answer() -> None:
            results.append(await one_round(client, call, state, **YES))

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(answer)
    assert [result.is_error for result in results].count(False) == 1
    assert len(world.sent) == 1


@pytest.mark.anyio
@TRANSPORTS
async def test_a_no_cannot_be_turned_into_a_yes(world: Any, one_round: Any, call: Any, transport: Any) -> None:
    async with world.client(transport=transport, asks=never_asked) as client:
        state = (await one_round(client, call)).request_state
        assert (await one_round(client, call, state, action="decline")).is_error
        assert (await one_round(client, call, state, **YES)).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_a_yes_is_good_for_ten_minutes(world: Any, one_round: Any, call: Any) -> None:
    async with world.client(asks=never_asked) as client:
        state = (await one_round(client, call)).request_state
        world.sandbox.clock.advance(601)
        late = await one_round(client, call, state, **YES)
        assert late.is_error
    assert world.sent == []


@pytest.mark.anyio
@TRANSPORTS
async def test_a_yes_given_to_another_server_process_is_refused(
    world: Any, one_round: Any, call: Any, transport: Any
) -> None:
    async with world.client(transport=transport, asks=never_asked) as client:
        state = (await one_round(client, call)).request_state
    async with world.client(transport=transport, asks=never_asked) as client:
        with pytest.raises(MCPError):
            await one_round(client, call, state, **YES)
    assert world.sent == []


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_text_of_the_human_that_is_too_long_is_told_as_such(
    world: Any, words: Any, call: Any, era: Any
) -> None:
    async def writes(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"approve": True, "text": "x" * 1001})

    async with world.client(era=era, asks=writes) as client:
        assert "1,001 characters, at most 1,000" in words(await client.call_tool("send_sms", call))
    assert world.sent == []


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_get_send_tells_the_person_and_the_text_before_and_after_the_answer(
    world: Any, words: Any, call: Any, era: Any
) -> None:
    keyed = {**call, "idempotency_key": "van-1"}
    seen: list[Any] = []

    async def looks_first(context: Any, params: Any) -> ElicitResult:
        seen.append(await client.call_tool("get_send", {"idempotency_key": "van-1"}))
        return ElicitResult(action="accept" if len(seen) > 1 else "decline", content={"approve": True})

    async with world.client(era=era, asks=looks_first) as client:
        for _ in range(2):
            await client.call_tool("send_sms", keyed)
            seen.append(await client.call_tool("get_send", {"idempotency_key": "van-1"}))
    facts = [result.structured_content for result in seen]
    assert [each["state"] for each in facts] == ["waiting", "not_sent", "waiting", "sent"]
    assert {(each["name"], *each["to"], each["text"]) for each in facts} == {
        ("Sarah Whitfield", call["to"], call["message"])
    }
    assert "to Sarah Whitfield +12125550133\nThe van comes at nine." in words(seen[-1])
    assert "declined" in facts[1]["note"]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_nothing_is_removed_that_came_while_the_human_was_asked(world: Any, words: Any, era: Any) -> None:
    contacts, asked = world.sandbox.account.contacts, []
    (sarah,) = contacts.with_number("+12125550133")

    async def slowly(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        if len(asked) == 1:
            contacts.update(sarah, world.sandbox.clock.now(), numbers=(*sarah.numbers, "+12125550144"))
        return ElicitResult(action="accept", content={"approve": True})

    change = {"contact": "Sarah Whitfield", "numbers": ["+12125550177"]}
    async with world.client(era=era, asks=slowly) as client:
        first = await client.call_tool("update_contact", change)
        if era == "legacy":
            assert "changed since the human was asked" in words(first)
            assert not (await client.call_tool("update_contact", change)).is_error
    assert "+12125550144" not in asked[0]
    assert "Removes: +12125550133, +12125550144" in asked[1]


@pytest.mark.anyio
async def test_no_argument_counts_as_consent(world: Any, words: Any, call: Any) -> None:
    async with world.client() as client:
        for extra in ({"confirm": True}, {"approved": True}, {"consent": "allow"}):
            result = await client.call_tool("send_sms", {**call, **extra})
            assert result.is_error
            assert "has no argument" in words(result)
        for key in ("approved-by-human", "consent=allow"):
            assert (await client.call_tool("send_sms", {**call, "idempotency_key": key})).is_error
    assert world.sent == []
