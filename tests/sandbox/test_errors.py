"""What is wrong with a request is said in the dialect of the version that was asked."""

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def test_unknown_routes_are_404_in_both_dialects(api: httpx.AsyncClient) -> None:
    v1, v2 = await api.get("/v1/api/nothing"), await api.get("/v2/api/contacts")

    assert (v1.status_code, v1.json()["code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert (v2.status_code, v2.json()["error"]["code"]) == (404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize("path", ["/v2/api/sms", "/v2/api/calls", "/v2/api/contacts", "/v2/api/me/", "/"])
async def test_routes_that_do_not_exist_are_404(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.post(path, json={})).status_code == 404


async def test_wrong_verb_is_405_with_the_right_ones(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/v2/api/conversations")

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert "GET" in answer.headers["allow"]


async def test_body_that_is_not_json_is_415_on_v2(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v2/api/crm/people", content="numbers=1", headers={"content-type": "text/plain"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_request_id_is_made_or_taken_from_the_caller(api: httpx.AsyncClient) -> None:
    made = (await api.get("/v2/api/nothing")).json()["error"]["request_id"]
    taken = await api.get("/v2/api/users/usr-nobody", headers={"x-request-id": "trace-42"})

    assert made.startswith("req_")
    assert len(made) == 16
    assert taken.json()["error"]["request_id"] == "trace-42"


async def test_fields_are_named_one_by_one(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v2/api/webhooks", json={"url": 5, "topics": []})

    error = answer.json()["error"]
    assert {row["field"] for row in error["errors"]} == {"url", "topics"}
    assert error["param"] in {"url", "topics"}


HOSTILE_BODIES: list[bytes] = [
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"numbers": ["\\ud800"]}',
    b'{"numbers": NaN}',
    b'{"numbers": 1e999}',
    b'{"numbers": [' + b"[" * 100_000 + b"]",
    b'{"page": ' + b"9" * 5000 + b"}",
    b'{"numbers": ["+33600000001"], "name": {"a": 1}}',
    b'{"numbers": ["+33600000001"], "emails": [null]}',
    b'{"a": "' + b"x" * 1_100_000 + b'"}',
]


@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
@pytest.mark.parametrize("path", ["/v1/api/contacts", "/v1/api/sms", "/v2/api/crm/people", "/v2/api/webhooks"])
async def test_hostile_body_is_refused(api: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await api.post(path, content=body, headers={"content-type": "application/json"})

    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/api/contacts?page=99999999999999999999999999",
        "/v1/api/contacts?page=-1",
        "/v1/api/contacts?size=0",
        "/v1/api/contacts?size=%D9%A3",
        "/v1/api/calls?allo_number=33199000010",
        "/v1/api/calls?allo_number=+33199000010",
        "/v1/api/calls",
        "/v1/api/contact/%ff%fe%00",
        "/v1/api/contact/cnt_%2F..%2F",
        "/v2/api/conversations?allo_number=%2B33199000010&unread=maybe",
        "/v2/api/conversations?allo_number=%2B33199000010&last_activity_since=yesterday",
        "/v2/api/conversations?allo_number=%2B33199000010&extend=deals",
        "/v2/api/conversations",
        "/v2/api/users?role=KING",
        "/v2/api/conversations/items/call_1",
    ],
)
async def test_hostile_query_or_path_is_400(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 400


async def test_far_pages_are_empty(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/api/contacts?page=999999999999999999")

    assert answer.json()["data"]["results"] == []


@pytest.mark.parametrize("host", ["[", "a b", "xn--", "évil", "h:99999999"])
async def test_strange_host_header_changes_nothing(api: httpx.AsyncClient, host: str) -> None:
    assert (await api.get("/v2/api/me", headers=[(b"host", host.encode())])).status_code == 200
