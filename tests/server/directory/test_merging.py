"""One human has one entry, whatever the ids; different people never become one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from withallo_client import AlloClient
from withallo_server.directory.directory import Directory
from withallo_tools.services import Person

Filled = Callable[..., AbstractAsyncContextManager[Directory]]
Allo = Callable[..., AlloClient]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)]


def contact(record_id: str, name: str, *numbers: str, **more: Any) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {"id": record_id, "name": first or None, "last_name": last or None, "numbers": list(numbers), **more}


def person(contact_id: str, name: str, *numbers: str, **more: Any) -> Person:
    return Person(contact_id, name, None, numbers, (), **more)


async def everybody(directory: Directory) -> list[tuple[str, str, tuple[str, ...]]]:
    page = await directory.search("", limit=50)
    assert page.total == len(page.people)
    return [(one.contact_id, one.name, one.numbers) for one in page.people]


@pytest.fixture
async def empty(filled: Filled, allo: Allo) -> AsyncIterator[Directory]:
    async with filled(allo()) as directory:
        yield directory


async def test_ids_of_every_family_lead_to_one_person(filled: Filled, allo: Allo) -> None:
    client = allo(
        [contact("cnt_1", "Marie Dupont", "+33612345678")],
        [contact("per-9", "Marie Dupont", "+33612345678", "+33145678901", emails=["marie@dupont.example"])],
    )
    async with filled(client) as directory:
        await directory.observe({"id": "con_5", "name": "Marie", "last_name": "Dupont", "numbers": ["+33612345678"]})
        await directory.remember([person("cnt-7", "Marie Dupont", "+33612345678")])
        assert await everybody(directory) == [("cnt_1", "Marie Dupont", ("+33612345678", "+33145678901"))]
        for contact_id in ("cnt_1", "cnt-7", "per-9", "con_5"):
            assert [one.contact_id for one in (await directory.search(contact_id, limit=5)).people] == ["cnt_1"]
        assert (await directory.search("marie@dupont.example", limit=5)).people[0].contact_id == "cnt_1"


@pytest.mark.parametrize(
    ("name", "other"),
    [("Robert Chen", "Bob Chen"), ("Marie Dupont", "Marie"), ("Marie Dupont", "M. Dupont"), ("Zoë Ngo", "zoe ngo")],
)
async def test_names_that_do_not_contradict_each_other_are_one_human(empty: Directory, name: str, other: str) -> None:
    await empty.remember([person("cnt_1", name, "+33612345678")])
    await empty.remember([person("per-1", other, "+33612345678")])
    assert len(await everybody(empty)) == 1


@pytest.mark.parametrize("other", ["Paul Dupont", "Marie Durand", "P. Dupont"])
async def test_two_people_with_one_number_stay_two(empty: Directory, other: str) -> None:
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678")])
    await empty.remember([person("per-1", other, "+33612345678")])
    assert len(await everybody(empty)) == 2
    assert (await empty.names(["+33612345678"]))["+33612345678"] == f"Marie Dupont or {other}"


async def test_two_ids_of_one_family_are_two_people(empty: Directory) -> None:
    await empty.remember(
        [person("cnt_1", "Marie Dupont", "+33612345678"), person("cnt_2", "Marie Dupont", "+33612345678")]
    )
    assert len(await everybody(empty)) == 2


async def test_a_record_that_could_be_two_people_joins_neither(empty: Directory) -> None:
    await empty.remember(
        [person("cnt_1", "Marie Dupont", "+33612345678"), person("cnt_2", "Paul Dupont", "+33612345678")]
    )
    await empty.remember([person("per-1", "Dupont", "+33612345678")])
    assert len(await everybody(empty)) == 3


async def test_spellings_of_a_number_are_one_number(empty: Directory) -> None:
    await empty.remember([person("cnt_1", "Marie Dupont", "06 12 34 56 78")])
    await empty.remember([person("per-1", "Marie Dupont", "+33612345678")])
    assert len(await everybody(empty)) == 1


async def test_an_event_changes_what_is_known(filled: Filled, allo: Allo) -> None:
    async with filled(
        allo([contact("cnt_1", "Marie Dupont", "+33612345678", company={"name": "Dupont"})])
    ) as directory:
        changed = {"id": "cnt_1", "name": "Marie", "last_name": "Durand", "numbers": ["+33698765432"]}
        await directory.observe(changed)
        assert await everybody(directory) == [("cnt_1", "Marie Durand", ("+33698765432",))]
        assert (await directory.search("06 98 76 54 32", limit=5)).people[0].name == "Marie Durand"
        assert (await directory.search("06 12 34 56 78", limit=5)).people == ()
        assert (await directory.search("durand", limit=5)).people[0].company == "Dupont"


@pytest.mark.parametrize(
    "call",
    [
        {"type": "INBOUND", "from_number": "+33612345678", "to": "+33199000010"},
        {"type": "OUTBOUND", "from_number": "+33199000010", "to": "+33612345678"},
    ],
    ids=["inbound", "outbound"],
)
async def test_the_person_of_a_call_is_known_by_the_number(empty: Directory, call: dict[str, str]) -> None:
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678")])
    await empty.observe({**call, "id": "cll_1", "person": {"id": "con_7", "name": "Marie", "last_name": "Dupont"}})
    assert len(await everybody(empty)) == 1
    assert (await empty.search("con_7", limit=1)).people[0].contact_id == "cnt_1"


async def test_a_mere_name_makes_nobody(empty: Directory) -> None:
    """It would be a second Marie Dupont, and the first could no longer be texted by name."""
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678"), person("cnt-5", "Marie Dupont")])
    await empty.observe({"id": "con_7", "name": "Marie", "last_name": "Dupont", "numbers": []})
    await empty.observe({"from_number": "anonymous", "person": {"id": "con_7", "name": "Marie"}})
    assert len(await everybody(empty)) == 1


async def test_a_number_that_moves_to_somebody_else_moves_the_record(empty: Directory) -> None:
    await empty.remember(
        [person("cnt_1", "Marie Dupont", "+33612345678"), person("cnt_2", "Paul Martin", "+33698765432")]
    )
    await empty.remember([person("per-1", "Marie Dupont", "+33612345678")])
    await empty.observe({"id": "per-1", "name": "Paul", "last_name": "Martin", "numbers": ["+33698765432"]})
    assert [(await empty.search("per-1", limit=1)).people[0].contact_id, len(await everybody(empty))] == ["cnt_2", 2]


async def test_what_other_answers_show_adds_and_never_erases(empty: Directory) -> None:
    await empty.observe({"id": "cnt_1", "name": "Marie", "numbers": ["+33612345678"], "emails": ["m@dupont.example"]})
    later = datetime(2026, 11, 18, tzinfo=UTC)
    await empty.remember([person("cnt_1", "", "+33698765432", last_activity_at=later)])
    (found,) = (await empty.search("marie", limit=5)).people
    assert found.numbers == ("+33612345678", "+33698765432")
    assert (found.emails, found.last_activity_at) == (("m@dupont.example",), later)


async def test_what_a_whole_answer_no_longer_shows_is_gone_under_every_id(empty: Directory) -> None:
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678", "+33698765432")])
    await empty.remember([person("per-1", "Marie Dupont", "+33612345678", "+33698765432")])
    await empty.remember([person("cnt_1", "Marie Dupont", "+33698765432")], whole=True)
    assert await everybody(empty) == [("cnt_1", "Marie Dupont", ("+33698765432",))]


async def test_a_name_heard_beside_a_number_is_kept_without_an_id(empty: Directory) -> None:
    await empty.remember([person("", "Marie Dupont", "+33612345678"), person("", "Nobody")])
    assert await everybody(empty) == [("", "Marie Dupont", ("+33612345678",))]
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678")])
    assert await everybody(empty) == [("cnt_1", "Marie Dupont", ("+33612345678",))]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"id": 5},
        {"id": "cnt_1", "numbers": "x", "emails": [None, 3], "name": ["a"], "company": 7},
        {"id": "con_1", "name": "\x00\ud800 \u202e", "numbers": [{}, "\x00"]},
        {"person": None, "id": "msg_1"},
        {"person": {"id": "con_2", "name": "a" * 100_000, "numbers": ["1" * 5000] * 5000}},
    ],
)
async def test_malformed_events_do_no_harm(empty: Directory, data: dict[str, Any]) -> None:
    await empty.remember([person("cnt_1", "Marie Dupont", "+33612345678")])
    await empty.observe(data)
    assert (await empty.search("marie dupont", limit=5)).people[0].name == "Marie Dupont"


async def test_accounts_that_share_a_database_do_not_see_each_other(filled: Filled, allo: Allo) -> None:
    async with (
        filled(allo([contact("cnt_1", "Marie Dupont", "+33612345678")]), account="one") as one,
        filled(allo([contact("cnt_1", "Paul Martin", "+33612345678")]), account="two") as two,
    ):
        assert [name for _, name, _ in await everybody(one)] == ["Marie Dupont"]
        assert [name for _, name, _ in await everybody(two)] == ["Paul Martin"]
        assert (await two.search("marie", limit=5)).people == ()
        assert await two.names(["+33612345678"]) == {"+33612345678": "Paul Martin"}


async def test_people_are_still_there_after_a_restart(filled: Filled, allo: Allo) -> None:
    async with filled(allo([contact("cnt_1", "Marie Dupont", "+33612345678")])):
        pass
    async with filled(allo()) as directory:
        assert [name for _, name, _ in await everybody(directory)] == ["Marie Dupont"]
