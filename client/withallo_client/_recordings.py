"""Audio of calls, fetched so that the key never leaves for another host."""

from dataclasses import dataclass

from withallo_client._http import HttpClient

MAX_RECORDING_BYTES = 64 * 1024 * 1024

ByteRange = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Recording:
    """Audio, or a part of it.

    Attributes:
        content: The bytes.
        content_type: For example `audio/mpeg`.
        start: Place of the first byte in the whole.
        total: Size of the whole, as far as it was told.
    """

    content: bytes
    content_type: str
    start: int = 0
    total: int | None = None


async def fetch_recording(http: HttpClient, url: str, byte_range: ByteRange | None, max_bytes: int) -> Recording:
    """Fetch a recording; see `Calls.recording`."""
    raise NotImplementedError
