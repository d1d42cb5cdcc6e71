"""The audit log: complete, private, rotated, readable."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.types import ElicitResult, Implementation

from withallo_server.audit.log import GENERATIONS, AuditLog, Record, masked, read

TO, TEXT = "+12125550133", "The van comes at nine."
CALL = {"to": TO, "message": TEXT}


async def yes(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True})


async def no(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="decline")


def lines(world: Any) -> list[dict[str, Any]]:
    return list(read(world.folder / "sandbox"))


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_every_write_leaves_a_line(world: Any, era: Any) -> None:
    program = Implementation(name="claude-code", version="2.1")
    async with Client(world.server(), mode=era, elicitation_callback=yes, client_info=program) as client:
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-1"})
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-1"})
        world.fail("cut-before")
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-2"})
        world.fail("429")
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-3"})
    async with world.client(asks=no) as client:
        await client.call_tool("send_sms", {**CALL, "message": "Other words"})
    async with world.client(dry_run=True, consent="allow") as client:
        await client.call_tool("send_sms", {**CALL, "message": "Other words"})
    found = [(row["outcome"], row["consent"]) for row in lines(world) if row["outcome"] != "waiting"]
    assert found == [
        ("sent", "form"),
        ("replayed", "none"),
        ("unknown", "form"),
        ("not_sent", "form"),
        ("not_sent", "none"),
        ("dry_run", "policy"),
    ]
    first = next(row for row in lines(world) if row["outcome"] == "sent")
    assert first["tool"] == "send_sms"
    assert first["client"] == "claude-code 2.1"
    assert first["principal"] == "local"
    assert first["recipients"] == ["+12•••••••33"]
    assert first["key"] == "van-1"
    assert len(first["digest"]) == 64
    assert first["at"].endswith("+00:00")


@pytest.mark.anyio
async def test_names_and_texts_stay_out_unless_turned_on(world: Any) -> None:
    path = world.folder / "sandbox" / "audit.jsonl"
    async with world.client(asks=yes) as client:
        await client.call_tool("send_sms", CALL)
        written = path.read_text()
        for private in (TEXT, TO, "Sarah", "Whitfield", "ak_live_sandbox"):
            assert private not in written
    async with world.client(asks=yes, audit_bodies=True) as client:
        await client.call_tool("send_sms", {**CALL, "message": "With its text"})
    assert lines(world)[-1]["body"]["message"] == "With its text"
    assert "ak_live_sandbox" not in path.read_text()


@pytest.mark.anyio
async def test_a_client_that_leaves_during_the_request_leaves_a_line_that_says_unknown(world: Any) -> None:
    world.patience = 5.0
    world.fail("hang-after")
    async with world.client(consent="allow") as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "send_sms", {**CALL, "idempotency_key": "van-1"})
            with anyio.fail_after(20):
                while not world.sent:  # noqa: ASYNC110  # the account has no event to wait for
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
        with anyio.fail_after(20):
            while not lines(world):  # noqa: ASYNC110  # the line is written after the call is gone
                await anyio.sleep(0.01)
    assert [(row["outcome"], row["key"]) for row in lines(world)] == [("unknown", "van-1")]


@pytest.mark.anyio
async def test_a_database_that_goes_away_during_the_request_leaves_a_line_that_says_unknown(
    world: Any, words: Any
) -> None:
    world.patience = 1.0
    world.fail("hang-after")
    results = []
    async with world.client(consent="allow") as client:

        async def send() -> None:
            results.append(await client.call_tool("send_sms", CALL))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            with anyio.fail_after(20):
                while not world.sent:  # noqa: ASYNC110  # the account has no event to wait for
                    await anyio.sleep(0.01)
            with sqlite3.connect(world.folder / "sandbox" / "withallo.sqlite3") as database:
                database.execute("ALTER TABLE outbox RENAME TO away")
    (line,) = lines(world)
    assert line["outcome"] == "unknown"
    assert line["key"] in words(results[0])
    assert "may or may not have been sent" in words(results[0])


@pytest.mark.anyio
async def test_after_an_edit_the_line_is_about_what_was_sent(world: Any) -> None:
    async def edit(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"approve": True, "text": "Ten, not nine."})

    async with world.client(asks=edit, audit_bodies=True) as client:
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-1"})
        await client.call_tool("send_sms", {**CALL, "message": "Ten, not nine.", "idempotency_key": "van-2"})
        await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-1"})
    edited, same, again = (row for row in lines(world) if row["outcome"] != "waiting")
    assert edited["body"]["message"] == "Ten, not nine."
    assert edited["digest"] == same["digest"]
    assert edited["asked_digest"] == again["digest"] != edited["digest"]
    assert "asked_digest" not in again


@pytest.mark.anyio
@pytest.mark.skipif(os.name != "posix", reason="file modes")
async def test_only_the_owner_can_read_it(world: Any) -> None:
    async with world.client(asks=yes) as client:
        await client.call_tool("send_sms", CALL)
    path = world.folder / "sandbox" / "audit.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.anyio
async def test_a_log_that_cannot_be_written_is_told_and_does_not_hide_a_send(
    world: Any, words: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (world.folder / "sandbox" / "audit.jsonl").mkdir(parents=True)
    async with world.client(asks=yes) as client:
        assert not (await client.call_tool("send_sms", CALL)).is_error
    assert "audit log cannot be written" in caplog.text
    assert len(world.sent) == 1


def record(number: int) -> Record:
    return Record(
        at=f"2026-03-10T10:00:{number % 60:02d}+00:00",
        account="default",
        client="test 1",
        principal="local",
        tool="send_sms",
        recipients=(masked(TO),),
        digest="0" * 64,
        key=str(number),
        outcome="sent",
        consent="form",
    )


def content_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.anyio
async def test_it_rotates_and_keeps_a_few_generations(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, largest=1_000)
    for number in range(60):
        await log.write(record(number))
    files = sorted(content_of(tmp_path))
    assert files == ["audit.jsonl", *(f"audit.jsonl.{n}" for n in range(1, GENERATIONS + 1))]
    assert all(len(text) < 1_400 for text in content_of(tmp_path).values())
    keys = [int(row["key"]) for row in read(tmp_path)]
    assert keys == list(range(keys[0], 60))


@pytest.mark.anyio
async def test_concurrent_writers_do_not_mix_lines(tmp_path: Path) -> None:
    logs = [AuditLog(tmp_path, largest=3_000) for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(logs[number % 3].write, record(number))
    text = "".join(content_of(tmp_path).values())
    assert all(json.loads(line)["tool"] == "send_sms" for line in text.splitlines())


@pytest.mark.parametrize(
    ("number", "shown"), [(TO, "+12•••••••33"), ("+33612345678", "+33•••••••78"), ("36111", "•••••")]
)
def test_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.anyio
async def test_the_command_reads_it(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    await log.write(record(1))
    with log.path.open("a") as file:
        file.write("not json\n[1]\n")
    await log.write(replace(record(2), client="[red]\x1b]0;evil\x07[/red]"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "withallo_server", "--data-dir", str(tmp_path), "audit", *arguments]
        environment = {**os.environ, "ALLO_API_KEY": "ak_live_sandbox", "COLUMNS": "200"}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    shown = await anyio.to_thread.run_sync(run)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("send_sms") == 2
    assert "[red]" in shown.stdout
    assert "\x1b]" not in shown.stdout
    as_json = await anyio.to_thread.run_sync(run, "--json", "--last")
    assert as_json.returncode == 2
    rows = await anyio.to_thread.run_sync(lambda: run("--json", "--outcome", "sent", "--since", "2026-03-10"))
    assert [json.loads(line)["key"] for line in rows.stdout.splitlines()] == ["1", "2"]
    recent = await anyio.to_thread.run_sync(lambda: run("--json", "--since", "yesterday"))
    assert (recent.returncode, recent.stdout) == (0, "")
    for option, value, told in (("--since", "soonish", "last 7 days"), ("--outcome", "foo", "not_sent")):
        wrong = await anyio.to_thread.run_sync(run, option, value)
        assert wrong.returncode == 2
        assert option in wrong.stderr
        assert told in wrong.stderr
