"""Several requests at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import anyio

from withallo_client import WithalloError

Result = TypeVar("Result")


async def together(requests: Sequence[Callable[[], Awaitable[Result]]]) -> list[Result]:
    """Run requests side by side and return their results in order.

    Raises:
        WithalloError: What the first failing request raised, on its own rather than in a group.
    """
    results: dict[int, Result] = {}
    errors: list[WithalloError] = []

    async def run(place: int, request: Callable[[], Awaitable[Result]]) -> None:
        try:
            results[place] = await request()
        except WithalloError as error:
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for place, request in enumerate(requests):
            group.start_soon(run, place, request)
    if errors:
        raise errors[0]
    return [results[place] for place in range(len(requests))]
