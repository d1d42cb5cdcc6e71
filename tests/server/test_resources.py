import json
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.types import INVALID_PARAMS, ResourceTemplateReference, TextResourceContents

from withallo_server.mcp_server import AlloServer

CONTACT = "allo://contacts/{contact_id}"


async def read(client: Client, uri: str) -> Any:
    [content] = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    return json.loads(content.text)


@pytest.mark.anyio
async def test_lines_are_a_resource_with_audience_and_time_of_change(client: Client) -> None:
    numbers = (await read(client, "allo://numbers"))["numbers"]
    assert {"+33199000010", "+12125550100"} <= {line.get("number") for line in numbers}
    listed = {resource.uri: resource for resource in (await client.list_resources()).resources}
    resource = listed["allo://numbers"]
    assert resource.title
    assert resource.annotations is not None
    assert resource.annotations.audience == ["user", "assistant"]
    assert resource.annotations.last_modified is not None


@pytest.mark.anyio
async def test_a_contact_is_found_by_what_people_type_and_read_by_its_id(server: AlloServer, client: Client) -> None:
    with anyio.fail_after(30):
        while not (await server.runtime.account.people.search("", limit=1)).complete:
            await anyio.lowlevel.checkpoint()
    reference = ResourceTemplateReference(type="ref/resource", uri=CONTACT)
    menu = (await client.complete(reference, {"name": "contact_id", "value": "marie dupont"})).completion
    contact = await read(client, f"allo://contacts/{menu.values[0]}")
    assert contact["name"] == "Marie Dupont"
    assert contact["untrusted"]


@pytest.mark.anyio
async def test_a_contact_that_does_not_exist_is_an_error_of_the_request(client: Client) -> None:
    with pytest.raises(MCPError, match="search_contacts") as caught:
        await client.read_resource("allo://contacts/cnt_00000000")
    assert caught.value.error.code == INVALID_PARAMS


@pytest.mark.anyio
async def test_a_resource_that_does_not_exist_is_an_error_of_the_request(client: Client) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource("allo://nothing")
    assert caught.value.error.code == INVALID_PARAMS
