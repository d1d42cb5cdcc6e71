import json
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

ENDPOINT = {
    "id": "ep_1",
    "url": "https://example.com/allo",
    "topics": ["call.completed", "topic.of.tomorrow"],
    "description": None,
    "enabled": True,
    "created_at": "2026-03-02T09:00:00Z",
}
SECRET = "whsec_ZGVtby1zZWNyZXQtbm90LXJlYWw="


async def test_list_reads_endpoints_without_secrets(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/webhooks").respond(json={"data": [ENDPOINT]})

    (endpoint,) = await allo.webhook_endpoints.list()

    assert route.calls.last.request.url.raw_path == b"/v2/api/webhooks"
    assert (endpoint.id, endpoint.signing_secret) == ("ep_1", None)
    assert endpoint.topics == ("call.completed", "topic.of.tomorrow")


async def test_event_types_lists_topics(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/webhooks/event_types").respond(
        json={"data": [{"name": "call.completed", "description": "Over"}]}
    )

    (topic,) = await allo.webhook_endpoints.event_types()

    assert route.calls.last.request.url.raw_path == b"/v2/api/webhooks/event_types"
    assert (topic.name, topic.description) == ("call.completed", "Over")


async def test_get_holds_the_secret_but_does_not_show_it(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/webhooks/ep_1").respond(json={"data": {**ENDPOINT, "signing_secret": SECRET}})

    endpoint = await allo.webhook_endpoints.get("ep_1")

    assert route.calls.last.request.url.raw_path == b"/v2/api/webhooks/ep_1"
    assert endpoint.signing_secret is not None
    assert endpoint.signing_secret.get_secret_value() == SECRET
    assert SECRET not in repr(endpoint)
    assert SECRET not in endpoint.model_dump_json()


async def test_create_posts_with_an_idempotency_key(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/webhooks").respond(201, json={"data": {**ENDPOINT, "signing_secret": SECRET}})

    await allo.webhook_endpoints.create(
        "https://example.com/allo", ["call.completed"], "Inbox", idempotency_key="key-1"
    )

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/webhooks"
    assert request.headers["Idempotency-Key"] == "key-1"
    assert json.loads(request.content) == {
        "url": "https://example.com/allo",
        "topics": ["call.completed"],
        "description": "Inbox",
    }


async def test_no_idempotency_key_is_made_up(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/webhooks").respond(201, json={"data": ENDPOINT})

    await allo.webhook_endpoints.create("https://example.com/allo", ["call.completed"])

    request = route.calls.last.request
    assert "Idempotency-Key" not in request.headers
    assert "description" not in json.loads(request.content)


async def test_update_puts_only_what_was_given(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.put("/v2/api/webhooks/ep_1").respond(json={"data": {**ENDPOINT, "enabled": False}})

    endpoint = await allo.webhook_endpoints.update("ep_1", enabled=False, idempotency_key="key-2")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/webhooks/ep_1"
    assert json.loads(request.content) == {"enabled": False}
    assert request.headers["Idempotency-Key"] == "key-2"
    assert endpoint.enabled is False


async def test_update_replaces_topics(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.put("/v2/api/webhooks/ep_1").respond(json={"data": ENDPOINT})

    await allo.webhook_endpoints.update("ep_1", "https://example.com/b", ["sms.received"], "B")

    assert json.loads(route.calls.last.request.content) == {
        "url": "https://example.com/b",
        "topics": ["sms.received"],
        "description": "B",
    }


async def test_delete_takes_an_empty_answer(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.delete("/v2/api/webhooks/ep_1").respond(204)

    await allo.webhook_endpoints.delete("ep_1", idempotency_key="key-3")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/webhooks/ep_1"
    assert request.headers["Idempotency-Key"] == "key-3"


async def test_delete_of_an_unknown_endpoint_is_not_found(allo: AlloClient, api: respx.MockRouter) -> None:
    api.delete("/v2/api/webhooks/ep_9").respond(404, json={"error": {"code": "ENDPOINT_NOT_FOUND", "message": "no"}})

    with pytest.raises(NotFoundError):
        await allo.webhook_endpoints.delete("ep_9")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "http://example.com"}, "url"),
        ({"topics": []}, "topics"),
        ({"idempotency_key": "two words"}, "idempotency_key"),
        ({"idempotency_key": ""}, "idempotency_key"),
    ],
)
async def test_create_refuses_what_the_route_does_not_take(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.webhook_endpoints.create(
            **{"url": "https://example.com/allo", "topics": ["call.completed"], **given}
        )

    assert caught.value.field == field
    assert not api.calls


async def test_an_update_of_nothing_is_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    with pytest.raises(InvalidArgumentError):
        await allo.webhook_endpoints.update("ep_1")

    assert not api.calls
