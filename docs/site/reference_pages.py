"""Pages written from the settings, the clients we know and the API contract."""

import json

from withallo_server.install.clients import CLIENTS, ClientApp, Launch
from withallo_server.settings import Option, options

_SHOWN = Launch("/home/you/.local/bin/withallo-mcp")


def settings_table() -> str:
    """Every setting, as the help has it."""
    rows = [f"| `{each.variable}` | `{each.flag}` | {each.description}{_default(each)} |" for each in options()]
    return "| Environment | Flag | Does |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _default(option: Option) -> str:
    return f" Default: {option.default}." if option.default else ""


def client_tabs() -> str:
    """What each client's own file holds, in tabs."""
    return "\n".join(_tab(client) for client in CLIENTS)


def _tab(client: ClientApp) -> str:
    path = client.path.format(home="~", config="<configuration folder>")
    entry = client.entry(_SHOWN)
    if client.format == "toml":
        lines = [f"[{client.key}.allo]", *(f"{name} = {json.dumps(value)}" for name, value in entry.items())]
        shown, language = "\n".join(lines), "toml"
    else:
        shown, language = json.dumps({client.key: {"allo": entry}}, indent=2), "json"
    block = (
        f"```console\n$ withallo-mcp install {client.name}\n```\n\nwrites `{path}`:\n\n```{language}\n{shown}\n```\n"
    )
    block += f"\n{client.after}\n"
    indented = "\n".join(f"    {line}" if line else "" for line in block.splitlines())
    return f'=== "{client.title}"\n\n{indented}\n'
