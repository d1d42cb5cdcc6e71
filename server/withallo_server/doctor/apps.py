"""Checks of every MCP client's configuration on this machine."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from withallo_server.doctor.findings import Finding, amber, green, red
from withallo_server.install.clients import CLIENTS, ClientApp, InstallError
from withallo_server.install.files import read_configuration
from withallo_server.settings import Settings


def check_clients(_settings: Settings) -> list[Finding]:
    """What each client that is set up on this machine would start."""
    found = [finding for client in CLIENTS for finding in _check_client(client)]
    if not found:
        mend = f"withallo-mcp install {_somebody_here().name}"
        return [amber("clients", "No MCP client on this machine starts this server.", mend)]
    return found


def _somebody_here() -> ClientApp:
    """A client that was used on this machine, for its own folder is there; else the first we know."""
    folders = {client.name: client.file().parent for client in CLIENTS}
    used = (client for client in CLIENTS if folders[client.name] != Path.home() and folders[client.name].is_dir())
    return next(used, CLIENTS[0])


def _check_client(client: ClientApp) -> list[Finding]:
    check = f"client {client.name}"
    try:
        servers = read_configuration(client)
    except InstallError as error:
        return [red(check, str(error), f"mend {client.file()} by hand, then withallo-mcp install {client.name}")]
    ours = {name: entry for name, entry in (servers or {}).items() if _is_ours(entry)}
    return [_check_entry(client, check, name, entry) for name, entry in ours.items()]


def _is_ours(entry: Any) -> bool:
    return isinstance(entry, Mapping) and any(
        "withallo-mcp" in part or "withallo_server" in part for part in _words(entry)
    )


def _words(entry: Mapping[str, Any]) -> list[str]:
    command, args = entry.get("command"), entry.get("args")
    words = [*(command if isinstance(command, list) else [command]), *(args if isinstance(args, list) else [])]
    return [word for word in words if isinstance(word, str)]


def _check_entry(client: ClientApp, check: str, name: str, entry: Mapping[str, Any]) -> Finding:
    again = f"withallo-mcp install {client.name}" + (f" --name {name}" if name != "allo" else "")
    command = _words(entry)[0]
    if command.startswith("~") or "$" in command:
        return red(check, f"{client.title} starts {command!r}: no shell is there to expand it.", again)
    if not Path(command).is_absolute():
        return _check_relative(client, check, command, again)
    if not Path(command).is_file():
        return red(check, f"{client.title} starts {command}, which does not exist.", again)
    if not os.access(command, os.X_OK):
        return red(check, f"{client.title} starts {command}, which cannot be run.", f"chmod +x {command}, or {again}")
    if _holds_key(entry):
        text = f"{client.title} works, with the API key readable in {client.file()}."
        return amber(check, text, "withallo-mcp auth login, then remove ALLO_API_KEY from that file")
    return green(check, f"{client.title} starts {command} as {name!r}.")


def _check_relative(client: ClientApp, check: str, command: str, again: str) -> Finding:
    text = f"{client.title} starts {command!r} without its folder"
    if shutil.which(command):
        return amber(check, f"{text}: found from this shell, perhaps not from the client.", again)
    return red(check, f"{text}, and it is not on the PATH.", again)


def _holds_key(entry: Mapping[str, Any]) -> bool:
    environment = entry.get("env") or entry.get("environment")
    value = environment.get("ALLO_API_KEY") if isinstance(environment, Mapping) else None
    return isinstance(value, str) and bool(value) and not value.startswith("${")
