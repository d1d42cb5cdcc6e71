"""Builds `dist/withallo-mcp-<version>.mcpb`, the bundle that Claude Desktop installs, and checks it.

The bundle is the source and a manifest; Claude Desktop lets its own uv fetch what it depends on. Where npx is
installed the official validator looks at it, where uv is installed the unpacked bundle is started as its manifest says
and asked something.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STAGE = ROOT / "build" / "mcpb"
PARTS = ("client", "tools", "server", "sandbox", "pyproject.toml", "README.md", "LICENSE")
VALIDATOR = "@anthropic-ai/mcpb@2.1.2"
FIXED_TIME = (2026, 1, 1, 0, 0, 0)
REQUESTS = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bundle", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/call", "params": {"name": "list_numbers", "arguments": {}}},
)


def main() -> None:
    """Stage, validate, pack and start."""
    version = stage()
    validate()
    target = pack(ROOT / "dist" / f"withallo-mcp-{version}.mcpb")
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KiB")
    start(target)


def stage() -> str:
    """Put what the bundle holds into a folder.

    Returns:
        The version in its manifest.
    """
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, STAGE / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, STAGE / part)
    shutil.copy(ROOT / "docs" / "listings" / "icon.png", STAGE / "icon.png")
    shutil.copy(ROOT / "docs" / "listings" / "mcpb" / "manifest.json", STAGE / "manifest.json")
    return str(json.loads((STAGE / "manifest.json").read_text(encoding="utf-8"))["version"])


def validate() -> None:
    """Let the official tool read the manifest."""
    npx = shutil.which("npx")
    if npx is None:
        print("npx is not installed: the manifest was not validated by the official tool.")
        return
    subprocess.run([npx, "-y", VALIDATOR, "validate", str(STAGE / "manifest.json")], check=True)


def pack(target: Path) -> Path:
    """Zip the folder, the same bytes every time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in STAGE.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(STAGE).as_posix(), FIXED_TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def start(bundle: Path) -> None:
    """Unpack the bundle, start it as its manifest says and somebody would who only ticks the embedded account."""
    if shutil.which("uv") is None:
        print("uv is not installed: the bundle was not started.")
        return
    folder = ROOT / "build" / "mcpb-unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    with tempfile.TemporaryDirectory() as home:
        command, environment = launch(folder, {"sandbox": True})
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLO_")}
        began = time.monotonic()
        answer = call(command, {**kept, **environment, "ALLO_DATA_DIR": home})
    if "New York" not in answer:
        sys.exit(f"the bundle answered {answer[:500]!r}")
    print(f"The bundle answers a tool call {time.monotonic() - began:.1f} s after it was unpacked.")


def launch(folder: Path, chosen: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """What Claude Desktop starts: the manifest's command with settings filled in, as the format says.

    Args:
        folder: Where the bundle was unpacked.
        chosen: What the user filled in; everything else has its default, or stays a placeholder.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    values = {name: each["default"] for name, each in manifest["user_config"].items() if "default" in each}
    filled = {"__dirname": str(folder)} | {
        f"user_config.{name}": value for name, value in (values | {**chosen}).items()
    }

    def fill(text: str) -> str:
        for name, value in filled.items():
            text = text.replace(f"${{{name}}}", str(value).lower() if isinstance(value, bool) else str(value))
        return text

    start_of = manifest["server"]["mcp_config"]
    return (
        [start_of["command"], *map(fill, start_of["args"])],
        {name: fill(value) for name, value in start_of["env"].items()},
    )


def call(command: list[str], environment: dict[str, str]) -> str:
    """Start a server as a client does, call a tool, hang up; gives the answer."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    process.stdin.writelines(json.dumps({"jsonrpc": "2.0", **request}) + "\n" for request in REQUESTS)
    process.stdin.flush()
    answer = next((line for line in process.stdout if json.loads(line).get("id") == 2), "")
    process.stdin.close()
    process.wait(30)
    return answer


if __name__ == "__main__":
    main()
