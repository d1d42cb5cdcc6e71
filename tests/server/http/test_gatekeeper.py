"""Who gets in, who does not, and what a refusal says."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from withallo_server.http.gatekeeper import Doors

Hashed = Callable[..., tuple[str, SecretStr]]

BAD_AUTHORIZATIONS = [
    None,
    "",
    "Bearer",
    "Bearer wam_wrong",
    "Bearer é",
    "Basic ZGVzazpkZXNr",
    "ak_live_sandbox",
    "Api-Key ak_live_sandbox",
    "Bearer ak_live_sandbox",
    "Bearer " + "x" * 5000,
]


@pytest.mark.anyio
async def test_without_a_good_token_nobody_gets_in(served: Any, hashed: Hashed) -> None:
    _, line = hashed()
    async with served(tokens=(line,)) as it, httpx.AsyncClient() as http:
        for method, authorization in itertools.product(("POST", "GET", "DELETE"), BAD_AUTHORIZATIONS):
            headers = {} if authorization is None else {b"authorization": authorization.encode()}
            answer = await http.request(method, it.url, headers=headers, content=b"{}")
            assert answer.status_code == 401, (method, authorization)
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert 'scope="allo:read"' in answer.headers["www-authenticate"]
            assert "wam_" not in answer.text


@pytest.mark.anyio
@pytest.mark.parametrize("left", ["", "# none yet\n", None])
async def test_a_file_without_any_token_lets_nobody_in(
    served: Any, hashed: Hashed, tmp_path: Path, left: str | None
) -> None:
    authorization, line = hashed()
    file = tmp_path / "tokens"
    file.write_text(line.get_secret_value() if left is None else left)
    async with served(tokens_file=file) as it, httpx.AsyncClient() as http:
        if left is None:
            file.unlink()
        for _ in range(2):
            assert (await it.post({"authorization": authorization})).status_code == 401
            assert (await it.post()).status_code == 401
            assert (await http.get(f"{it.base}/metrics")).status_code == 401


@pytest.mark.anyio
async def test_two_authorization_headers_are_one_too_many(served: Any, hashed: Hashed) -> None:
    good, line = hashed()
    async with served(tokens=(line,)) as it, httpx.AsyncClient() as http:
        headers = [("authorization", good), ("authorization", "Bearer other")]
        assert (await http.post(it.url, headers=headers, json={})).status_code == 401


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_good_token_gets_in_in_both_eras(served: Any, hashed: Hashed, era: str) -> None:
    authorization, line = hashed()
    async with served(tokens=(line,)) as it, it.client(authorization, era) as client:
        result = await client.call_tool("list_numbers", {})
        assert not result.is_error


@pytest.mark.anyio
async def test_an_access_token_of_the_issuer_gets_in(served: Any, issuer: Any, doors_of: Doors) -> None:
    async with served(doors=doors_of) as it, it.client(f"Bearer {issuer.token()}") as client:
        assert not (await client.call_tool("list_numbers", {})).is_error


@pytest.mark.anyio
async def test_a_token_without_our_scopes_is_told_which_it_needs(served: Any, issuer: Any, doors_of: Doors) -> None:
    async with served(doors=doors_of) as it:
        answer = await it.post({"authorization": f"Bearer {issuer.token(scope='openid')}"})

    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="allo:read"' in challenge
    assert 'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"' in challenge


@pytest.mark.anyio
async def test_a_token_of_another_audience_or_time_or_issuer_is_refused(
    served: Any, issuer: Any, doors_of: Doors
) -> None:
    async with served(doors=doors_of) as it:
        for claims in ({"aud": "https://other.example.com/mcp"}, {"exp": 1}, {"iss": "https://evil.example"}):
            answer = await it.post({"authorization": f"Bearer {issuer.token(**claims)}"})
            assert answer.status_code == 401, claims
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.anyio
async def test_an_issuer_that_is_down_lets_nobody_in_and_nobody_out(served: Any, issuer: Any, doors_of: Doors) -> None:
    issuer.down = True
    async with served(doors=doors_of) as it:
        answer = await it.post({"authorization": f"Bearer {issuer.token()}"})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


@pytest.mark.anyio
async def test_the_metadata_says_who_issues_tokens_and_which_scopes_there_are(
    served: Any, issuer: Any, doors_of: Doors
) -> None:
    async with (
        served(doors=doors_of, public_url="https://mcp.example.com", oauth_issuer="https://login.example.com") as it,
        httpx.AsyncClient() as http,
    ):
        document = (await http.get(f"{it.base}/.well-known/oauth-protected-resource/mcp")).json()

    assert document["resource"] == "https://mcp.example.com/mcp"
    assert document["authorization_servers"] == ["https://login.example.com"]
    assert {"allo:read", "allo:write", "allo:calls"} <= set(document["scopes_supported"])


@pytest.mark.anyio
async def test_a_session_answers_only_to_who_opened_it(served: Any, hashed: Hashed) -> None:
    first, line = hashed("first")
    second, other = hashed("second")
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with served(tokens=(line, other)) as it:
        opened = await it.post({"authorization": first}, **hello)
        session = {"mcp-session-id": opened.headers["mcp-session-id"]}

        assert (await it.post({"authorization": first, **session})).status_code == 200
        assert (await it.post({"authorization": second, **session})).status_code == 404
