"""From an empty home to a tool call, timed, with each way to install.

Run by `make fresh` as `python tests/fresh.py dist/*.whl`. Installers that are not there are left out and named.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

from withallo_server.install.clients import CLIENTS, ClientApp

REQUESTS = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "fresh", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/call", "params": {"name": "list_numbers", "arguments": {}}},
)


def main(wheel: str) -> None:
    """Install with every installer, connect clients, call a tool; the first installer connects every client we know."""
    clients = CLIENTS
    for name, commands in ways(wheel).items():
        if shutil.which(commands[0][0]) is None:
            sys.stdout.write(f"{name}: not on this machine\n")
            continue
        with tempfile.TemporaryDirectory() as home:
            began = time.monotonic()
            environment = environment_of(home)
            for command in commands:
                run([part.replace("~", home) for part in command], environment)
            program = str(next(path for path in places(home) if path.exists()))
            for client in clients:
                connect(program, client, home, environment)
                sys.stdout.write(f"{name}, {client.title}: a tool call after {time.monotonic() - began:.1f} s\n")
                began = time.monotonic()
        clients = CLIENTS[:1]


def connect(program: str, client: ClientApp, home: str, environment: dict[str, str]) -> None:
    """Let the program write a client's file, and start what the file says as the client does: without a shell."""
    said = run([program, "install", client.name, "--sandbox", "--yes"], environment)
    found = re.search(r"^Wrote (.+)\.$", said, re.MULTILINE)
    if found is None or not found[1].startswith(home):
        sys.exit(f"{client.title}: nothing was written at home:\n{said}")
    text = pathlib.Path(found[1]).read_text(encoding="utf-8")
    entry = (tomllib.loads(text) if client.format == "toml" else json.loads(text))[client.key]["allo"]
    words = entry["command"] if client.shape == "opencode" else [entry["command"], *entry["args"]]
    answer = call(words, {"HOME": home, "PATH": "/usr/bin:/bin"})
    if "New York" not in answer:
        sys.exit(f"{client.title}: the tool call answered {answer[:500]}")


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command and give what it says."""
    result = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def ways(wheel: str) -> dict[str, list[list[str]]]:
    """The commands of each installer; ~ stands for the empty home."""
    return {
        "pip": [[sys.executable, "-m", "venv", "~/venv"], ["~/venv/bin/pip", "install", "-q", wheel]],
        "uv tool install": [["uv", "tool", "install", "-q", wheel]],
        "pipx": [["pipx", "install", wheel]],
    }


def places(home: str) -> list[pathlib.Path]:
    """Where an installer may have put the program."""
    return [pathlib.Path(home) / part / "withallo-mcp" for part in ("venv/bin", ".local/bin")]


def environment_of(home: str) -> dict[str, str]:
    """The environment of somebody who just got this machine; where packages come from stays as it is."""
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_")) or name == "PATH"
    }
    configuration = pathlib.Path.home() / ".config/uv/uv.toml"
    if configuration.exists():
        kept["UV_CONFIG_FILE"] = str(configuration)
    return {**kept, "HOME": home, "XDG_DATA_HOME": f"{home}/.local/share"}


def call(command: list[str], environment: dict[str, str]) -> str:
    """Start a server as a client does, call a tool, hang up."""
    lines = "".join(json.dumps({"jsonrpc": "2.0", **request}) + "\n" for request in REQUESTS)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines)
    process.stdin.flush()
    answer = next((line for line in process.stdout if json.loads(line).get("id") == 2), "")
    process.stdin.close()
    process.wait(30)
    return answer


if __name__ == "__main__":
    main(str(pathlib.Path(sys.argv[1]).resolve()))
