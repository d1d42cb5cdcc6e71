"""The send card: what the model sees of it, and what its buttons do."""

from typing import Any

import anyio
import pytest
from mcp import MCPError

META = "withallo/send-card"
CARD = "ui://withallo/send-card.html"
TOOL = "answer_send_card"
ERAS = ("auto", "legacy")


async def show(client: Any, call: Any) -> dict[str, Any]:
    result = await client.call_tool("send_sms", call)
    assert not result.is_error
    card: dict[str, Any] = result.meta[META]
    return card


def card_key(said: str) -> str:
    return said.split("idempotency_key ")[1].split(" ", maxsplit=1)[0]


def press(card: dict[str, Any], decision: str = "send", **more: Any) -> dict[str, Any]:
    return {"question": card["question"], "secret": card["secret"], "decision": decision, **more}


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("transport", ["memory", "http"])
async def test_send_in_the_card_sends(world: Any, words: Any, call: Any, era: Any, transport: Any) -> None:
    async with world.client(era=era, transport=transport, apps=True) as client:
        card = await show(client, call)
        assert world.sent == []
        result = await client.call_tool(TOOL, press(card))
        assert "Sent" in words(result)
        for _ in range(2):
            assert (await client.call_tool(TOOL, press(card))).is_error
    assert world.sent == [(call["to"], call["message"])]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_edit_in_the_card_sends_the_other_text(world: Any, call: Any, era: Any) -> None:
    async with world.client(era=era, apps=True) as client:
        card = await show(client, call)
        await client.call_tool(TOOL, press(card, text="Ten, not nine."))
    assert world.sent == [(call["to"], "Ten, not nine.")]


@pytest.mark.anyio
async def test_an_edit_in_the_card_keeps_what_its_marks_stand_for(world: Any, call: Any) -> None:
    text = "\u0645\u06cc\u200c\u0622\u06cc\u0645 " * 90 + "⟨U+202E⟩\r\nSee you"
    async with world.client(apps=True) as client:
        card = await show(client, {**call, "message": text})
        assert "⟨U+200C⟩" in card["text"]
        assert "⟨U+000D⟩" not in card["text"]
        assert len(card["text"]) + 1 <= card["longest"]
        result = await client.call_tool(TOOL, press(card, text=card["text"] + "!"))
    assert not result.is_error, result
    assert world.sent == [(call["to"], text.replace("\r\n", "\n") + "!")]


@pytest.mark.anyio
async def test_cancel_in_the_card_sends_nothing_and_is_told_once(world: Any, words: Any, call: Any) -> None:
    async with world.client(apps=True) as client:
        shown = await client.call_tool("send_sms", call)
        card = shown.meta[META]
        assert "Cancelled" in words(await client.call_tool(TOOL, press(card, "cancel")))
        assert (await client.call_tool(TOOL, press(card))).is_error
        told = await client.call_tool("send_sms", {**call, "idempotency_key": "van-1"})
        assert "declined" in words(told)
        key = card_key(words(shown))
        state = await client.call_tool("get_send", {"idempotency_key": key})
        assert (state.structured_content or {})["state"] == "not_sent"
        assert "declined" in words(state)
        await show(client, call)
    assert world.sent == []


@pytest.mark.anyio
async def test_two_presses_at_once_send_once(world: Any, call: Any) -> None:
    results = []
    async with world.client(apps=True, duplicate_window=0) as client:
        card = await show(client, call)

        async def send() -> None:
            results.append(await client.call_tool(TOOL, press(card)))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(send)
    assert [result.is_error for result in results].count(False) == 1
    assert len(world.sent) == 1


@pytest.mark.anyio
async def test_two_cards_for_one_text_send_it_once(world: Any, call: Any) -> None:
    async with world.client(apps=True) as client:
        first, second = await show(client, call), await show(client, call)
        await client.call_tool(TOOL, press(first))
        assert (await client.call_tool(TOOL, press(second))).is_error
    assert len(world.sent) == 1


@pytest.mark.anyio
async def test_a_wrong_secret_or_an_old_card_sends_nothing(world: Any, call: Any) -> None:
    async with world.client(apps=True) as client:
        card = await show(client, call)
        other = await show(client, {**call, "message": "Something else"})
        for forged in ("", "secret", other["secret"]):
            assert (await client.call_tool(TOOL, {**press(card), "secret": forged})).is_error
        world.sandbox.clock.advance(601)
        assert (await client.call_tool(TOOL, press(card))).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_the_model_never_reads_the_secret(world: Any, words: Any, call: Any) -> None:
    async with world.client(apps=True) as client:
        result = await client.call_tool("send_sms", call)
        secret = result.meta[META]["secret"]
        assert secret not in words(result) + str(result.structured_content)
        key = card_key(words(result))
        state = await client.call_tool("get_send", {"idempotency_key": key})
        assert (state.structured_content or {})["state"] == "waiting"
        assert secret not in str(state)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_only_hosts_with_apps_see_the_card_and_its_tool(world: Any, era: Any, call: Any) -> None:
    async with world.client(era=era) as client:
        assert TOOL not in {tool.name for tool in (await client.list_tools()).tools}
        assert CARD not in {str(resource.uri) for resource in (await client.list_resources()).resources}
        with pytest.raises(MCPError, match="Unknown tool"):
            await client.call_tool(TOOL, {"question": "q", "secret": "s", "decision": "send"})
    async with world.client(era=era, apps=True) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert (tools[TOOL].meta or {})["ui"] == {"resourceUri": CARD, "visibility": ["app"]}
        assert (tools["send_sms"].meta or {})["ui"]["resourceUri"] == CARD
        assert (tools["search_calls"].meta or {}).get("ui") is None
        (content,) = (await client.read_resource(CARD)).contents
        assert content.mime_type == "text/html;profile=mcp-app"


@pytest.mark.anyio
async def test_a_form_comes_before_a_card(world: Any, call: Any) -> None:
    from mcp.types import ElicitResult

    async def no(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    async with world.client(apps=True, asks=no) as client:
        result = await client.call_tool("send_sms", call)
        assert result.is_error
    assert world.sent == []
