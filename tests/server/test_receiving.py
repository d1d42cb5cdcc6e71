"""Webhooks that reach the server over a real port, and the secret path they come by."""

import base64
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from withallo_server.factory import build_server
from withallo_server.listening import bind
from withallo_server.receiving import webhook_token
from withallo_server.settings import Settings, SettingsError
from withallo_tools.services import EventQuery

SECRET = "whsec_" + base64.b64encode(b"a signing secret of 32 bytes....").decode()
TOKEN = "a-secret-path-of-the-test"
BODY = json.dumps(
    {
        "topic": "sms.received",
        "version": "2.0",
        "timestamp": "2026-11-22T10:00:00Z",
        "data": {"id": "msg_1", "from_number": "+33612345678", "to_number": "+33199000010", "content": "hello"},
    }
)


def signed(body: str, secret: str = SECRET) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", now, body)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


@pytest.mark.anyio
async def test_a_signed_delivery_is_stored_once_and_a_forged_one_never(tmp_path: Path) -> None:
    settings = Settings(
        api_key=SecretStr("ak_live_1"),
        base_url="http://127.0.0.1:9",
        data_dir=tmp_path,
        webhook_secrets=(SecretStr(SECRET),),
        webhook_token=SecretStr(TOKEN),
    )
    server = build_server(settings)
    server.runtime.listener = bind("127.0.0.1:0")
    url = f"http://127.0.0.1:{server.runtime.listener.getsockname()[1]}/webhooks/allo"
    other = "whsec_" + base64.b64encode(b"the secret of somebody else.....").decode()
    async with server.runtime.running(), httpx.AsyncClient() as allo:
        for path, headers, expected in (
            (TOKEN, signed(BODY, other), 400),
            ("another-path", signed(BODY), 404),
            (TOKEN, signed(BODY), 200),
            (TOKEN, signed(BODY), 200),
        ):
            answer = await allo.post(f"{url}/{path}", content=BODY, headers=headers)
            assert answer.status_code == expected
            assert not answer.content
        page = await server.runtime.account.inbox.list(EventQuery())
    [event] = page.events
    assert event.event_id == "msg_1"
    assert event.verified


def test_the_path_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    token = webhook_token(settings)
    assert webhook_token(settings) == token
    assert len(token.get_secret_value()) >= 32
    [file] = (tmp_path / "new").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert webhook_token(Settings(data_dir=tmp_path / "other")) != token


def test_a_file_that_holds_no_token_gives_way_to_one_that_stays(tmp_path: Path) -> None:
    tmp_path.joinpath("webhook-token").write_bytes(b"\xff")
    token = webhook_token(Settings(data_dir=tmp_path))
    assert webhook_token(Settings(data_dir=tmp_path)) == token
    assert [file.name for file in tmp_path.iterdir()] == ["webhook-token"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
def test_a_token_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> tuple[int, str]:
        name = tmp_path / ".webhook-token-temporary"
        name.touch()
        return os.open("/dev/full", os.O_WRONLY), str(name)

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert webhook_token(Settings(data_dir=tmp_path)).get_secret_value()
    assert list(tmp_path.iterdir()) == []


def test_the_setting_is_the_path(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, webhook_token=SecretStr(TOKEN))
    assert webhook_token(settings).get_secret_value() == TOKEN
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_gives_a_path_for_this_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.joinpath("file").write_text("")
    token = webhook_token(Settings(data_dir=tmp_path / "file"))
    assert token.get_secret_value()
    assert "ALLO_WEBHOOK_TOKEN" in caplog.text
    assert token.get_secret_value() not in caplog.text


@pytest.mark.parametrize("address", ["no.such.host.invalid:1", "203.0.113.1:0"])
def test_an_address_that_is_not_ours_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(SettingsError, match="ALLO_LISTEN") as caught:
        bind(address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["serve", "--port"], "ALLO_HOST, ALLO_PORT (--host, --port)"),
        (["listen"], "HOST:PORT of listen"),
        (["--listen"], "ALLO_LISTEN (--listen)"),
    ],
)
def test_a_port_that_is_taken_is_blamed_on_what_named_it(tmp_path: Path, command: list[str], named: str) -> None:
    taken = bind("127.0.0.1:0")
    port = str(taken.getsockname()[1])
    arguments = [*command, port if command[0] == "serve" else f"127.0.0.1:{port}"]
    with taken:
        done = subprocess.run(
            [sys.executable, "-m", "withallo_server", "--sandbox", "--data-dir", str(tmp_path), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(f"withallo-mcp: {named}: cannot listen on 127.0.0.1:{port}: ")


def test_without_a_key_webhooks_are_taken_in_and_one_line_says_what_is_not_done(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "withallo_server", "--data-dir", str(tmp_path), "listen", "127.0.0.1:0"]
    environment = {**os.environ, "ALLO_WEBHOOK_SECRETS": SECRET, "ALLO_WEBHOOK_TOKEN": TOKEN}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("There is no API key: ")
        port = process.stderr.readline().partition("127.0.0.1:")[2].partition(";")[0]
        url = f"http://127.0.0.1:{port}/webhooks/allo/{TOKEN}"
        assert httpx.post(url, content=BODY, headers=signed(BODY)).status_code == 200
        process.terminate()
        assert "api_key must be" not in process.stderr.read()


@pytest.mark.parametrize("address", ["8787", "localhost", "localhost:http", "127.0.0.1:99999", "127.0.0.1:-1"])
def test_what_is_no_host_and_port_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(SettingsError, match="HOST:PORT"):
        bind(address)
