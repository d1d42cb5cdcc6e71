"""Recordings need the key and honour ranges."""

import httpx
import pytest

from withallo_sandbox import Sandbox

pytestmark = pytest.mark.anyio


def recording(sandbox: Sandbox) -> tuple[str, int]:
    """The path and length of some recording."""
    call = next(call for call in sandbox.account.timeline.calls() if call.recorded)
    return f"/v1/assets/recordings/{call.id}.wav", 44 + call.seconds * 8000


async def test_recording_is_a_wave_file_as_long_as_the_call(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    path, length = recording(sandbox)

    answer = await api.get(path)

    assert answer.headers["content-type"] == "audio/wav"
    assert (answer.content[:4], len(answer.content)) == (b"RIFF", length)


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=40-8100", 40, 8101), ("bytes=-5", -5, None)]
)
async def test_ranges_are_slices_of_the_whole(
    api: httpx.AsyncClient, sandbox: Sandbox, asked: str, start: int, stop: int | None
) -> None:
    path, length = recording(sandbox)
    whole = (await api.get(path)).content

    part = await api.get(path, headers={"range": asked})

    assert part.status_code == 206
    assert part.content == whole[start:stop]
    assert part.headers["content-range"].endswith(f"/{length}")


async def test_range_after_the_end_is_416(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    path, length = recording(sandbox)

    answer = await api.get(path, headers={"range": f"bytes={length}-"})

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{length}")


async def test_link_of_a_call_leads_to_its_recording(api: httpx.AsyncClient) -> None:
    body = {"has_recording": True, "size": 1}
    [item] = (await api.post("/v2/api/conversations/items/search", json=body)).json()["data"]

    assert (await api.head(item["recording_url"])).status_code == 200
    without_key = await api.get(item["recording_url"], headers={"authorization": ""})
    assert without_key.status_code == 401


async def test_call_without_a_recording_is_404(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/assets/recordings/cll-00000000.wav")).status_code == 404
