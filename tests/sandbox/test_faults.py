"""Every fault happens as often as asked, to the requests it waits for, and loses only what it says."""

import anyio
import httpx
import pytest

from withallo_sandbox import NEW_YORK, SARAH, Sandbox

pytestmark = pytest.mark.anyio

TEXT = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hello"}


async def fault(api: httpx.AsyncClient, kind: str, path: str = "/v1/api/sms", **members: object) -> None:
    answer = await api.post("/_sandbox/faults", json={"path": path, "kind": kind, **members})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("kind", "delivered"), [("cut-before", 0), ("cut-after", 1)])
async def test_cut_connection_is_a_transport_error_and_after_means_taken(
    api: httpx.AsyncClient, sandbox: Sandbox, kind: str, delivered: int
) -> None:
    await fault(api, kind)

    with pytest.raises(httpx.TransportError):
        await api.post("/v1/api/sms", json=TEXT)

    assert len(sandbox.sent) == delivered
    assert (await api.post("/v1/api/sms", json=TEXT)).status_code == 200


@pytest.mark.parametrize(("kind", "delivered"), [("500", 0), ("500-after", 1)])
async def test_500_comes_in_the_dialect_and_after_means_taken(
    api: httpx.AsyncClient, sandbox: Sandbox, kind: str, delivered: int
) -> None:
    await fault(api, kind)

    answer = await api.post("/v1/api/sms", json=TEXT)

    assert (answer.status_code, answer.json()) == (500, {"code": "INTERNAL_SERVER_ERROR", "details": None})
    assert len(sandbox.sent) == delivered


@pytest.mark.parametrize(("kind", "delivered"), [("hang", 0), ("hang-after", 1)])
async def test_hanging_request_never_ends_by_itself(
    api: httpx.AsyncClient, sandbox: Sandbox, kind: str, delivered: int
) -> None:
    await fault(api, kind)

    with anyio.move_on_after(0.05) as scope:
        await api.post("/v1/api/sms", json=TEXT)

    assert scope.cancelled_caught
    assert len(sandbox.sent) == delivered


async def test_429_tells_v1_by_quota_and_v2_by_retry_after(api: httpx.AsyncClient) -> None:
    await fault(api, "429", "/v?/api/numbers", times=2)

    v1, v2 = await api.get("/v1/api/numbers"), await api.get("/v2/api/numbers")

    assert (v1.status_code, v1.json()["code"]) == (429, "API_KEY_QUOTA_EXCEEDED")
    assert (v2.status_code, v2.headers["retry-after"]) == (429, "1")
    assert v2.json()["error"]["retryable"] is True


async def test_html_and_malformed_answers_are_what_they_say(api: httpx.AsyncClient) -> None:
    await fault(api, "html", "/v2/api/me")
    await fault(api, "html", "/v2/api/tags", status=200)
    await fault(api, "malformed", "/v2/api/users")

    gateway, login, broken = [await api.get(f"/v2/api/{name}") for name in ("me", "tags", "users")]

    assert (gateway.status_code, gateway.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert (login.status_code, login.text[:6]) == (200, "<html>")
    assert (broken.status_code, broken.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        broken.json()


async def test_latency_takes_its_time_and_then_answers(api: httpx.AsyncClient) -> None:
    await fault(api, "latency", "/v2/api/me", seconds=0.05)

    started = anyio.current_time()
    answer = await api.get("/v2/api/me")

    assert answer.status_code == 200
    assert anyio.current_time() - started >= 0.05


async def test_faults_count_down_and_keep_to_their_verb_and_path(api: httpx.AsyncClient) -> None:
    await fault(api, "500", "/v1/api/contacts", times=2, method="POST")

    posts = [(await api.post("/v1/api/contacts", json={"numbers": ["+33600000777"]})).status_code for _ in range(3)]

    assert (await api.get("/v1/api/contacts")).status_code == 200
    assert posts == [500, 500, 200]


async def test_controls_are_spared(api: httpx.AsyncClient) -> None:
    await fault(api, "500", "*", times=9)

    assert (await api.get("/_sandbox/sent")).status_code == 200
    assert (await api.get("/v2/api/me")).status_code == 500
