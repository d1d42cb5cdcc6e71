"""Managing webhooks of both versions."""

import httpx
import pytest

from withallo_sandbox import LYON, NEW_YORK

pytestmark = pytest.mark.anyio

V1 = {"allo_number": LYON.number, "url": "https://example.com/hook", "topics": ["SMS_RECEIVED"]}
V2 = {"url": "https://example.com/allo", "topics": ["sms.received", "call.completed"], "description": "CRM"}


async def test_v1_list_has_no_ids_and_spells_the_number_otherwise(api: httpx.AsyncClient) -> None:
    made = await api.post("/v1/api/webhooks", json=V1)
    listed = (await api.get("/v1/api/webhooks")).json()["data"]

    assert made.status_code == 201
    assert made.json()["data"]["alloNumber"] == LYON.number
    assert listed == [{"allo_number": LYON.number, "enabled": True, "url": V1["url"], "topics": ["SMS_RECEIVED"]}]


async def test_v1_webhook_is_the_only_one_of_its_line(api: httpx.AsyncClient) -> None:
    await api.post("/v1/api/webhooks", json=V1)
    await api.post("/v1/api/webhooks", json={**V1, "url": "https://example.com/new"})
    await api.post("/v1/api/webhooks", json={**V1, "allo_number": NEW_YORK.number})

    rows = (await api.get("/v1/api/webhooks")).json()["data"]

    assert [(row["allo_number"], row["url"]) for row in rows] == [
        (LYON.number, "https://example.com/new"),
        (NEW_YORK.number, V1["url"]),
    ]


async def test_v1_delete_has_an_error_body_of_its_own(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v1/api/webhooks", json=V1)).json()["data"]

    assert (await api.delete(f"/v1/api/webhooks/{made['id']}")).status_code == 204
    again = await api.delete(f"/v1/api/webhooks/{made['id']}")
    assert (again.status_code, again.json()) == (404, {"error": "WEBHOOK_NOT_FOUND"})


async def test_secret_is_in_the_answer_to_create_and_get_only(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v2/api/webhooks", json=V2)).json()["data"]
    path = f"/v2/api/webhooks/{made['id']}"
    read = (await api.get(path)).json()["data"]
    changed = (await api.put(path, json={"enabled": False, "topics": ["sms.sent"]})).json()["data"]
    listed = (await api.get("/v2/api/webhooks")).json()["data"]

    assert made["id"].startswith("ep_")
    assert made["signing_secret"].startswith("whsec_")
    assert read["signing_secret"] == made["signing_secret"]
    assert changed["signing_secret"] is None
    assert listed == [changed]
    assert (changed["enabled"], changed["topics"], changed["description"]) == (False, ["sms.sent"], "CRM")


async def test_deleted_endpoint_is_gone(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v2/api/webhooks", json=V2)).json()["data"]
    path = f"/v2/api/webhooks/{made['id']}"

    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).json()["error"]["code"] == "ENDPOINT_NOT_FOUND"


async def test_event_types_are_what_create_takes(api: httpx.AsyncClient) -> None:
    topics = [row["name"] for row in (await api.get("/v2/api/webhooks/event_types")).json()["data"]]

    assert "call.completed" in topics
    assert (await api.post("/v2/api/webhooks", json={**V2, "topics": topics})).status_code == 201
    unknown = await api.post("/v2/api/webhooks", json={**V2, "topics": ["call.exploded"]})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "INVALID_EVENT_TYPE")


@pytest.mark.parametrize(
    "url", ["http://example.com/hook", "ftp://example.com", "example.com", "https://", "https://["]
)
async def test_url_must_be_https(api: httpx.AsyncClient, url: str) -> None:
    assert (await api.post("/v2/api/webhooks", json={**V2, "url": url})).status_code == 400


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787/hook", "http://localhost/hook", "http://[::1]:1/hook"])
async def test_this_machine_may_be_plain_http(api: httpx.AsyncClient, url: str) -> None:
    assert (await api.post("/v2/api/webhooks", json={**V2, "url": url})).status_code == 201


async def test_v1_webhook_of_a_foreign_number_is_refused(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/api/webhooks", json={**V1, "allo_number": "+12125550177"})).status_code == 400
