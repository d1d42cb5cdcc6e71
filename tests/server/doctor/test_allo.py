from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_server.credentials import Credentials
from withallo_server.doctor.allo import check_key
from withallo_server.doctor.findings import Finding, Level
from withallo_server.settings import Settings

KEY = SecretStr("ak_live_sandbox")


def with_key(url: str, key: str) -> Settings:
    return Settings(base_url=url, api_key=SecretStr(key))


async def look(settings: Settings) -> dict[str, Finding]:
    found = await check_key(settings)
    assert "ak_live_" not in repr(found), "a key is never repeated"
    return {finding.check: finding for finding in found}


@pytest.mark.anyio
async def test_a_key_with_every_scope_is_green(sandbox_url: str) -> None:
    found = await look(with_key(sandbox_url, "ak_live_sandbox"))

    assert found["key"].level is Level.GREEN
    assert found["scopes"].level is Level.GREEN


@pytest.mark.anyio
async def test_no_key_is_red_and_the_embedded_account_is_named(settings: Settings) -> None:
    found = await look(settings)

    assert found["key"].level is Level.RED
    assert "auth login" in found["key"].mend
    assert "--sandbox" in found["key"].mend


@pytest.mark.anyio
async def test_a_wrong_key_is_red(sandbox_url: str) -> None:
    found = await look(with_key(sandbox_url, "ak_live_of_somebody_else"))

    assert found["key"].level is Level.RED
    assert "revoked" in found["key"].text


@pytest.mark.anyio
async def test_scopes_that_a_key_lacks_are_named_with_the_tools_they_close(sandbox_url: str) -> None:
    found = await look(with_key(sandbox_url, "ak_live_sms_only"))

    assert found["scopes"].level is Level.AMBER
    assert "search_calls" in found["scopes"].text
    assert "CONVERSATIONS_READ" in found["scopes"].text
    assert found["inbox url"].level is Level.AMBER
    assert "WEBHOOKS_READ_WRITE" in found["inbox url"].text


@pytest.mark.anyio
async def test_an_account_without_webhooks_is_told_how_to_set_one_up(sandbox_url: str) -> None:
    found = await look(with_key(sandbox_url, "ak_live_sandbox"))

    assert found["inbox url"].level is Level.AMBER
    assert found["inbox url"].mend.startswith("withallo-mcp webhook setup")


@pytest.fixture
async def register(sandbox_url: str) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Registers a webhook at Allo for as long as a test lasts; gives its id."""
    made = []
    async with AlloClient("ak_live_sandbox", base_url=sandbox_url) as client:

        async def create(url: str) -> str:
            made.append((await client.webhook_endpoints.create(url, ["sms.received"])).id)
            return made[-1]

        yield create
        for endpoint in made:
            await client.webhook_endpoints.delete(endpoint)


@pytest.mark.anyio
async def test_a_webhook_of_another_installation_is_not_taken_for_ours(
    sandbox_url: str, tmp_path: Path, register: Callable[[str], Awaitable[str]]
) -> None:
    await register("https://phone.example.com/webhooks/allo/a-canary-of-theirs")

    found = (await look(Settings(base_url=sandbox_url, data_dir=tmp_path, api_key=KEY)))["inbox url"]

    assert found.level is Level.AMBER
    assert "https://phone.example.com" in found.text
    assert "another" in found.text
    assert "ALLO_WEBHOOK_TOKEN" in found.mend
    assert "canary" not in repr(found)


@pytest.mark.anyio
async def test_our_webhook_is_green_only_when_a_probe_arrives(
    sandbox_url: str, tmp_path: Path, register: Callable[[str], Awaitable[str]]
) -> None:
    await register("https://127.0.0.1:9/webhooks/allo/a-canary-of-ours-001")
    token = SecretStr("a-canary-of-ours-001")

    found = (await look(Settings(base_url=sandbox_url, data_dir=tmp_path, api_key=KEY, webhook_token=token)))[
        "inbox url"
    ]

    assert found.level is Level.AMBER
    assert "Nothing answers" in found.text
    assert "canary" not in repr(found)


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["Bearer ak_live_x", "Api-Key ak_live_x", "'ak_live_x'", "<your key>", "$ALLO_API_KEY"])
async def test_a_key_kept_with_something_around_it_is_recognised(sandbox_url: str, tmp_path: Path, key: str) -> None:
    Credentials(tmp_path).keep_in_file(SecretStr(key))

    assert (await look(Settings(base_url=sandbox_url, data_dir=tmp_path)))["key"].level is Level.RED


@pytest.mark.anyio
async def test_a_key_file_that_others_read_is_red(tmp_path: Path) -> None:
    Credentials(tmp_path).keep_in_file(SecretStr("ak_live_x"))
    (tmp_path / "api-key").chmod(0o644)

    found = await look(Settings(data_dir=tmp_path))

    assert found["key"].level is Level.RED
    assert "chmod 600" in found["key"].text


@pytest.mark.anyio
async def test_an_api_that_is_down_is_not_blamed_on_the_key() -> None:
    assert (await look(with_key("http://127.0.0.1:1", "ak_live_x")))["key"].level is Level.AMBER
