"""From nothing to a tool call: what is written for a client starts the server when nobody's shell is there to help."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import anyio
import pytest
import typer
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextContent
from typer.testing import CliRunner

from withallo_server.cli import COMMANDS
from withallo_server.install.clients import CLIENTS, ClientApp
from withallo_server.install.commands import install

ONE_OF_EACH_SHAPE = {(client.key, client.shape, client.format): client for client in reversed(CLIENTS)}.values()


def written_for(client: ClientApp) -> StdioServerParameters:
    """What a client would start, read from its own file as it reads it."""
    text = client.file().read_text(encoding="utf-8")
    content: dict[str, Any] = tomllib.loads(text) if client.format == "toml" else json.loads(text)
    entry = content[client.key]["allo"]
    if client.shape == "opencode":
        command, *arguments = entry["command"]
    else:
        command, arguments = entry["command"], entry["args"]
    bare = {"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin"}
    return StdioServerParameters(command=command, args=arguments, env=bare)


@pytest.mark.anyio
@pytest.mark.parametrize("client", ONE_OF_EACH_SHAPE, ids=lambda client: client.name)
async def test_what_is_written_starts_and_answers_a_tool_call(client: ClientApp, home: Path) -> None:
    app = typer.Typer()
    app.command()(install)
    assert CliRunner().invoke(app, [client.name, "--sandbox", "--yes"]).exit_code == 0

    with anyio.fail_after(60):
        async with Client(written_for(client)) as session:
            result = await session.call_tool("list_numbers", {})

    assert not result.is_error
    assert any(isinstance(block, TextContent) and "New York" in block.text for block in result.content)
    assert home in client.file().parents


def test_the_command_line_offers_it() -> None:
    assert {"install", "uninstall", "auth", "doctor", "serve", "token"} <= set(COMMANDS)
