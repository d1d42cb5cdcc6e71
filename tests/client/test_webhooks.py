import json
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio


async def test_list_reads_rows_without_ids(allo: AlloClient, api: respx.MockRouter) -> None:
    row = {"allo_number": "+14155550100", "enabled": True, "url": "https://example.com/a", "topics": ["SMS_RECEIVED"]}
    route = api.get("/v1/api/webhooks").respond(json={"data": [row]})

    (webhook,) = await allo.webhooks.list()

    assert route.calls.last.request.url.raw_path == b"/v1/api/webhooks"
    assert (webhook.id, webhook.allo_number, webhook.topics) == (None, "+14155550100", ("SMS_RECEIVED",))


async def test_create_reads_the_camel_case_answer(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v1/api/webhooks").respond(
        201,
        json={
            "data": {
                "id": "web-1",
                "alloNumber": "+14155550100",
                "enabled": False,
                "url": "https://example.com/a",
                "topics": ["CALL_RECEIVED"],
            }
        },
    )

    webhook = await allo.webhooks.create("+14155550100", "https://example.com/a", ["CALL_RECEIVED"], enabled=False)

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/webhooks"
    assert json.loads(request.content) == {
        "allo_number": "+14155550100",
        "url": "https://example.com/a",
        "topics": ["CALL_RECEIVED"],
        "enabled": False,
    }
    assert (webhook.id, webhook.allo_number, webhook.enabled) == ("web-1", "+14155550100", False)


async def test_delete_takes_an_empty_answer(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.delete("/v1/api/webhooks/web-1").respond(204)

    await allo.webhooks.delete("web-1")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/webhooks/web-1"
    assert request.content == b""


async def test_delete_of_an_unknown_webhook_is_not_found(allo: AlloClient, api: respx.MockRouter) -> None:
    api.delete("/v1/api/webhooks/web-9").respond(404, json={"error": "WEBHOOK_NOT_FOUND"})

    with pytest.raises(NotFoundError) as caught:
        await allo.webhooks.delete("web-9")

    assert caught.value.code == "WEBHOOK_NOT_FOUND"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "/a"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"topics": []}, "topics"),
        ({"topics": "CALL_RECEIVED"}, "topics"),
        ({"allo_number": "5550100"}, "allo_number"),
    ],
)
async def test_create_refuses_what_the_route_does_not_take(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    valid = {"allo_number": "+14155550100", "url": "https://example.com/a", "topics": ["CALL_RECEIVED"]}
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.webhooks.create(**{**valid, **given})

    assert caught.value.field == field
    assert not api.calls
