"""Audio of calls, fetched with the key through this server; a link would be of no use without it."""

from mcp import MCPError
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import INVALID_PARAMS

from withallo_client import (
    AlloClient,
    ApiError,
    AuthenticationError,
    InvalidArgumentError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
)
from withallo_server.media import Media, written_by
from withallo_tools.call_facts import CallFacts
from withallo_tools.outsiders import clean

MOST_BYTES = 8 * 1024 * 1024
"""The most that one read gives: it travels as one message, a third larger than the audio itself."""

CONTENT_RANGE = "io.github.withallo-mcp/content-range"

_LONGEST_OFFSET = 15
_BEHIND_THE_END = 416


async def read_recording(client: AlloClient, call: CallFacts, first: str, last: str) -> Media:
    """The audio of a call, or a part of it.

    Args:
        client: The Allo API.
        call: Whose audio.
        first: First byte, counted from 0; empty for the beginning.
        last: Last byte, included; empty for the end.

    Raises:
        ResourceNotFoundError: The call was not recorded.
        ResourceError: Allo did not hand it over.
        MCPError: The part is none, or larger than one read gives; the text says how to ask.
    """
    if call.recording_url is None:
        raise ResourceNotFoundError(f"The call {clean(call.id, 60)} has no recording.")
    start, end = _offset("first", first), _offset("last", last)
    whole = start is None and end is None
    begin = start or 0
    if end is not None and end < begin:
        raise MCPError(INVALID_PARAMS, "last: must not be before first; both count bytes from 0.")
    if end is not None and end - begin >= MOST_BYTES:
        raise MCPError(INVALID_PARAMS, f"This part has {end - begin + 1:,} bytes. {_limits(begin)}")
    try:
        audio = await client.calls.recording(call.recording_url, None if whole else (begin, end), max_bytes=MOST_BYTES)
    except InvalidResponseError:
        total = await _size(client, call.recording_url)
        if total is None or total - begin <= MOST_BYTES:
            raise
        size = f"The recording has {total:,} bytes" + (f", {total - begin:,} from there on" if begin else "")
        raise MCPError(INVALID_PARAMS, f"{size}. {_limits(begin)}") from None
    except InvalidArgumentError:
        raise ResourceError("Allo names a place for this recording from which nothing is fetched.") from None
    except ApiError as error:
        raise await _refused(client, call.recording_url, error) from None
    part = f"bytes {audio.start}-{audio.start + len(audio.content) - 1}/{'*' if audio.total is None else audio.total}"
    return Media(audio.content, audio.content_type, {CONTENT_RANGE: part, **written_by(call.number)})


async def _refused(client: AlloClient, url: str, error: ApiError) -> Exception:
    """What Allo's refusal means, without the link that its own words hold."""
    if error.http_status == _BEHIND_THE_END:
        total = await _size(client, url)
        size = "" if total is None else f": the recording has {total:,} bytes"
        return MCPError(INVALID_PARAMS, f"first: lies behind the end{size}.")
    if isinstance(error, AuthenticationError | RateLimitError):
        return error
    if isinstance(error, NotFoundError):
        return ResourceNotFoundError("Allo no longer has the recording of this call.")
    return ResourceError(f"Allo did not hand the recording over ({error.http_status}). Try again in a minute.")


async def _size(client: AlloClient, url: str) -> int | None:
    """Bytes of the whole recording, where a request for its first byte tells."""
    try:
        return (await client.calls.recording(url, (0, 0), max_bytes=MOST_BYTES)).total
    except InvalidResponseError:
        return None


def _limits(begin: int) -> str:
    return (
        f"One read gives at most {MOST_BYTES:,}: ask for a part, such as "
        f"?first={begin}&last={begin + MOST_BYTES - 1}, and go on behind it."
    )


def _offset(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_OFFSET):
        raise MCPError(INVALID_PARAMS, f"{name}: must be a number of bytes, counted from 0.")
    return int(text)
