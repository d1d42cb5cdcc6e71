from collections.abc import Callable
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    InputRequiredResult,
    ResourceTemplateReference,
    TextContent,
    ToolListChangedNotification,
)

from withallo_server.input_needed import InputNeeded
from withallo_server.mcp_server import MOST_COMPLETIONS, AlloServer
from withallo_tools.catalog import TOOLS

Words = Callable[[CallToolResult], str]
CATALOG = [function.__name__ for function in TOOLS]
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])


async def names(client: Client) -> list[str]:
    return [tool.name for tool in (await client.list_tools()).tools]


@pytest.mark.anyio
async def test_tools_are_listed_in_the_order_of_the_catalog(client: Client) -> None:
    listed = await names(client)
    assert listed == [name for name in CATALOG if name in listed]
    assert "send_sms" in listed


@pytest.mark.anyio
async def test_every_tool_has_a_title_and_says_what_it_does_to_the_world(client: Client) -> None:
    for tool in (await client.list_tools()).tools:
        assert tool.title
        hints = tool.annotations
        assert hints is not None
        assert None not in (
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        ), tool.name


@pytest.mark.anyio
async def test_the_server_says_how_it_is_used(client: Client) -> None:
    assert client.instructions is not None
    assert "get_account" in client.instructions
    assert "never instructions" in client.instructions


@pytest.mark.anyio
async def test_lists_and_resources_are_declared_to_change(client: Client) -> None:
    declared = client.server_capabilities
    assert declared.tools is not None
    assert declared.tools.list_changed
    assert declared.resources is not None
    assert declared.resources.list_changed
    assert declared.resources.subscribe


@pytest.mark.anyio
async def test_an_unknown_argument_is_an_error_that_names_the_known_ones(client: Client, words: Words) -> None:
    result = await client.call_tool("search_calls", {"contact": "Marie", "numbr": "+33612345678"})
    assert result.is_error
    assert words(result).startswith("search_calls has no argument numbr. It takes: ")
    assert "contact" in words(result)
    assert "+33612345678" not in words(result)


@pytest.mark.anyio
async def test_a_wrong_argument_is_explained_without_repeating_it(client: Client, words: Words) -> None:
    result = await client.call_tool("search_calls", {"limit": "canary-of-the-caller"})
    assert result.is_error
    assert words(result).startswith("Wrong arguments: limit: ")
    assert "canary" not in words(result)
    assert "pydantic" not in words(result)


@pytest.mark.anyio
async def test_a_tool_that_does_not_exist_is_an_error_the_model_can_read(client: Client, words: Words) -> None:
    result = await client.call_tool("make_coffee", {})
    assert result.is_error
    assert "make_coffee" in words(result)


@ERAS
@pytest.mark.anyio
async def test_with_read_only_nothing_that_changes_is_offered(world: Any, words: Words, era: Any) -> None:
    async with world.client(era=era, read_only=True) as client:
        for tool in (await client.list_tools()).tools:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint, tool.name
        result = await client.call_tool("send_sms", {"to": "+12125550133", "message": "hi"})
    assert result.is_error
    assert "ALLO_READ_ONLY" in words(result)
    assert not world.sent


@ERAS
@pytest.mark.anyio
async def test_only_the_toolsets_asked_for_are_offered(world: Any, words: Words, era: Any) -> None:
    async with world.client(era=era, toolsets=("calls",)) as client:
        listed = await names(client)
        result = await client.call_tool("search_contacts", {})
    assert "search_calls" in listed
    assert "get_account" in listed
    assert "search_contacts" not in listed
    assert "ALLO_TOOLSETS" in words(result)


@pytest.mark.anyio
async def test_all_offers_more_than_the_default(world: Any) -> None:
    async with world.client() as client:
        default = await names(client)
    async with world.client(toolsets=("all",)) as client:
        assert await names(client) == CATALOG
    assert set(default) <= set(CATALOG)


@ERAS
@pytest.mark.anyio
async def test_when_the_scopes_turn_out_smaller_the_list_changes_with_a_notification(
    world: Any, words: Words, era: Any
) -> None:
    changed = anyio.Event()

    async def hear(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            changed.set()

    server = world.server(api_key="ak_live_sms_only", region="FR")
    async with Client(server, mode=era, message_handler=hear) as client:
        if era == "legacy":
            assert "search_calls" in await names(client)
            with anyio.fail_after(10):
                await changed.wait()
        else:
            async with client.listen(tools_list_changed=True) as changes:
                assert "search_calls" in await names(client)
                with anyio.fail_after(10):
                    await anext(aiter(changes))
        listed = await names(client)
        result = await client.call_tool("search_calls", {})
    assert "send_sms" in listed
    assert "search_calls" not in listed
    assert "CONVERSATIONS_READ" in words(result)

    async with world.client(era=era, api_key="ak_live_sms_only", region="FR") as client:
        assert await names(client) == listed, "the next start knows the scopes from the first answer on"


@pytest.mark.anyio
async def test_get_account_says_which_tools_are_off_and_why(world: Any, words: Words) -> None:
    async with world.client(api_key="ak_live_readonly") as client:
        account = words(await client.call_tool("get_account", {}))
    assert "send_sms" in account
    assert "SMS_SEND" in account


@ERAS
@pytest.mark.anyio
async def test_an_error_nobody_foresaw_gives_a_reference_and_keeps_its_words_in_the_log(
    server: AlloServer, words: Words, era: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def crash() -> str:
        raise RuntimeError("canary from inside")

    server.add_tool(crash)
    async with Client(server, mode=era) as client:
        result = await client.call_tool("crash", {})
    assert result.is_error
    assert "canary" not in words(result)
    reference = words(result).rpartition("reference ")[2].rstrip(".")
    assert any(reference in record.message and record.exc_info for record in caplog.records)


@pytest.mark.anyio
async def test_a_question_raised_deep_inside_a_tool_becomes_the_result(server: AlloServer) -> None:
    async def ask() -> str:
        raise InputNeeded(InputRequiredResult(input_requests={}, request_state="kept"))

    async def show() -> str:
        raise InputNeeded(CallToolResult(content=[TextContent(type="text", text="a card")]))

    server.add_tool(ask)
    server.add_tool(show)
    async with server.runtime.running():
        assert isinstance(await server.call_tool("ask", {}), InputRequiredResult)
        shown = await server.call_tool("show", {})
    assert isinstance(shown, CallToolResult)
    assert not shown.is_error


@pytest.mark.anyio
async def test_a_menu_never_holds_more_values_than_the_protocol_allows(server: AlloServer, client: Client) -> None:
    async def many(typed: str) -> list[str]:
        return [f"{typed}{number}" for number in range(250)]

    server.add_completer("test://{word}", "word", many)
    reference = ResourceTemplateReference(type="ref/resource", uri="test://{word}")
    menu = (await client.complete(reference, {"name": "word", "value": "x"})).completion
    assert len(menu.values) == MOST_COMPLETIONS
    assert (menu.total, menu.has_more) == (250, True)


@pytest.mark.anyio
async def test_a_menu_that_cannot_be_filled_is_empty(server: AlloServer, client: Client) -> None:
    async def broken(typed: str) -> list[str]:
        raise RuntimeError(typed)

    server.add_completer("test://{word}", "word", broken)
    reference = ResourceTemplateReference(type="ref/resource", uri="test://{word}")
    assert (await client.complete(reference, {"name": "word", "value": "x"})).completion.values == []
    nothing = ResourceTemplateReference(type="ref/resource", uri="allo://nothing/{x}")
    assert (await client.complete(nothing, {"name": "x", "value": ""})).completion.values == []


@pytest.mark.anyio
async def test_prompt_errors_say_what_is_wrong(server: AlloServer, client: Client) -> None:
    @server.prompt()
    def greet(whom: str, times: int = 1) -> str:
        """Greet somebody."""
        return f"hello {whom}" * times

    for name, arguments, expected in (
        ("nonsense", {}, "There is no prompt 'nonsense'."),
        ("greet", {}, "The prompt greet needs: whom."),
        ("greet", {"whom": "Ana", "times": "often"}, "Wrong arguments: times"),
    ):
        with pytest.raises(MCPError, match=expected) as caught:
            await client.get_prompt(name, arguments)
        assert caught.value.error.code == INVALID_PARAMS
    assert (await client.get_prompt("greet", {"whom": "Ana"})).messages
