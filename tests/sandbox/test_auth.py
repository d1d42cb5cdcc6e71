"""Keys, the ways to send them, and what they open."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from withallo_sandbox import KEYS, NEW_YORK, SARAH

pytestmark = pytest.mark.anyio

WithKey = Callable[[str | None], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.mark.parametrize("header", ["ak_live_sandbox", "Api-Key ak_live_sandbox", "api-key  ak_live_sandbox"])
async def test_key_is_taken_raw_and_after_the_word_api_key(api: httpx.AsyncClient, header: str) -> None:
    answer = await api.get("/v2/api/me", headers={"authorization": header})

    assert answer.status_code == 200
    assert answer.json()["data"]["api_key_id"] == KEYS["ak_live_sandbox"].id


@pytest.mark.parametrize("header", ["Bearer ak_live_sandbox", "ak_live_other", "Api-Key", "Basic YTpi", "", "é"])
async def test_anything_else_is_401_in_the_dialect_of_the_version(api: httpx.AsyncClient, header: str) -> None:
    headers = [(b"authorization", header.encode())]
    v1 = await api.get("/v1/api/numbers", headers=headers)
    v2 = await api.get("/v2/api/numbers", headers=headers)

    assert (v1.status_code, v2.status_code) == (401, 401)
    assert v1.json() == {"code": "API_KEY_INVALID", "details": None}
    assert v2.json()["error"]["type"] == "authentication_error"
    assert v2.json()["error"]["retryable"] is False


async def test_missing_header_is_401(with_key: WithKey) -> None:
    async with with_key(None) as client:
        assert (await client.get("/v2/api/me")).status_code == 401


async def test_missing_scope_is_403_that_names_it_in_both_dialects(with_key: WithKey) -> None:
    async with with_key("ak_live_sms_only") as client:
        v1 = await client.get("/v1/api/contacts")
        v2 = await client.get("/v2/api/numbers")

    assert v1.status_code == v2.status_code == 403
    assert v1.json() == {
        "code": "API_KEY_INSUFFICIENT_SCOPE",
        "details": [{"message": "required=CONTACTS_READ", "field": "scope"}],
    }
    assert v2.json()["error"]["code"] == "API_KEY_INSUFFICIENT_SCOPE"
    assert "PHONE_NUMBERS_READ" in v2.json()["error"]["message"]


async def test_read_only_key_reads_and_never_writes(with_key: WithKey) -> None:
    body = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hello"}
    async with with_key("ak_live_readonly") as client:
        assert (await client.get("/v1/api/contacts")).status_code == 200
        assert (await client.post("/v1/api/sms", json=body)).status_code == 403
        assert (await client.get("/v2/api/webhooks")).status_code == 403


async def test_trial_key_is_refused_everywhere(with_key: WithKey) -> None:
    async with with_key("ak_live_trial") as client:
        for path in ("/v2/api/me", "/v1/api/numbers", "/v2/api/tags"):
            answer = await client.get(path)
            assert answer.status_code == 403
            assert "API_KEY_TRIAL_NOT_ALLOWED" in answer.text


async def test_me_lists_only_what_the_key_may_call(with_key: WithKey) -> None:
    async with with_key("ak_live_sms_only") as client:
        me = (await client.get("/v2/api/me")).json()["data"]

    assert me["scopes"] == ["SMS_SEND"]
    assert [(e["method"], e["path"]) for e in me["endpoints"]] == [("POST", "/v1/api/sms"), ("GET", "/v2/api/me")]
    assert me["rate_limits"] == {"read_per_second": 20, "write_per_second": 5}
