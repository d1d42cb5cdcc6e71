"""What a tool would not tell, no resource tells either: whoever switched the tool off, and however it is asked for."""

from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, ResourceTemplateReference

from withallo_server.factory import build_server
from withallo_server.resource_tools import STANDS_FOR, tool_behind
from withallo_tools.catalog import TOOLS
from withallo_tools.tool import Effect

pytestmark = pytest.mark.anyio
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])

CLOSED = (
    "allo://calls/cll-1",
    "allo://calls/cll-1?format=text",
    "allo://calls/cll-1/transcript",
    "allo://calls/cll-1/transcript?format=vtt",
    "allo://calls/cll-1/recording",
    "allo://calls/cll-1/recording?first=0&last=9",
    "allo://conversations/Marie%20Dupont",
    "allo://contacts/cnt_1",
    "allo://contacts/cnt_1/events",
    "allo://contacts/Marie?/events",
    "allo://events/recent",
    "allo://events/topics/sms.received?format=text",
    "allo://events/evt_1",
    "allo://inbox",
    "allo://nothing",
)


async def refused(client: Client, address: str) -> str:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(address)
    assert caught.value.error.code == INVALID_PARAMS
    return caught.value.error.message


async def offered(client: Client) -> set[str]:
    resources = {str(each.uri) for each in (await client.list_resources()).resources}
    templates = {each.uri_template for each in (await client.list_resource_templates()).resource_templates}
    return {address for address in resources | templates if address.startswith("allo:")}


@ERAS
async def test_a_toolset_that_is_off_closes_its_resources(world: Any, era: str) -> None:
    async with world.client(era=era, toolsets=("messages",)) as client:
        assert await offered(client) == {"allo://numbers"}
        assert (await client.read_resource("allo://numbers")).contents
        for address in CLOSED:
            assert "does not open: " in await refused(client, address), address
        assert "ALLO_TOOLSETS" in await refused(client, "allo://calls/cll-1/transcript")


async def test_a_scope_that_the_key_lacks_closes_its_resources(world: Any) -> None:
    server = world.server(api_key="ak_live_sms_only")
    async with Client(server) as client:
        await server.runtime.account.look_up()
        assert not {address for address in await offered(client) if address.startswith("allo://calls")}
        assert "CONVERSATIONS_READ" in await refused(client, "allo://calls/cll-1/transcript")
        assert (await client.read_resource("allo://inbox")).contents


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_nothing_is_heard_or_offered_while_typing_that_is_closed(world: Any) -> None:
    async with world.client(era="legacy", toolsets=("messages",)) as client:
        with pytest.raises(MCPError, match="ALLO_TOOLSETS"):
            await client.session.subscribe_resource("allo://events/recent")
    async with world.client(toolsets=("messages",)) as client:
        with pytest.raises(MCPError, match="ALLO_TOOLSETS"):
            async with client.listen(resource_subscriptions=["allo://numbers", "allo://inbox"]):
                raise AssertionError("the subscription was taken")
        reference = ResourceTemplateReference(type="ref/resource", uri="allo://conversations/{contact}")
        with pytest.raises(MCPError, match="ALLO_TOOLSETS"):
            await client.complete(reference, {"name": "contact", "value": "mar"})


async def test_every_resource_there_is_stands_for_a_tool_that_reads(world: Any) -> None:
    readers = {tool.__name__ for tool in TOOLS if tool.tool_info.effect is Effect.READ}
    assert set(STANDS_FOR.values()) <= readers

    async with world.client() as client:
        everything = await offered(client)
    assert len(everything) > 20
    assert all(tool_behind(address) for address in everything)


async def test_who_subscribes_hears_that_other_resources_are_open_once_the_key_is_known(world: Any) -> None:
    server = build_server(world.server(api_key="ak_live_sms_only").runtime.settings, sandbox=world.sandbox)
    async with Client(server) as client, client.listen(resources_list_changed=True) as changes:
        await server.runtime.account.look_up()
        with anyio.fail_after(10):
            await anext(aiter(changes))
