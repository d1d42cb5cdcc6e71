import pytest
import respx

from withallo_client import AlloClient

pytestmark = pytest.mark.anyio


async def test_list_reads_tags(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/tags").respond(json={"data": [{"id": "tag-1", "name": "vip", "color": "#3366CC"}]})

    (tag,) = await allo.tags.list()

    assert route.calls.last.request.url.raw_path == b"/v2/api/tags"
    assert (tag.name, tag.color) == ("vip", "#3366CC")
