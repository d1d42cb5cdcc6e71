"""Text messages."""

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.errors import InvalidArgumentError
from withallo_client.models.sms import SentMessage

LONGEST_MESSAGE = 1000


class Sms:
    """Sending (API contract 6.3, 8). A send is never repeated here, not even after a 429.

    After `AlloTimeoutError`, `AlloConnectionError` (unless `request_sent` is False), `ServerError` or
    `InvalidResponseError` it is unknown whether the text was sent.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def check(self, message: str, sender_id: str | None = None) -> None:
        """Refuse a text or a sender ID that `send` and `send_france` refuse, without a request.

        Raises:
            InvalidArgumentError: Allo cannot take it.
        """
        arguments.body("message", message, LONGEST_MESSAGE)
        if sender_id is not None:
            arguments.sender_id("sender_id", sender_id)

    async def send(self, from_: str, to: str, message: str) -> SentMessage:
        """`POST /v1/api/sms`, scope SMS_SEND: one text from a line.

        Args:
            from_: One of the team's lines, E.164.
            to: The recipient, E.164, in the country of the line.
            message: 1 to 1000 characters.

        Raises:
            ValidationError: For example TO_NUMBER_COUNTRY_MISMATCH, FROM_NUMBER_NOT_FOUND.
        """
        return await self._send({"from": arguments.e164("from_", from_)}, to, message)

    async def send_france(self, sender_id: str, to: str, message: str) -> SentMessage:
        """`POST /v1/api/sms`, scope SMS_SEND: one text from an approved sender ID to a French number.

        Args:
            sender_id: An approved sender ID or a short code.
            to: The recipient, E.164, beginning with +33.
            message: 1 to 1000 characters.

        Raises:
            ValidationError: For example INVALID_SENDER_ID, SENDER_ID_NOT_ACTIVE.
        """
        if not arguments.e164("to", to).startswith("+33"):
            raise InvalidArgumentError("to", "must begin with +33: sender IDs reach French numbers only")
        return await self._send({"sender_id": arguments.sender_id("sender_id", sender_id)}, to, message)

    async def _send(self, sender: dict[str, str], to: str, message: str) -> SentMessage:
        members = {
            **sender,
            "to": arguments.e164("to", to),
            "message": arguments.body("message", message, LONGEST_MESSAGE),
        }
        return (await self._http.write("POST", "/v1/api/sms", members)).one(SentMessage)
