from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from withallo_server.late import Late


class Door:
    """A room that counts its openings and can be kept shut."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.locked = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Door"]:
        await anyio.lowlevel.checkpoint()
        if self.locked:
            raise OSError("locked")
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1


@pytest.mark.anyio
async def test_a_room_opens_once_for_everybody_and_closes_with_the_group() -> None:
    door = Door()
    async with anyio.create_task_group() as tasks:
        late = Late(lambda: tasks, door.open)
        async with anyio.create_task_group() as callers:
            for _ in range(5):
                callers.start_soon(late)
        assert await late() is door
        assert (door.opened, door.closed) == (1, 0)
        tasks.cancel_scope.cancel()
    assert (door.opened, door.closed) == (1, 1)


@pytest.mark.anyio
async def test_a_room_that_does_not_open_is_tried_again() -> None:
    door = Door()
    door.locked = True
    async with anyio.create_task_group() as tasks:
        late = Late(lambda: tasks, door.open)
        with pytest.raises(OSError, match="locked"):
            await late()
        door.locked = False
        assert await late() is door
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_room_outlives_the_request_that_opened_it() -> None:
    door = Door()
    async with anyio.create_task_group() as tasks:
        late = Late(lambda: tasks, door.open)
        async with anyio.create_task_group() as request:
            await late()
            request.cancel_scope.cancel()
        assert (door.opened, door.closed) == (1, 0)
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_room_that_closes_by_itself_opens_again() -> None:
    door, broken = Door(), anyio.Event()

    @asynccontextmanager
    async def breaking() -> AsyncIterator[Door]:
        async with door.open(), anyio.create_task_group() as inside:

            async def break_down() -> None:
                await broken.wait()
                raise RuntimeError("the room broke down")

            inside.start_soon(break_down)
            yield door

    async with anyio.create_task_group() as tasks:
        late = Late(lambda: tasks, breaking)
        await late()
        broken.set()
        with anyio.fail_after(5):
            while not door.closed:
                await anyio.lowlevel.checkpoint()
        broken = anyio.Event()
        await late()
        assert door.opened == 2
        tasks.cancel_scope.cancel()
