"""Builds `dist/withallo-mcp-<version>.mcpb`, the bundle that Claude Desktop installs, and checks it.

The bundle is the source and a manifest; Claude Desktop lets its own uv fetch what it depends on. Where npx is
installed the official validator looks at it, where uv is installed the unpacked bundle is started once.
"""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAGE = ROOT / "build" / "mcpb"
PARTS = ("client", "tools", "server", "sandbox", "pyproject.toml", "README.md", "LICENSE")
VALIDATOR = "@anthropic-ai/mcpb@2.1.2"
FIXED_TIME = (2026, 1, 1, 0, 0, 0)


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
    """Unpack the bundle and start it as its manifest says, up to its version."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is not installed: the bundle was not started.")
        return
    folder = ROOT / "build" / "mcpb-unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    command = [uv, "run", "--quiet", "--no-dev", "--directory", str(folder), "withallo-mcp", "--version"]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), "starts from the bundle.")


if __name__ == "__main__":
    main()
