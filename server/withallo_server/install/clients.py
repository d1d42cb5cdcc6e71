"""The MCP clients we know, as data: where each keeps its configuration and how it spells a server."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

_CLINE = "{config}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"


class InstallError(Exception):
    """A client's configuration could not be changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a client starts this server: an absolute path and its arguments. Never a secret."""

    command: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientApp:
    """One MCP client.

    Attributes:
        name: What people type, for example `claude-desktop`.
        title: What people call it.
        path: Its file. `{home}` is the home folder, `{config}` the folder where programs of this system keep settings.
        key: Member of the file under which servers are listed, each by its name.
        after: What a person does before the client notices.
        extra: Members of an entry besides the command.
        shape: `standard` has `command` and `args`; `opencode` has one list.
        format: `jsonc` is JSON in which comments and trailing commas are kept.
        paths: Files of systems that differ from `path`, by `sys.platform`.
    """

    name: str
    title: str
    path: str
    key: str = "mcpServers"
    after: str = "Restart it."
    extra: Mapping[str, Any] = field(default_factory=dict)
    shape: Literal["standard", "opencode"] = "standard"
    format: Literal["jsonc", "toml"] = "jsonc"
    paths: Mapping[str, str] = field(default_factory=dict)

    def file(self, platform: str = sys.platform) -> Path:
        """Path of the configuration file of this user."""
        template = self.paths.get(platform, self.path)
        home = Path.home()
        return Path(template.format(home=home.as_posix(), config=_config_folder(platform, home).as_posix()))

    def entry(self, launch: Launch) -> dict[str, Any]:
        """The server as this client writes it."""
        if self.shape == "opencode":
            return {"type": "local", "command": [launch.command, *launch.args], "enabled": True}
        return {**self.extra, "command": launch.command, "args": list(launch.args)}


def _config_folder(platform: str, home: Path) -> Path:
    if platform == "darwin":
        return home / "Library" / "Application Support"
    if platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")


CLIENTS: tuple[ClientApp, ...] = (
    ClientApp(
        "claude-desktop",
        "Claude Desktop",
        "{config}/Claude/claude_desktop_config.json",
        after="Quit Claude Desktop completely and start it again.",
    ),
    ClientApp(
        "claude-code",
        "Claude Code",
        "{home}/.claude.json",
        extra={"type": "stdio"},
        after="Start a new session; /mcp shows the server.",
    ),
    ClientApp("cursor", "Cursor", "{home}/.cursor/mcp.json", after="Switch it on under Settings > MCP."),
    ClientApp(
        "vscode",
        "Visual Studio Code",
        "{config}/Code/User/mcp.json",
        key="servers",
        extra={"type": "stdio"},
        after='Run "MCP: List Servers" from the Command Palette and start allo.',
    ),
    ClientApp(
        "windsurf",
        "Windsurf",
        "{home}/.codeium/windsurf/mcp_config.json",
        after="Press Refresh in the MCP panel of Cascade.",
    ),
    ClientApp(
        "zed",
        "Zed",
        "{config}/zed/settings.json",
        key="context_servers",
        extra={"source": "custom"},
        after="Zed notices by itself; the Agent Panel shows the server.",
        paths={"darwin": "{home}/.config/zed/settings.json", "win32": "{config}/Zed/settings.json"},
    ),
    ClientApp("codex", "Codex", "{home}/.codex/config.toml", key="mcp_servers", format="toml"),
    ClientApp("gemini-cli", "Gemini CLI", "{home}/.gemini/settings.json", after="Start it again; /mcp shows it."),
    ClientApp(
        "opencode",
        "opencode",
        "{home}/.config/opencode/opencode.json",
        key="mcp",
        shape="opencode",
    ),
    ClientApp(
        "copilot-cli",
        "GitHub Copilot CLI",
        "{home}/.copilot/mcp-config.json",
        extra={"type": "local", "tools": ["*"]},
    ),
    ClientApp("cline", "Cline", _CLINE, after="Cline notices by itself."),
    ClientApp("kiro", "Kiro", "{home}/.kiro/settings/mcp.json", after="Kiro notices by itself."),
    ClientApp("lm-studio", "LM Studio", "{home}/.lmstudio/mcp.json", after="LM Studio notices by itself."),
)


def find_client(name: str) -> ClientApp:
    """The client of this name.

    Raises:
        InstallError: We do not know it; the message lists those we know.
    """
    for client in CLIENTS:
        if client.name == name.lower():
            return client
    raise InstallError(f"Unknown client {name!r}. Known: {', '.join(client.name for client in CLIENTS)}.")
