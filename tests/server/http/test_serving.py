"""The command itself, as a process: what it refuses, how it ends, what it never says."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from pydantic import SecretStr

from withallo_server.database import Database
from withallo_server.http.serving import check_safety, is_loopback
from withallo_server.http.state_keys import shared_state_key
from withallo_server.settings import Settings, SettingsError

Era = Literal["auto", "legacy"]

HASH = "desk:sha256:" + "ab" * 32
SAFE = {
    "api_key": SecretStr("ak_live_x"),
    "tokens": (SecretStr(HASH),),
    "tls_in_front": True,
    "public_url": "https://mcp.example.com",
}


@pytest.mark.parametrize(
    ("settings", "host", "missing"),
    [
        ({}, "127.0.0.1", ["ALLO_API_KEY", "--sandbox"]),
        ({"api_key": SecretStr("ak_live_x")}, "0.0.0.0", ["ALLO_TOKENS", "ALLO_TLS_CERT", "ALLO_PUBLIC_URL"]),
        ({**SAFE, "tokens": ()}, "0.0.0.0", ["ALLO_TOKENS", "ALLO_OAUTH_ISSUER", "ALLO_BRING_YOUR_OWN_KEY"]),
        ({**SAFE, "tls_in_front": False}, "::", ["ALLO_TLS_CERT", "ALLO_TLS_IN_FRONT"]),
        ({**SAFE, "public_url": None}, "10.0.0.7", ["ALLO_PUBLIC_URL", "ALLO_ALLOWED_HOSTS"]),
        ({**SAFE, "tls_cert": Path("cert.pem")}, "0.0.0.0", ["ALLO_TLS_KEY"]),
        ({"sandbox": True}, "mcp.example.com", ["ALLO_TOKENS"]),
        ({"sandbox": True, "public_url": "https://mcp.example.com"}, "127.0.0.1", ["ALLO_TOKENS"]),
        ({"sandbox": True, "tls_in_front": True}, "localhost", ["ALLO_TOKENS"]),
        ({"sandbox": True, "allowed_hosts": ("localhost", "mcp.example.com:*")}, "::1", ["ALLO_TOKENS"]),
        ({**SAFE, "claude_channel": True}, "0.0.0.0", ["ALLO_CLAUDE_CHANNEL=0"]),
        ({"sandbox": True, "claude_channel": True}, "127.0.0.1", ["ALLO_CLAUDE_CHANNEL=0"]),
        (
            {**SAFE, "public_url": None, "oauth_issuer": "https://login.example.com"},
            "127.0.0.1",
            ["ALLO_OAUTH_AUDIENCE"],
        ),
    ],
)
def test_what_would_be_unsafe_is_refused_with_everything_to_set(
    settings: dict[str, Any], host: str, missing: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        check_safety(Settings(**settings), host)

    assert all(name in str(caught.value) for name in missing)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"sandbox": True}, "127.0.0.1"),
        ({"sandbox": True, "public_url": "http://127.0.0.1:8788", "allowed_hosts": ("[::1]:*",)}, "127.0.0.1"),
        ({"api_key": SecretStr("ak_live_x")}, "localhost"),
        ({"bring_your_own_key": True}, "::1"),
        (SAFE, "0.0.0.0"),
        ({**SAFE, "tls_in_front": False, "tls_cert": Path("c"), "tls_key": Path("k")}, "::"),
        ({**SAFE, "tokens": (), "oauth_issuer": "https://login.example.com"}, "0.0.0.0"),
        ({"bring_your_own_key": True, "tls_in_front": True, "allowed_hosts": ("mcp.example.com",)}, "0.0.0.0"),
    ],
)
def test_what_is_safe_starts(settings: dict[str, Any], host: str) -> None:
    check_safety(Settings(**settings), host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_world(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_refusal_is_one_line_and_a_status(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "withallo_server", "--sandbox", "serve", "--host", "0.0.0.0", "--port", "0"],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={**os.environ, "ALLO_DATA_DIR": str(tmp_path)},
    )

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("withallo-mcp: not served on 0.0.0.0. Set who may call: ALLO_TOKENS")
    assert result.stderr.count("\n") == 1


def test_a_token_is_made_for_its_user_and_hashed_for_us(tmp_path: Path, started: Any) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "withallo_server", "token", "desk", "--scope", "allo:read"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    secret = re.search(r"wam_\S+", made.stderr)
    assert secret is not None
    assert secret[0] not in made.stdout

    with started(tmp_path, "--sandbox", ALLO_TOKENS=made.stdout.strip()) as it:
        assert httpx.post(it.url, json={}).status_code == 401
        answer = httpx.post(it.url, json={}, headers={"authorization": f"Bearer {secret[0]}"})
        assert answer.status_code != 401


async def _listen(url: str, era: Era, is_listening: anyio.Event) -> None:
    """Listen until the server ends the stream; whatever it says then is the client's to bear."""
    try:
        async with Client(url, mode=era) as client:
            if era == "legacy":
                is_listening.set()
                await anyio.sleep_forever()
            async with client.listen(resource_subscriptions=["allo://events/recent"]) as stream:
                is_listening.set()
                async for _ in stream:
                    pass
    except* (MCPError, httpx2.HTTPError):
        pass


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_it_ends_within_five_seconds_while_clients_listen(tmp_path: Path, started: Any, era: Era) -> None:
    with started(tmp_path, "--sandbox") as it:
        async with anyio.create_task_group() as tasks:
            listening = [anyio.Event() for _ in range(3)]
            for event in listening:
                tasks.start_soon(_listen, it.url, era, event)
            with anyio.fail_after(20):
                for event in listening:
                    await event.wait()
            seconds = await anyio.to_thread.run_sync(it.stop)
            tasks.cancel_scope.cancel()

        assert seconds < 5
        assert "Traceback" not in it.log.read_text()


def test_a_setting_that_is_none_is_told_for_a_slip_may_leave_something_open(tmp_path: Path, started: Any) -> None:
    with started(tmp_path, "--sandbox", ALLO_READONLY="1", ALLO_HOST="127.0.0.1") as it:
        said = it.log.read_text()

    assert "ALLO_READONLY is no setting and changes nothing; did you mean ALLO_READ_ONLY?" in said
    assert "ALLO_HOST" not in said


def test_health_and_readiness_are_told_apart_from_strangers_questions(tmp_path: Path, started: Any) -> None:
    with started(tmp_path, "--sandbox") as it:
        base = it.url.removesuffix("/mcp")

        assert httpx.get(f"{base}/healthz").json() == {"status": "ok"}
        assert httpx.get(f"{base}/readyz").json() == {"status": "ready"}
        assert "allo_http_responses_total" in httpx.get(f"{base}/metrics").text
        assert httpx.post(f"{base}/webhooks/allo/wrong-token", content=b"{}").status_code == 404
        assert httpx.get(f"{base}/readyz").headers["x-content-type-options"] == "nosniff"


def test_no_secret_is_in_what_it_logs_answers_or_counts(tmp_path: Path, started: Any) -> None:
    secrets = {
        "ALLO_API_KEY": "ak_live_canary0000000001",
        "ALLO_WEBHOOK_TOKEN": "canary-webhook-token-0001",
        "ALLO_STATE_KEYS": "canary-state-key-" + "0" * 32,
        "ALLO_OAUTH_CLIENT_SECRET": "canary-client-secret-0001",
        "ALLO_TOKENS": HASH,
        "ALLO_LOG_LEVEL": "DEBUG",
        "ALLO_BASE_URL": "http://127.0.0.1:1",
    }
    with started(tmp_path, **secrets) as it:
        base = it.url.removesuffix("/mcp")
        seen = ""
        for path in ("/mcp", "/metrics", "/readyz", "/nothing"):
            for value in ("Bearer canary-guess-0001", "Api-Key ak_live_canary-guess", "Basic Y2FuYXJ5"):
                answer = httpx.post(base + path, json={"a": 1}, headers={"authorization": value})
                seen += answer.text + str(answer.headers)
        it.stop()
        seen += it.log.read_text()

    for value in (*secrets.values(), "canary-guess"):
        if value not in ("DEBUG", "http://127.0.0.1:1"):
            assert value not in seen


@pytest.mark.anyio
async def test_the_key_that_seals_questions_is_the_same_for_every_instance(tmp_path: Path) -> None:
    keys = set[str]()

    async def ask() -> None:
        database = await Database.open(tmp_path / "shared.sqlite3")
        keys.add(await shared_state_key(database))
        await database.close()

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(ask)

    assert len(keys) == 1
    assert len(keys.pop()) >= 32
