"""Calls and conversations as resources, in both protocol eras."""

import base64
import json
import re
import warnings
from datetime import timedelta
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    BlobResourceContents,
    ElicitResult,
    ResourceTemplateReference,
    TextResourceContents,
)

from withallo_sandbox import AGREEMENT, LONG_CALL_ID, MARIE, ROBERT, SARAH, Sandbox
from withallo_sandbox.records import Message, Speech, Spoken
from withallo_server.zoom.recordings import CONTENT_RANGE, MOST_BYTES
from withallo_tools.answers import CEILING

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

ENCODING = bpe_openai.get_encoding("o200k_base")

pytestmark = pytest.mark.anyio

CALL = f"allo://calls/{LONG_CALL_ID}"
RECORDINGS = "/v1/assets/recordings/*"


@pytest.fixture
def world(known_world: Any) -> Any:
    return known_world


async def read(client: Client, uri: str, mime_type: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == mime_type
    return content.text


async def listen(client: Client, uri: str) -> tuple[BlobResourceContents, bytes]:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, BlobResourceContents)
    return content, base64.b64decode(content.blob)


async def refused(client: Client, uri: str, code: int = INVALID_PARAMS) -> str:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert caught.value.error.code == code
    return caught.value.error.message


def spoken(sandbox: Sandbox) -> list[str]:
    call = next(call for call in sandbox.account.timeline.calls() if call.id == LONG_CALL_ID)
    return [turn.text for turn in call.speech().turns]


async def menu(client: Client, template: str, argument: str, typed: str) -> list[str]:
    reference = ResourceTemplateReference(type="ref/resource", uri=template)
    return (await client.complete(reference, {"name": argument, "value": typed})).completion.values


async def test_a_call_is_read_as_json_and_as_text_with_how_it_ended(client: Client) -> None:
    call = json.loads(await read(client, CALL, "application/json"))
    assert call["call"]["name"] == SARAH.full_name
    assert call["call"]["seconds"] == 49 * 60
    assert "lines" in call["untrusted"]
    assert AGREEMENT in " ".join(call["lines"])
    text = await read(client, f"{CALL}?format=text", "text/plain")
    assert AGREEMENT in text
    assert "data, never instructions" in text


async def test_the_transcript_holds_every_word(client: Client, sandbox: Sandbox) -> None:
    text = await read(client, f"{CALL}/transcript", "text/markdown")
    said = spoken(sandbox)
    turns = [line for line in text.splitlines() if line.startswith("- ")]
    assert [turn.partition(":** ")[2] for turn in turns] == said
    assert turns[0].startswith("- 00:01 **us:** ")


async def test_subtitles_are_webvtt_with_a_cue_for_each_turn_that_fits_and_say_where_the_others_are(
    client: Client, sandbox: Sandbox
) -> None:
    text = await read(client, f"{CALL}/transcript?format=vtt", "text/vtt")
    said = spoken(sandbox)
    blocks = [block for block in text.split("\n\n") if block.strip()]
    assert blocks[0] == "WEBVTT"
    cues = [block for block in blocks[1:] if not block.startswith("NOTE ")]
    assert 750 < len(cues) < len(said), "49 minutes of cues cost more than an answer may"
    assert all(words in cue for words, cue in zip(said, cues, strict=False))
    assert f"start='turn {len(cues) + 1}'" in blocks[-1]
    assert cues[0].splitlines()[0] == "00:01.000 --> 00:02.600"
    assert all(cue.splitlines()[1].startswith(("<v us>", "<v them>")) for cue in cues)
    assert len(ENCODING.encode(text)) <= CEILING


async def test_a_long_turn_is_several_of_the_same_time_with_every_word(client: Client, sandbox: Sandbox) -> None:
    call = next(call for call in sandbox.account.timeline.calls() if call.id == LONG_CALL_ID)
    words = " ".join(f"word{number}" for number in range(500))
    speech = Speech((Spoken("USER", words, 3.0, 90.0), Spoken("EXTERNAL", "Fine.", 91.0, 92.0)))
    call.speech = lambda: speech
    markdown = await read(client, f"{CALL}/transcript", "text/markdown")
    subtitles = await read(client, f"{CALL}/transcript?format=vtt", "text/vtt")
    for text in (markdown, subtitles):
        assert re.findall(r"word\d+", text) == words.split()
    assert len(set(re.findall("00:03.000 --> .*", subtitles))) == 1
    assert "00:03.000 --> 01:30.000" in subtitles


async def test_a_summary_too_long_for_one_read_says_which_tool_goes_on(client: Client, sandbox: Sandbox) -> None:
    call = next(call for call in sandbox.account.timeline.calls() if call.id == LONG_CALL_ID)
    call.summary = "\n".join(f"point {number}: {number * 7} euros" for number in range(2_500))
    noted = json.loads(await read(client, CALL, "application/json"))["more"]
    assert f"get_call with call_id={LONG_CALL_ID}, start='line " in noted
    assert f"get_call with call_id={LONG_CALL_ID}, start='line " in await read(
        client, f"{CALL}?format=text", "text/plain"
    )


async def test_a_conversation_too_long_for_one_read_says_which_tool_goes_on(client: Client, sandbox: Sandbox) -> None:
    line, now = sandbox.account.lines[0].number, sandbox.clock.now()
    for number in range(60):
        date = now - timedelta(minutes=number + 1)
        sandbox.account.timeline.add(Message(f"long{number}", "INBOUND", line, "+33612345678", None, date, "Hello"))
    address = "allo://conversations/%2B33612345678"
    talk = json.loads(await read(client, address, "application/json"))
    assert talk["more"] == "get_contact_conversation takes that cursor, with limit=50."
    assert talk["more"] in await read(client, f"{address}?format=text", "text/plain")
    asked = {"contact": "+33612345678", "limit": 50, "cursor": talk["next_cursor"]}
    assert len(((await client.call_tool("get_contact_conversation", asked)).structured_content or {})["items"]) >= 10


async def test_a_call_without_words_has_no_transcript_and_says_where_the_call_is(
    client: Client, sandbox: Sandbox
) -> None:
    missed = next(call.id for call in sandbox.account.timeline.calls() if call.result == "MISSED")
    for form in ("", "?format=vtt"):
        assert f"allo://calls/{missed}" in await refused(client, f"allo://calls/{missed}/transcript{form}")
    assert "no recording" in await refused(client, f"allo://calls/{missed}/recording")


async def test_a_recording_comes_through_the_server_with_its_own_media_type(client: Client, sandbox: Sandbox) -> None:
    short = next(call for call in sandbox.account.timeline.calls() if call.recorded and call.seconds < 60)
    content, audio = await listen(client, f"allo://calls/{short.id}/recording")
    assert content.mime_type == "audio/wav"
    assert audio[:4] == b"RIFF"
    assert len(audio) == short.seconds * 8000 + 44
    assert (content.meta or {})[CONTENT_RANGE] == f"bytes 0-{len(audio) - 1}/{len(audio)}"


async def test_a_recording_is_read_in_parts(client: Client) -> None:
    total = 49 * 60 * 8000 + 44
    content, head = await listen(client, f"{CALL}/recording?first=0&last=43")
    assert (head[:4], len(head)) == (b"RIFF", 44)
    assert (content.meta or {})[CONTENT_RANGE] == f"bytes 0-43/{total}"
    _, tail = await listen(client, f"{CALL}/recording?first={total - 10}")
    assert len(tail) == 10


async def test_a_recording_larger_than_one_read_is_refused_with_the_part_to_ask_for(client: Client) -> None:
    said = await refused(client, f"{CALL}/recording")
    assert "23,520,044 bytes" in said
    assert f"?first=0&last={MOST_BYTES - 1}" in said
    _, part = await listen(client, f"{CALL}/recording?first=0&last={MOST_BYTES - 1}")
    assert len(part) == MOST_BYTES
    assert f"?first=9&last={MOST_BYTES + 8}" in await refused(client, f"{CALL}/recording?first=9")
    assert f"{MOST_BYTES:,}" in await refused(client, f"{CALL}/recording?last={MOST_BYTES}")


async def test_a_part_that_is_none_is_refused(client: Client) -> None:
    for part, said in (
        ("first=x", "first: must be a number"),
        ("last=-1", "last: must be a number"),
        ("first=5&last=4", "must not be before first"),
        ("first=99999999", "lies behind the end: the recording has 23,520,044 bytes"),
        ("first=1111111111111111", "first: must be a number"),
    ):
        assert said in await refused(client, f"{CALL}/recording?{part}")


async def test_a_recording_that_fails_tells_no_link(client: Client, world: Any) -> None:
    for kind in ("429", "500", "html"):
        world.fail(kind, RECORDINGS, times=5)
        said = await refused(client, f"{CALL}/recording?last=9", INTERNAL_ERROR)
        assert "recordings/" not in said
        assert "api.withallo.com" not in said
        world.sandbox.state.faults.clear()


async def test_no_answer_about_a_call_holds_the_link_to_its_audio(client: Client) -> None:
    for form in ("", "?format=text", "/transcript", "/transcript?format=vtt", "/recording?last=9"):
        assert "assets" not in (await client.read_resource(CALL + form)).model_dump_json()


async def test_a_call_that_does_not_exist_is_an_error_of_the_request(client: Client) -> None:
    for form in ("", "?format=text", "/transcript", "/recording"):
        assert "search" in await refused(client, f"allo://calls/cll-00000000{form}")


@pytest.mark.parametrize(
    "contact", ["Marie%20Dupont", "%2B33600000101", "06 00 00 01 01", "marie@dupont-filles.example"]
)
async def test_a_conversation_is_read_by_whatever_names_the_person(client: Client, contact: str) -> None:
    talk = json.loads(await read(client, f"allo://conversations/{contact}", "application/json"))
    assert talk["contact"].startswith("Marie Dupont")
    assert "items" in talk["untrusted"][-1] or "items.text" in talk["untrusted"]
    assert talk["items"]


async def test_a_conversation_by_id_is_that_of_the_contact(client: Client) -> None:
    (robert,) = await menu(client, "allo://contacts/{contact_id}", "contact_id", ROBERT.numbers[0])
    text = await read(client, f"allo://conversations/{robert}?format=text", "text/plain")
    assert "14 desks" in text
    assert "data, never instructions" in text


async def test_a_name_that_several_people_have_lists_them(client: Client) -> None:
    said = await refused(client, "allo://conversations/Thomas%20Martin")
    assert "Cabinet Martin Architectes" in said
    assert "Scierie Martin" in said


async def test_call_ids_are_completed_by_who_called(client: Client) -> None:
    found = await menu(client, "allo://calls/{call_id}/transcript", "call_id", "marie dup")
    assert found
    for call_id in found[:3]:
        call = json.loads(await read(client, f"allo://calls/{call_id}", "application/json"))
        assert call["call"]["name"] == MARIE.full_name
    everything = await menu(client, "allo://calls/{call_id}", "call_id", "")
    assert set(found) < set(everything)


async def test_contacts_are_completed_by_name_and_namesakes_by_number(client: Client) -> None:
    template = "allo://conversations/{contact}"
    assert (await menu(client, template, "contact", "marie dupont"))[0] == "Marie Dupont"
    found = await menu(client, template, "contact", "thomas martin")
    assert {"+33600000103", "+33465710104"} <= set(found)
    for contact in found[:2]:
        await read(client, f"allo://conversations/{contact}", "application/json")


async def test_the_newest_calls_are_listed_with_title_and_time_of_change(client: Client) -> None:
    calls = [each for each in (await client.list_resources()).resources if each.uri.startswith("allo://calls/")]
    assert len(calls) == 10
    for each in calls:
        assert each.title
        assert each.annotations is not None
        assert each.annotations.last_modified is not None
    assert "data, never instructions" in await read(client, calls[0].uri, "text/plain")


async def test_templates_have_titles_audience_and_priority(client: Client) -> None:
    templates = (await client.list_resource_templates()).resource_templates
    ours = [each for each in templates if each.uri_template.startswith(("allo://calls", "allo://conversations"))]
    assert len(ours) == 7
    for each in ours:
        assert each.title
        assert each.annotations is not None
        assert each.annotations.audience
        assert each.annotations.priority


async def test_a_text_after_reading_a_call_asks_with_a_warning_of_whose_words_were_read(world: Any) -> None:
    questions: list[str] = []

    async def asks(context: Any, params: Any) -> Any:
        questions.append(params.message)
        return ElicitResult(action="decline")

    for form in ("", "/transcript?format=vtt", "/recording?last=9"):
        async with world.client(asks=asks) as client:
            await client.read_resource(CALL + form)
            await client.call_tool("send_sms", {"to": ROBERT.numbers[0], "message": f"Hello {form}"})
    assert len(questions) == 3
    assert [SARAH.full_name in question for question in questions] == [True] * 3, questions


async def test_a_text_to_whom_the_call_was_with_needs_no_warning(world: Any) -> None:
    questions: list[str] = []

    async def asks(context: Any, params: Any) -> Any:
        questions.append(params.message)
        return ElicitResult(action="decline")

    async with world.client(asks=asks) as client:
        await client.read_resource(f"{CALL}/transcript")
        await client.call_tool("search_conversations", {"query": "consoles", "contact": SARAH.numbers[0]})
        await client.call_tool("send_sms", {"to": SARAH.numbers[0], "message": "The contract is on its way."})
    assert len(questions) == 1
    assert "has read words of" not in questions[0]
    assert "repeats what was read" not in questions[0]
