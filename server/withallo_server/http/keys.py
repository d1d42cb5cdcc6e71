"""Callers that bring their own Allo key: Allo says whether it is one, and each is an account of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from pydantic import SecretStr

from withallo_client import (
    AlloClient,
    AlloTimeoutError,
    AuthenticationError,
    ForbiddenError,
    InvalidArgumentError,
    WithalloError,
)
from withallo_server.http.callers import Caller
from withallo_server.http.tenants import account_name

TAKEN_SECONDS = 300.0
REFUSED_SECONDS = 30.0
ASKING_SECONDS = 5.0
MOST_ASKED = 32
MOST_REMEMBERED = 5000
LONGEST_KEY = 200


@dataclass(slots=True)
class _Question:
    """A key that Allo is being asked about; whoever brings the same key meanwhile waits for the same answer."""

    answered: anyio.Event = field(default_factory=anyio.Event)
    error: WithalloError | None = None


class _Judged:
    """Digests of keys until they are asked about again; the oldest go first."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return self._until.get(name, 0.0) > time.monotonic()

    def add(self, name: str) -> None:
        self._until.pop(name, None)
        if len(self._until) >= MOST_REMEMBERED:
            del self._until[next(iter(self._until))]
        self._until[name] = time.monotonic() + self._seconds


class AlloKeys:
    """Judges keys by asking Allo, at most once in a while for each.

    Args:
        client_for: Makes a client with a key.
    """

    def __init__(self, client_for: Callable[[SecretStr], AlloClient]) -> None:
        self._client_for = client_for
        self._taken = _Judged(TAKEN_SECONDS)
        self._refused = _Judged(REFUSED_SECONDS)
        self._questions: dict[str, _Question] = {}
        self._asking = anyio.CapacityLimiter(MOST_ASKED)

    async def caller(self, text: str) -> Caller | None:
        """Whose key it is; nobody's when Allo does not take it.

        Raises:
            WithalloError: Allo cannot be asked.
        """
        if not (0 < len(text) <= LONGEST_KEY and text.isascii() and text.isprintable() and " " not in text):
            return None
        key = SecretStr(text)
        name = account_name(key)
        if not await self._is_taken(name, key):
            return None
        return Caller("api-key", name, "api.withallo.com", name, account=name, key=key)

    async def _is_taken(self, name: str, key: SecretStr) -> bool:
        while name not in self._taken and name not in self._refused:
            question = self._questions.get(name)
            if question is None:
                await self._ask_once(name, key)
                continue
            await question.answered.wait()
            if question.error is not None:
                raise question.error
        return name in self._taken

    async def _ask_once(self, name: str, key: SecretStr) -> None:
        question = self._questions[name] = _Question()
        try:
            async with self._asking:
                (self._taken if await self._ask(key) else self._refused).add(name)
        except WithalloError as error:
            question.error = error
            raise
        finally:
            del self._questions[name]
            question.answered.set()

    async def _ask(self, key: SecretStr) -> bool:
        try:
            with anyio.fail_after(ASKING_SECONDS):
                async with self._client_for(key) as client:
                    await client.account.me()
        except (AuthenticationError, ForbiddenError, InvalidArgumentError):
            return False
        except TimeoutError:
            raise AlloTimeoutError("Allo did not say in time whose key it is", request_sent=None) from None
        return True
