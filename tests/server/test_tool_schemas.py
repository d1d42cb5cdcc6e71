"""The contract with models: every tool as clients get it, kept in `tools.json` so that a change shows in a diff.

After a change that is meant, write the file anew: UPDATE_SNAPSHOTS=1 pytest tests/server/test_tool_schemas.py
"""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types of its own
import pytest
from mcp import Client
from mcp.types import Tool

from withallo_server import tool_list
from withallo_server.tool_list import made_from_functions

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

SNAPSHOT = Path(tool_list.__file__).with_name(tool_list.FILE)
ENCODING = bpe_openai.get_encoding("o200k_base")


def tokens(tools: list[Tool]) -> int:
    """What a list costs a model: name, description and input schema, as compact JSON."""
    seen = [{"name": t.name, "description": t.description, "input_schema": t.input_schema} for t in tools]
    return len(ENCODING.encode(json.dumps(seen, ensure_ascii=False, separators=(",", ":"))))


async def listed(world: Any, era: str, **settings: Any) -> list[Tool]:
    async with world.client(era=era, **settings) as client:
        assert isinstance(client, Client)
        return (await client.list_tools()).tools


@pytest.mark.anyio
async def test_the_file_says_what_the_functions_say() -> None:
    text = json.dumps(await made_from_functions(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert SNAPSHOT.exists(), "there is no snapshot: UPDATE_SNAPSHOTS=1 writes it"
    assert text == SNAPSHOT.read_text(encoding="utf-8"), "when this change is meant, UPDATE_SNAPSHOTS=1 writes it"


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.anyio
async def test_clients_get_what_the_file_says(world: Any, era: str) -> None:
    rows = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert await listed(world, era, toolsets=("all",)) == [Tool.model_validate(row["tool"]) for row in rows]


@pytest.mark.anyio
async def test_schemas_are_valid_and_without_noise(world: Any) -> None:
    for tool in await listed(world, "auto", toolsets=("all",)):
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema or {})
        assert "title" not in tool.input_schema
        assert not any("title" in member for member in tool.input_schema.get("properties", {}).values())
        assert "\n    " not in (tool.description or "")


@pytest.mark.anyio
async def test_the_list_of_tools_is_cheap_to_carry(world: Any) -> None:
    default = await listed(world, "auto")
    assert len(default) <= 20
    assert tokens(default) <= 5000
    assert tokens(await listed(world, "auto", read_only=True)) <= 3000
    for tool in await listed(world, "auto", toolsets=("all",)):
        assert tokens([tool]) < 450, tool.name
