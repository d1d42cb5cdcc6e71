import importlib.util
import json
import re
import struct
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from withallo_client import __version__
from withallo_server.settings import load_settings
from withallo_tools.catalog import TOOLS

ROOT = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"listings_{name}", ROOT / "docs" / "listings" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATED: dict[str, str] = script("generate").listings()


def read(name: str) -> Any:
    return json.loads(GENERATED[name])


@pytest.mark.parametrize("name", GENERATED)
def test_the_committed_file_is_what_would_be_generated(name: str) -> None:
    committed = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).exists() else ""

    assert committed == GENERATED[name], "run: python docs/listings/generate.py"


def test_the_registry_entry_keeps_the_rules_of_the_registry() -> None:
    entry = read("server.json")

    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert 1 <= len(entry["description"]) <= 100
    assert entry["version"] == entry["packages"][0]["version"] == __version__
    secrets = {each["name"] for each in entry["packages"][0]["environmentVariables"] if each["isSecret"]}
    assert secrets >= {"ALLO_API_KEY", "ALLO_DATABASE_URL", "ALLO_WEBHOOK_SECRETS", "ALLO_WEBHOOK_TOKEN"}
    assert secrets >= {"ALLO_OAUTH_CLIENT_SECRET", "ALLO_STATE_KEYS", "ALLO_TOKENS"}
    assert not secrets & {"ALLO_REGION", "ALLO_TOKENS_FILE", "ALLO_OAUTH_CLIENT_ID"}


def test_the_readme_names_the_registry_entry_so_that_the_registry_believes_it() -> None:
    assert f"mcp-name: {read('server.json')['name']}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_bundle_asks_for_the_key_as_a_secret_and_starts_with_uv() -> None:
    manifest = read("docs/listings/mcpb/manifest.json")

    assert manifest["manifest_version"] == "0.4"
    assert manifest["server"]["type"] == "uv"
    assert manifest["user_config"]["api_key"]["sensitive"]
    assert manifest["server"]["mcp_config"]["env"]["ALLO_API_KEY"] == "${user_config.api_key}"
    used = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps(manifest["server"])))
    assert used == set(manifest["user_config"])
    assert (ROOT / manifest["server"]["entry_point"]).is_file()
    assert all({"type", "title", "description"} <= set(setting) for setting in manifest["user_config"].values())
    assert {tool["name"] for tool in manifest["tools"]} == {tool.__name__ for tool in TOOLS}


def test_the_bundle_has_what_it_needs_to_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = script("bundle")
    monkeypatch.setattr(bundle, "STAGE", tmp_path / "stage")

    bundle.stage()
    first = bundle.pack(tmp_path / "first.mcpb").read_bytes()

    project = tomllib.loads((tmp_path / "stage" / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert all((tmp_path / "stage" / package).is_dir() for package in packages)
    assert (tmp_path / "stage" / "manifest.json").is_file()
    assert not any("__pycache__" in path.parts for path in (tmp_path / "stage").rglob("*"))
    assert first == bundle.pack(tmp_path / "second.mcpb").read_bytes()


@pytest.mark.parametrize(
    "chosen",
    [{}, {"sandbox": True}, {"api_key": "ak_live_x"}, {"api_key": "ak_live_x", "region": "FR", "read_only": True}],
)
def test_what_a_user_leaves_empty_in_the_bundle_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chosen: dict[str, Any]
) -> None:
    (tmp_path / "manifest.json").write_text(GENERATED["docs/listings/mcpb/manifest.json"])

    command, environment = script("bundle").launch(tmp_path, chosen)

    assert str(tmp_path) in command
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.sandbox is chosen.get("sandbox", False)
    assert settings.region == chosen.get("region")
    assert (settings.api_key is not None) is ("api_key" in chosen)


@pytest.mark.parametrize("name", [".claude-plugin/plugin.json", ".cursor-plugin/plugin.json"])
def test_a_plugin_names_folders_that_exist(name: str) -> None:
    plugin = read(name)
    skills = plugin["skills"] if isinstance(plugin["skills"], list) else [plugin["skills"]]

    assert all((ROOT / folder / "SKILL.md").is_file() for folder in skills)
    assert plugin["version"] == __version__
    assert "env" not in plugin["mcpServers"]["allo"], "the key comes from the keyring"


def test_smithery_can_read_its_file() -> None:
    content = yaml.safe_load(GENERATED["smithery.yaml"])

    assert content["startCommand"]["configSchema"]["properties"]["apiKey"]["type"] == "string"
    assert "--sandbox" in content["startCommand"]["commandFunction"]


def test_the_icon_is_a_square_png_of_at_least_256_pixels() -> None:
    header = (ROOT / "docs" / "listings" / "icon.png").read_bytes()[:24]
    width, height = struct.unpack(">II", header[16:24])

    assert header.startswith(b"\x89PNG")
    assert width == height >= 256
