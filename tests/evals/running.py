"""Asks one question on an account of its own, and writes down what the model said and did."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import httpx
from tests.evals.questions import Question, Step

from withallo_sandbox import Sandbox
from withallo_sandbox.serve import serve

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

ANSWER_SECONDS = 300
_ID = re.compile(r"cll-\w+")


@dataclass(frozen=True)
class Outcome:
    """What came of a question.

    Attributes:
        missing: Facts that the answer does not hold, and what is wrong with the texts delivered.
        calls: The tools called, in order.
        tokens: What the tools' answers cost, o200k_base.
    """

    question: Question
    answer: str
    missing: tuple[str, ...]
    calls: tuple[str, ...]
    tokens: int
    seconds: float

    @property
    def right(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def run(question: Question, command: str | None) -> Outcome:
    """Ask a model by its command line, or carry out the question's own plan when there is none.

    Args:
        question: What to ask.
        command: Words with `{question}` and `{config}` in them, the latter the path of an `mcpServers` file.
    """
    with tempfile.TemporaryDirectory() as folder, account() as (sandbox, address):
        for control, body in question.arrives.items():
            httpx.post(f"{address}/_sandbox/{control}", json=body).raise_for_status()
        log, config = Path(folder, "traffic.log"), Path(folder, "mcp.json")
        server = _server(folder, address, log)
        config.write_text(json.dumps({"mcpServers": {"allo": server}}), encoding="utf-8")
        began = time.monotonic()
        answer = _ask(command, question.ask, config) if command else anyio.run(_follow, question.plan, server)
        seconds = time.monotonic() - began
        calls, tokens = _read(log)
        missing = [fact.name for fact in question.facts(sandbox) if not fact.check(answer)]
        return Outcome(question, answer, (*missing, *_wrong_texts(question, sandbox)), calls, tokens, seconds)


@contextmanager
def account() -> Iterator[tuple[Sandbox, str]]:
    """A fresh account on a free port."""
    sandbox = Sandbox(rate_limits=False)
    with anyio.from_thread.start_blocking_portal() as portal:
        cancelled, address = portal.start_task(serve, sandbox)
        yield sandbox, address
        cancelled.cancel()


def _server(folder: str, address: str, log: Path) -> dict[str, Any]:
    environment = {
        "ALLO_API_KEY": "ak_live_sandbox",
        "ALLO_BASE_URL": address,
        "ALLO_DATA_DIR": str(Path(folder, "data")),
        "ALLO_TIMEZONE": "Europe/Paris",
        "ALLO_CONSENT": "allow",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH", "")))),
    }
    recorded = ["-m", "tests.evals.recorder", str(log), sys.executable, "-m", "withallo_server"]
    return {"command": sys.executable, "args": recorded, "env": environment}


def _ask(command: str, question: str, config: Path) -> str:
    words = [word.replace("{question}", question).replace("{config}", str(config)) for word in shlex.split(command)]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


async def _follow(plan: tuple[Step, ...], server: dict[str, Any]) -> str:
    """Carry out a plan with the SDK's own client; the tools' answers are the answer."""
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters
    from mcp.types import TextContent

    said: list[str] = []
    async with Client(StdioServerParameters(**{**server, "env": {**os.environ, **server["env"]}})) as client:
        for step in plan:
            found = _ID.search(said[-1]) if said else None
            arguments = {
                name: found[0] if value == "$id" and found else value for name, value in step.arguments.items()
            }
            result = await client.call_tool(step.tool, arguments)
            said.append("\n".join(part.text for part in result.content if isinstance(part, TextContent)))
    return "\n".join(said)


def _read(log: Path) -> tuple[tuple[str, ...], int]:
    """The tools that were called, and what their answers cost."""
    tokens, asked = 0, {}
    encoding = bpe_openai.get_encoding("o200k_base")
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        message = json.loads(line[2:])
        if message.get("method") == "tools/call":
            asked[message["id"]] = message["params"]["name"]
        elif message.get("id") in asked and "result" in message and line.startswith("<"):
            parts = message["result"].get("content", ())
            tokens += sum(len(encoding.encode(part.get("text", ""))) for part in parts)
    return tuple(asked.values()), tokens


def _wrong_texts(question: Question, sandbox: Sandbox) -> list[str]:
    delivered = [(message.contact_number, message.content.casefold()) for message in sandbox.sent]
    wanted = list(question.texts)
    for recipient, word in question.texts:
        match = next((text for text in delivered if text[0] == recipient and word in text[1]), None)
        if match:
            delivered.remove(match)
            wanted.remove((recipient, word))
    return [f"no text to {recipient}" for recipient, _ in wanted] + [f"a text to {to}" for to, _ in delivered]
