"""Starts this server as a client would and talks to it."""

import contextlib
import json
import os
import subprocess
import time
from tempfile import TemporaryFile
from typing import Any

import anyio
import anyio.abc

from withallo_server.credentials import CredentialError, source_of_key
from withallo_server.doctor.findings import Finding, green, red
from withallo_server.install.launch import this_server
from withallo_server.settings import Settings

SECONDS = 30.0
_MEND = "run it by hand and read what it says: withallo-mcp --log-level DEBUG </dev/null"
_HELLO = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "withallo-doctor", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}},
)


async def check_itself(settings: Settings) -> list[Finding]:
    """The server starts, answers, offers tools, and puts nothing but the protocol on stdout."""
    has_key = settings.sandbox or _has_key(settings)
    launch = this_server(["--sandbox"] if settings.sandbox or not has_key else [])
    environment = {name: value for name, value in os.environ.items() if name != "ALLO_LISTEN"}
    with TemporaryFile() as complaints:
        began = time.monotonic()
        try:
            process = await anyio.open_process(
                [launch.command, *launch.args], env=environment, stdin=subprocess.PIPE, stderr=complaints
            )
        except OSError as error:
            return [red("handshake", f"{launch.command} cannot be started ({error.strerror}).", _MEND)]
        lines = await _converse_in_time(process)
        seconds = time.monotonic() - began
        complaints.seek(0)
        complaint = complaints.readline(300).decode("utf-8", "replace").strip()
    where = "" if has_key else " on the embedded account, for want of a key"
    return [_handshake(lines, seconds, complaint, where), _purity(lines)]


def _has_key(settings: Settings) -> bool:
    try:
        return source_of_key(settings) is not None
    except CredentialError:
        return False


async def _converse_in_time(process: anyio.abc.Process) -> list[bytes]:
    async with process:
        try:
            with anyio.fail_after(SECONDS):
                return await _converse(process)
        except (TimeoutError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return []
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def _converse(process: anyio.abc.Process) -> list[bytes]:
    """Say hello, ask for the tools, hang up, and take everything that comes."""
    if process.stdin is None or process.stdout is None:
        return []
    for message in _HELLO:
        await process.stdin.send(json.dumps(message).encode() + b"\n")
    taken = b""
    async for chunk in process.stdout:
        taken += chunk
        if any(_read(line).get("id") == 2 for line in taken.splitlines()):
            await process.stdin.aclose()
    return taken.splitlines()


def _handshake(lines: list[bytes], seconds: float, complaint: str, where: str) -> Finding:
    results = {message.get("id"): message.get("result") for message in map(_read, lines)}
    result, listed = results.get(1), results.get(2)
    tools = listed.get("tools") if isinstance(listed, dict) else None
    if not isinstance(result, dict) or not isinstance(tools, list):
        said = f" It said: {complaint}" if complaint else ""
        return red("handshake", f"The server did not get as far as listing its tools.{said}", _MEND)
    text = f"The server answers (protocol {result.get('protocolVersion')}) and offers {len(tools)} tools{where}"
    return green("handshake", f"{text}, {seconds:.1f} s from start to end.")


def _purity(lines: list[bytes]) -> Finding:
    stray = [line for line in lines if line.strip() and _read(line).get("jsonrpc") != "2.0"]
    if stray:
        start = stray[0][:60].decode("utf-8", "replace")
        text = f"Something else than the protocol is written to stdout, beginning with {start!r}."
        return red("stdout", text, "look for a wrapper script, a sitecustomize or a .pth file that prints")
    return green("stdout", "Nothing but the protocol is on stdout.")


def _read(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
