"""Calls."""

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client._recordings import MAX_RECORDING_BYTES, ByteRange, Recording, fetch_recording
from withallo_client.models.base import Page
from withallo_client.models.calls import Call


class Calls:
    """The calls of a line (API contract 6.1)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def search(
        self, allo_number: str, contact_number: str | None = None, page: int = 0, size: int = 10
    ) -> Page[Call]:
        """`GET /v1/api/calls`, scope CONVERSATIONS_READ: the calls of one line. The route knows no dates and no sort.

        Args:
            allo_number: The line, E.164.
            contact_number: Only calls with this number.
            page: Counts from 0.
            size: Rows a page, 1 to 100.
        """
        query = arguments.given(
            allo_number=arguments.e164("allo_number", allo_number),
            contact_number=contact_number and arguments.text("contact_number", contact_number, longest=64),
            **arguments.paging(page, size, first=0),
        )
        return (await self._http.get("/v1/api/calls", query)).results(Call, page, size)

    async def recording(
        self, url: str, byte_range: ByteRange | None = None, max_bytes: int = MAX_RECORDING_BYTES
    ) -> Recording:
        """Fetch the audio behind a `recording_url` (API contract 6.7). Only Allo's own host ever gets the key.

        Args:
            url: As a call or an item gave it.
            byte_range: First and last byte wanted, counted from 0, both included; None as the last means to the end.
            max_bytes: The most to take in.

        Raises:
            InvalidArgumentError: The URL is not https, or points into a private network.
            InvalidResponseError: The audio is larger than `max_bytes`; ask for a range.
        """
        return await fetch_recording(self._http, url, byte_range, max_bytes)
