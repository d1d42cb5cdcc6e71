"""Writes every listing of this server from one source: facts.toml, pyproject.toml, the settings, the catalog of tools.

Run it without arguments; `tests/test_listings.py` checks that the committed files are what it would write.
"""

import base64
import inspect
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from withallo_client import __version__
from withallo_server.settings import Option, options
from withallo_tools.catalog import TOOLS

ROOT = Path(__file__).parents[2]
OFFERED = ("api_key", "sandbox", "read_only", "region", "timezone")
ENTRY = {"command": "uvx", "args": ["withallo-mcp"]}

_project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_facts = tomllib.loads((ROOT / "docs" / "listings" / "facts.toml").read_text(encoding="utf-8"))
_settings = {option.field: option for option in options()}


def main() -> None:
    """Write every file."""
    for name, text in listings().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def listings() -> dict[str, str]:
    """The text of every generated file, by its path from the root of the project."""
    return {
        "server.json": _json(registry()),
        "glama.json": _json(
            {"$schema": "https://glama.ai/mcp/schemas/server.json", "maintainers": _facts["maintainers"]}
        ),
        "smithery.yaml": smithery(),
        "docs/listings/mcpb/manifest.json": _json(bundle()),
        ".claude-plugin/plugin.json": _json(claude_plugin()),
        ".claude-plugin/marketplace.json": _json(claude_marketplace()),
        ".cursor-plugin/plugin.json": _json(cursor_plugin()),
        "docs/includes/install-links.md": install_links(),
        "README.md": readme(),
    }


def readme() -> str:
    """The README with its tables of tools and settings as the code has them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, rows in (("tools", _tool_rows()), ("settings", _setting_rows())):
        start = f"<!-- {name}: generated -->\n"
        before, _, after = text.partition(start)
        text = before + start + "\n" + "\n".join(rows) + "\n\n<!-- end -->" + after.partition("<!-- end -->")[2]
    return text


def _tool_rows() -> list[str]:
    rows = [f"| `{each.__name__}` | {each.tool_info.toolset} | {_summary(each)} |" for each in TOOLS]
    return ["| Tool | Toolset | Does |", "|---|---|---|", *rows]


def _setting_rows() -> list[str]:
    return ["| Environment | Flag | Does |", "|---|---|---|"] + [
        f"| `{option.variable}` | `{option.flag}` | {option.description}"
        + (f" Default: {option.default}." if option.default else "")
        + " |"
        for option in _settings.values()
    ]


def registry() -> dict[str, Any]:
    """`server.json` for the MCP registry (schema of 2025-12-11)."""
    package = {
        "registryType": "pypi",
        "identifier": _project["name"],
        "version": __version__,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": [_variable(option) for option in _settings.values()],
    }
    return {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": _facts["registry_name"],
        "title": _facts["title"],
        "description": _facts["summary"],
        "version": __version__,
        "repository": {"url": _facts["repository"], "source": "github"},
        "websiteUrl": _facts["repository"],
        "packages": [package],
    }


def _variable(option: Option) -> dict[str, Any]:
    variable: dict[str, Any] = {
        "name": option.variable,
        "description": option.description,
        "isRequired": False,
        "isSecret": option.is_secret,
        "format": "boolean" if option.is_switch else "string",
    }
    if option.default and not option.is_switch:
        variable["default"] = option.default
    return variable


def bundle() -> dict[str, Any]:
    """The manifest of the MCPB bundle, which Claude Desktop installs with its own uv (manifest 0.4)."""
    return {
        "manifest_version": "0.4",
        "name": _project["name"],
        "display_name": _facts["title"],
        "version": __version__,
        "description": _project["description"],
        "author": {"name": _project["authors"][0]["name"], "url": _facts["repository"]},
        "repository": {"type": "git", "url": _facts["repository"]},
        "homepage": _facts["repository"],
        "support": f"{_facts['repository']}/issues",
        "icon": "icon.png",
        "license": _project["license"],
        "keywords": _project["keywords"],
        "privacy_policies": [f"{_facts['repository']}/blob/main/docs/privacy.md"],
        "server": {
            "type": "uv",
            "entry_point": "server/withallo_server/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--no-dev", "--directory", "${__dirname}", _project["name"]],
                "env": {_settings[name].variable: f"${{user_config.{name}}}" for name in OFFERED},
            },
        },
        "user_config": {name: _user_setting(_settings[name]) for name in OFFERED},
        "tools": [{"name": function.__name__, "description": _summary(function)} for function in TOOLS],
        "tools_generated": True,
        "compatibility": {
            "platforms": ["darwin", "win32", "linux"],
            "runtimes": {"python": _project["requires-python"]},
        },
    }


def _user_setting(option: Option) -> dict[str, Any]:
    setting: dict[str, Any] = {
        "type": "boolean" if option.is_switch else "string",
        "title": option.field.replace("_", " ").capitalize().replace("Api", "API"),
        "description": option.description,
        "required": False,
    }
    # A setting without a default stays as its own placeholder when nobody fills it in.
    setting["default"] = False if option.is_switch else ""
    if option.is_secret:
        setting["sensitive"] = True
    return setting


def claude_plugin() -> dict[str, Any]:
    """The Claude Code plugin: this server and the skill that says how to use it."""
    return {
        "name": "allo-phone",
        "version": __version__,
        "description": _project["description"],
        "author": {"name": _project["authors"][0]["name"], "url": _facts["repository"]},
        "homepage": _facts["repository"],
        "repository": _facts["repository"],
        "license": _project["license"],
        "keywords": _project["keywords"],
        "skills": ["./skill"],
        "mcpServers": {"allo": ENTRY},
    }


def claude_marketplace() -> dict[str, Any]:
    """A marketplace of one plugin, so that this repository can be added by its name."""
    plugin = {"name": "allo-phone", "source": "./", "description": _project["description"]}
    return {"name": _project["name"], "owner": {"name": _project["authors"][0]["name"]}, "plugins": [plugin]}


def cursor_plugin() -> dict[str, Any]:
    """The Cursor plugin: the same two parts."""
    return {
        "name": "allo-phone",
        "displayName": _facts["title"],
        "version": __version__,
        "description": _project["description"],
        "author": {"name": _project["authors"][0]["name"]},
        "homepage": _facts["repository"],
        "repository": _facts["repository"],
        "license": _project["license"],
        "logo": "docs/listings/icon.png",
        "keywords": _project["keywords"],
        "skills": "./skill/",
        "mcpServers": {"allo": ENTRY},
    }


def smithery() -> str:
    """`smithery.yaml`: how Smithery starts the server, on the embedded account without a key."""
    fields = {name: _camel(name) for name in OFFERED if name != "sandbox"}
    schema = {
        "type": "object",
        "properties": {
            camel: {
                "type": "boolean" if _settings[name].is_switch else "string",
                "description": _settings[name].description,
            }
            for name, camel in fields.items()
        },
    }
    environment = ", ".join(
        f"{_settings[name].variable}: String(config.{camel} ?? '')" for name, camel in fields.items()
    )
    return (
        "# Generated by docs/listings/generate.py.\n"
        "startCommand:\n"
        "  type: stdio\n"
        f"  configSchema: {json.dumps(schema)}\n"
        "  commandFunction: |-\n"
        "    (config) => ({\n"
        "      command: 'uvx',\n"
        f"      args: config.apiKey ? ['{_project['name']}'] : ['{_project['name']}', '--sandbox'],\n"
        f"      env: {{{environment}}},\n"
        "    })\n"
        "  exampleConfig: {}\n"
    )


def install_links() -> str:
    """Links that a click turns into an entry of Cursor and of Visual Studio Code."""
    cursor = base64.b64encode(json.dumps(ENTRY, separators=(",", ":")).encode()).decode()
    code = quote(json.dumps({"name": "allo", **ENTRY}, separators=(",", ":")), safe="")
    entry = quote(json.dumps(ENTRY, separators=(",", ":")), safe="")
    return (
        f"- Cursor: [add to Cursor](https://cursor.com/en/install-mcp?name=allo&config={quote(cursor, safe='')}), or\n"
        f"  `cursor://anysphere.cursor-deeplink/mcp/install?name=allo&config={quote(cursor, safe='')}`\n"
        "- Visual Studio Code: "
        f"[add to VS Code](https://vscode.dev/redirect/mcp/install?name=allo&config={entry}), or\n"
        f"  `vscode:mcp/install?{code}`\n"
    )


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _summary(function: Any) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
