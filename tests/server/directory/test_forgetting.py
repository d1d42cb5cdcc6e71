"""What the lists of Allo no longer show is forgotten, whoever else mentioned it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import select

from withallo_client import AlloClient
from withallo_server.database import Database
from withallo_server.directory.directory import Directory
from withallo_server.directory.tables import words
from withallo_tools.services import Person

Filled = Callable[..., AbstractAsyncContextManager[Directory]]
Allo = Callable[..., AlloClient]
Reread = Callable[[AlloClient, int], Awaitable[Directory]]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)]

OLD, NEW, SECOND = "+33611111111", "+33699999999", "+33622222222"
CALL = {"id": "cll_1", "type": "INBOUND", "to_number": "+33100000000"}


def marie(record_id: str, *numbers: str, **more: Any) -> dict[str, Any]:
    return {"id": record_id, "name": "Marie", "last_name": "Dupont", "numbers": list(numbers), **more}


def call_from(number: str) -> dict[str, Any]:
    return {**CALL, "from_number": number, "person": {"id": "con_1", "name": "Marie", "last_name": "Dupont"}}


async def meant(directory: Directory, text: str = "Marie Dupont") -> tuple[list[tuple[str, ...]], bool]:
    resolution = await directory.resolve(text, certain=True)
    return [one.numbers for one in resolution.candidates], resolution.exact


async def test_a_number_that_a_list_changes_is_taken_from_what_events_said(
    allo: Allo, filled: Filled, reread: Reread
) -> None:
    async with filled(allo([marie("cnt_1", OLD)])) as directory:
        await directory.observe(call_from(OLD))
        await directory.remember([Person("", "Marie", None, (OLD,), ())])
    later = await reread(allo([marie("cnt_1", NEW)]), 1)
    assert await meant(later) == ([(NEW,)], True)
    assert await later.names([OLD, NEW]) == {NEW: "Marie Dupont"}


async def test_a_name_that_a_list_changes_leaves_no_second_person_behind(
    allo: Allo, filled: Filled, reread: Reread
) -> None:
    async with filled(allo([marie("cnt_1", OLD)])) as directory:
        await directory.observe(marie("con_1", OLD))
    later = await reread(allo([{**marie("cnt_1", OLD), "last_name": "Durand"}]), 1)
    assert await later.names([OLD]) == {OLD: "Marie Durand"}
    assert (await later.search("", limit=5)).total == 1


async def test_whoever_is_deleted_at_allo_is_forgotten_under_every_id(
    allo: Allo, filled: Filled, reread: Reread
) -> None:
    zoe = {"id": "cnt_2", "name": "Zoe", "numbers": [SECOND]}
    async with filled(allo([marie("cnt_1", OLD), zoe])) as directory:
        await directory.observe(call_from(OLD))
        assert await meant(directory) == ([(OLD,)], True)
    later = await reread(allo([zoe]), 3)
    assert await meant(later) == ([], False)
    assert await meant(later, "con_1") == ([], False)
    assert await meant(later, "Zoe") == ([(SECOND,)], True)


async def test_a_contact_whose_number_an_event_changes_stays_one_person(
    allo: Allo, filled: Filled, reread: Reread
) -> None:
    listed = marie("cnt_1", OLD, emails=["marie@dupont.example"])
    async with filled(allo([listed])) as directory:
        await directory.observe(marie("con_1", OLD))
        for _ in range(2):
            await directory.observe(marie("con_1", NEW))
            assert await meant(directory) == ([(NEW,)], True)
    assert await meant(await reread(allo([listed]), 1)) == ([(OLD,)], True)


async def test_a_call_from_another_number_of_somebody_takes_none_away(allo: Allo, filled: Filled) -> None:
    async with filled(allo([marie("cnt_1", OLD, SECOND)])) as directory:
        await directory.observe(call_from(OLD))
        await directory.observe(call_from(SECOND))
        assert await meant(directory) == ([(OLD, SECOND)], True)


async def test_an_id_that_turns_to_somebody_else_takes_no_number_along(allo: Allo, filled: Filled) -> None:
    paul = {"id": "cnt_2", "name": "Paul", "last_name": "Martin", "numbers": [SECOND]}
    async with filled(allo([marie("cnt_1", OLD), paul])) as directory:
        await directory.observe(marie("con_1", OLD))
        await directory.observe({**paul, "id": "con_1"})
        assert await meant(directory) == ([(OLD,)], True)


async def test_while_a_row_of_a_list_cannot_be_read_nobody_is_certain(
    allo: Allo, filled: Filled, reread: Reread
) -> None:
    """It may hold somebody of the same name."""
    broken = marie("cnt_2", SECOND, emails="oops")
    async with filled(allo([marie("cnt_1", OLD), broken])) as directory:
        assert await meant(directory) == ([(OLD,)], False)
        assert not (await directory.search("marie", limit=1)).complete
    broken["emails"] = []
    whole = await reread(allo([marie("cnt_1", OLD), broken]), 2)
    assert sorted((await meant(whole))[0]) == [(OLD,), (SECOND,)]
    assert (await whole.search("marie", limit=1)).complete


async def test_a_row_of_the_crm_that_cannot_be_read_is_missed_as_well(allo: Allo, filled: Filled) -> None:
    people = [marie("per-1", OLD), marie("per-2", SECOND, emails="oops")]
    async with filled(allo([marie("cnt_1", OLD)], people)) as directory:
        assert await meant(directory) == ([(OLD,)], False)


async def test_words_that_nobody_has_any_more_lead_nowhere(
    database: Database, allo: Allo, filled: Filled, reread: Reread
) -> None:
    async with filled(allo([marie("cnt_1", OLD), {"id": "cnt_2", "name": "Zebulon", "numbers": [SECOND]}])):
        pass
    later = await reread(allo([marie("cnt_1", OLD)]), 3)
    left = set(await database.read(lambda connection: connection.scalars(select(words.c.word)).all()))
    assert left == {"marie", "dupont"}
    assert [one.name for one in (await later.search("mari dupond", limit=5)).people] == ["Marie Dupont"]
