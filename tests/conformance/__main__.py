"""Runs the official conformance suite and the Inspector on the production server: python -m tests.conformance.

Needs npx; Node 22 comes through it. The production server is asked first, then the same with fixtures.
"""

import asyncio
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
from tests.conformance import fixtures

from withallo_server.factory import build_server
from withallo_server.http.app import build_web
from withallo_server.http.gatekeeper import Doors
from withallo_server.http.runtime import HttpRuntime
from withallo_server.listening import bind, serve
from withallo_server.settings import Settings

LEGACY, MODERN = "@modelcontextprotocol/conformance@0.1.16", "@modelcontextprotocol/conformance@0.2.0-alpha.12"
INSPECTOR = "@modelcontextprotocol/inspector@2.12"
INSPECTED = (
    ("tools/list", "--strict"),
    ("resources/list",),
    ("resources/templates/list",),
    ("prompts/list",),
    ("tools/call", "--tool-name", "list_numbers"),
    ("resources/read", "--uri", "allo://numbers"),
    ("prompts/get", "--prompt-name", "end_of_day"),
)
NODE = ("-y", "-p", "node@22", "-p")

WITHOUT_FIXTURES = {
    LEGACY: (
        "server-initialize",
        "ping",
        "completion-complete",
        "tools-list",
        "resources-list",
        "resources-subscribe",
        "resources-unsubscribe",
        "prompts-list",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
    ),
    MODERN: (
        "resources-list",
        "prompts-list",
        "server-sse-multiple-streams",
        "sep-2164-resource-not-found",
        "caching",
        "dns-rebinding-protection",
        "http-header-validation",
        "input-required-result-missing-input-response",
        "input-required-result-unsupported-methods",
        "input-required-result-ignore-extra-params",
        "input-required-result-validate-input",
    ),
}
"""Scenarios that any sound server passes as it is."""


def main() -> None:
    """Run everything; the exit status says whether all of it passed."""
    npx = shutil.which("npx")
    if npx is None:
        sys.exit("npx is needed: install Node.js")
    failed: list[str] = []
    with served(with_fixtures=False) as url:
        for suite, wanted in WITHOUT_FIXTURES.items():
            passed = _run_suite(npx, suite, url)
            failed += [f"{suite} {name}" for name in wanted if name not in passed]
        failed += _inspect(npx, url)
    with served(with_fixtures=True) as url:
        for suite in (LEGACY, MODERN):
            failed += [f"{suite} {name}, with fixtures" for name in _failures(npx, suite, url)]
    _say("\n".join(failed) or "Everything passed.")
    sys.exit(bool(failed))


def _run_suite(npx: str, suite: str, url: str) -> set[str]:
    return {name for mark, name in _results(npx, suite, url) if mark == "✓"}


def _failures(npx: str, suite: str, url: str) -> list[str]:
    return [name for mark, name in _results(npx, suite, url) if mark == "✗"]


def _results(npx: str, suite: str, url: str) -> list[tuple[str, str]]:
    choice = ["--suite", "active"] if suite == LEGACY else ["--requirements", "2026-07-28"]
    output = _npx(npx, suite, "conformance", "server", "--url", url, *choice).stdout
    scored, _, rest = output.partition("Not scored")
    unscored = set(re.findall(r"[✓✗] ([\w-]+) \(", rest))
    results = re.findall(r"^([✓✗]) ([\w-]+): ", scored.partition("=== SUMMARY ===")[2] or scored, re.MULTILINE)
    passed = sum(1 for mark, _ in results if mark == "✓")
    _say(f"{suite}: {passed} of {len(results)} scenarios, {len(unscored)} of them not scored")
    return [(mark, name) for mark, name in results if name not in unscored or mark == "✓"]


def _inspect(npx: str, url: str) -> list[str]:
    stdio = [sys.executable, "-m", "withallo_server", "--sandbox"]
    failed = []
    for era, (place, target) in itertools.product(
        ("legacy", "modern"), {"stdio": stdio, "http": [url, "--transport", "http"]}.items()
    ):
        for method in INSPECTED:
            result = _npx(
                npx,
                INSPECTOR,
                "mcp-inspector",
                "--cli",
                *target,
                "--protocol-era",
                era,
                "--method",
                *method,
            )
            if result.returncode:
                failed.append(f"inspector, {place}, {era}, {method[0]}: {result.stderr[-500:]}")
        _say(f"inspector, {place}, {era}: tools/list --strict and {len(INSPECTED) - 1} more methods")
    return failed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _npx(npx: str, package: str, *command: str) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MCP_CATALOG_PATH": str(Path(folder) / "catalog.json"), "ALLO_DATA_DIR": folder}
        return subprocess.run(
            [npx, *NODE, package, *command], check=False, capture_output=True, text=True, timeout=600, env=environment
        )


@contextmanager
def served(*, with_fixtures: bool) -> Iterator[str]:
    """The production server on the embedded account, in a thread of its own."""
    started = threading.Event()
    address: list[str] = []
    stop: list[tuple[asyncio.AbstractEventLoop, anyio.Event]] = []

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(sandbox=True, data_dir=Path(folder), log_level="CRITICAL")
            runtime = HttpRuntime(settings)
            server = build_server(settings, runtime=runtime)
            if with_fixtures:
                fixtures.install(server)
            web = build_web(server, runtime, Doors(), on_loopback=True)
            bound = bind("127.0.0.1:0")
            address.append(f"http://127.0.0.1:{bound.getsockname()[1]}/mcp")
            async with server.session_manager.run(), anyio.create_task_group() as tasks:
                await tasks.start(serve, web.app, bound)
                ended = anyio.Event()
                stop.append((asyncio.get_running_loop(), ended))
                started.set()
                await ended.wait()
                web.drain()
                tasks.cancel_scope.cancel()

    thread = threading.Thread(target=anyio.run, args=(run,), daemon=True)
    thread.start()
    started.wait(30)
    try:
        yield address[0]
    finally:
        loop, ended = stop[0]
        loop.call_soon_threadsafe(ended.set)
        thread.join(15)


if __name__ == "__main__":
    main()
