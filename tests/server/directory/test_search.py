"""However many match, all of them can be reached, and a part of a number is nobody's whole number."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from withallo_client import AlloClient
from withallo_server.directory.directory import Directory
from withallo_tools.services import Person

Filled = Callable[..., AbstractAsyncContextManager[Directory]]
Allo = Callable[..., AlloClient]

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)]


def contact(place: int, name: str, **more: Any) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    heard = f"2026-01-01T00:{place // 60:02d}:{place % 60:02d}Z"
    numbers = [f"+3361{place:07d}"]
    values = {"id": f"cnt_{place}", "name": first, "last_name": last, "numbers": numbers, "last_activity_date": heard}
    return {**values, **more}


async def to_the_end(directory: Directory, query: str, limit: int) -> list[Person]:
    found: list[Person] = []
    while True:
        page = await directory.search(query, limit=limit, offset=len(found))
        found += page.people
        if len(found) >= page.total or not page.people:
            assert len(found) == page.total
            return found


@pytest.mark.parametrize("limit", [7, 100])
async def test_pages_show_everybody_once_and_the_best_first(filled: Filled, allo: Allo, limit: int) -> None:
    named = [contact(place, f"Prenom{place} Martin") for place in range(150)]
    employed = [contact(place, f"Autre{place} Durand", company={"name": "Martin SARL"}) for place in range(150, 300)]
    exact = contact(300, "Martin", last_activity_date=None)
    async with filled(allo([*named, *employed, exact])) as directory:
        found = await to_the_end(directory, "martin", limit)
        assert len(found) == len({one.contact_id for one in found}) == 301
        best = found[:100]
        assert [one.score for one in best] == sorted((one.score for one in best), reverse=True)
        initial = await to_the_end(directory, "p martin", limit)
        assert len(initial) == len({one.contact_id for one in initial}) == 301
        assert all("Prenom" in one.name for one in initial[:100])


@pytest.mark.parametrize("query", ["info@", "+3361", "nomm durand"])
async def test_all_of_many_are_counted_and_reached_whatever_they_are_found_by(
    filled: Filled, allo: Allo, query: str
) -> None:
    everybody = [contact(place, f"Nom{place} Durand", emails=[f"info@firm{place}.fr"]) for place in range(150)]
    everybody += [contact(place, "Nomm Durand", emails=[f"info@firm{place}.fr"]) for place in range(150, 250)]
    async with filled(allo(everybody)) as directory:
        found = await to_the_end(directory, query, 20)
        assert len(found) == len({one.contact_id for one in found})
        assert len(found) >= (100 if query == "nomm durand" else 250), len(found)


@pytest.mark.parametrize("part", ["5678", "1111"])
async def test_the_end_of_one_number_hides_no_other_that_holds_it(filled: Filled, allo: Allo, part: str) -> None:
    two = [contact(1, "Alice", numbers=["+33611115678"]), contact(2, "Bob", numbers=["+33656781111"])]
    async with filled(allo(two)) as directory:
        found = (await directory.search(part, limit=5)).people
        assert {one.name for one in found} == {"Alice", "Bob"}
        assert all(one.score < 100 for one in found)
        resolution = await directory.resolve(part)
        assert (resolution.best, resolution.exact, len(resolution.candidates)) == (None, False, 2)


async def test_a_number_that_ends_a_longer_one_is_only_its_owners(filled: Filled, allo: Allo) -> None:
    two = [contact(1, "Alice", numbers=["+33633678901"]), contact(2, "Bob", numbers=["+33698765432"])]
    async with filled(allo(two)) as directory:
        assert not (await directory.resolve("+33678901")).exact
        whole = await directory.resolve("06 98 76 54 32")
        assert (whole.exact, whole.best.name if whole.best else "") == (True, "Bob")


async def test_two_people_without_an_id_are_not_one(filled: Filled, allo: Allo) -> None:
    async with filled(allo()) as directory:
        jeans = [Person("", "Jean Martin", None, (number,), ()) for number in ("+33611111111", "+33622222222")]
        await directory.remember(jeans)
        resolution = await directory.resolve("Jean Martin", certain=True)
        assert (resolution.best, resolution.exact, len(resolution.candidates)) == (None, False, 2)


async def test_digits_in_a_name_are_a_word_of_it_too(filled: Filled, allo: Allo) -> None:
    two = [
        contact(1, "Studio 404", numbers=["+33600001001"]),
        contact(2, "Studio Photo Lumière", numbers=["+33600404555"]),
    ]
    async with filled(allo(two)) as directory:
        found = (await directory.search("Studio 404", limit=5)).people
        assert [one.name for one in found] == ["Studio 404", "Studio Photo Lumière"]
        assert not (await directory.resolve("Studio 404")).exact


async def test_the_number_of_another_makes_a_name_doubtful(filled: Filled, allo: Allo) -> None:
    two = [
        contact(1, "Marie Dupont", numbers=["+33600000101"]),
        contact(2, "Marie Dupuis", numbers=["+33600000102"]),
    ]
    async with filled(allo(two)) as directory:
        assert (await directory.resolve("Marie Dupont")).best is not None
        assert (await directory.resolve("Marie Dupont +33600000101")).best is not None
        assert (await directory.resolve("Marie Dupont +33600000102")).best is None
