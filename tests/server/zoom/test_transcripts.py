"""Whole transcripts stay under the ceiling whatever was said, and say what is left out."""

import random
import re
import warnings
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.types import TextResourceContents

from withallo_tools.answers import CEILING

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

ENCODING = bpe_openai.get_encoding("o200k_base")
SAID = {
    "digits read one by one": " ".join(random.Random(3).choices("0123456789", k=400)),
    "a key": "".join(random.Random(4).choices("aBcDeFgHiJkLmNoPqRsT0123456789+/", k=800)),
    "Braille": "".join(random.Random(5).choices([chr(sign) for sign in range(0x2800, 0x28FF)], k=600)),
    "long turns": "eight nine three " * 100,
}

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(known_world: Any) -> Any:
    return known_world


@pytest.mark.parametrize("form", ["", "?format=vtt"])
@pytest.mark.parametrize("said", SAID)
async def test_a_transcript_keeps_to_the_ceiling_and_says_how_to_go_on(
    client: Client, world: Any, said: str, form: str
) -> None:
    spoken = [{"source": "EXTERNAL", "text": SAID[said]}] * 200
    transport = httpx.ASGITransport(app=world.sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
        answer = await http.post("/_sandbox/inbound-call", json={"transcript": spoken, "emit": "never"})
    call_id = answer.json()["data"]["id"]
    (content,) = (await client.read_resource(f"allo://calls/{call_id}/transcript{form}")).contents
    assert isinstance(content, TextResourceContents)
    assert len(ENCODING.encode(content.text)) <= CEILING
    left_out = re.search(r"turns left out for length, from (turn \d+) on: get_call with", content.text)
    assert left_out
    going_on = await client.call_tool("get_call", {"call_id": call_id, "zoom": "transcript", "start": left_out[1]})
    assert not going_on.is_error
    assert SAID[said][:10] in str(going_on.content)
