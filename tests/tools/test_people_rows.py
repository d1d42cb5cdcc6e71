"""Somebody with many numbers or addresses is shown with the one that matched, and with how many are left out."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

pytestmark = pytest.mark.anyio


async def _add(world: "World", name: str, last_name: str, numbers: list[str], emails: list[str]) -> None:
    await world.call("create_contact", name=name, last_name=last_name, numbers=numbers, emails=emails)


async def test_what_matched_is_shown_first_with_how_many_are_left_out(open_world: "OpenWorld") -> None:
    numbers = [f"+3360099000{place}" for place in range(6)]
    emails = [f"sixte{place}@phones.example" for place in range(6)]
    async with open_world() as world:
        await world.know_people()
        await _add(world, "Sixte", "Phones", numbers, emails)
        for query, number, email in (
            (numbers[5], numbers[5], emails[0]),
            ("06 00 99 00 05", numbers[5], emails[0]),
            ("990005", numbers[5], emails[0]),
            (emails[5], numbers[0], emails[5]),
            ("Sixte", numbers[0], emails[0]),
        ):
            text = await world.call("search_contacts", query=query)
            (row,) = [line for line in text.splitlines() if line.startswith("Sixte")]
            found = (await world.facts("search_contacts", query=query))["people"]
            (person,) = [each for each in found if each["name"] == "Sixte Phones"]
            assert f"| {number}, " in row, query
            assert f"| {email}, " in row, query
            assert (", +3 more |" in row, ", +4 more |" in row) == (True, True), query
            assert (person["numbers"][0], person["emails"][0]) == (number, email), query
            assert person["left_out"] == 6 - len(person["numbers"]) + 6 - len(person["emails"]), query


async def test_a_contact_says_how_many_of_its_numbers_it_leaves_out(modern: "World") -> None:
    book, now = modern.sandbox.account.contacts, modern.sandbox.clock.now()
    numbers = tuple(f"+3360098{place:04d}" for place in range(160))
    many = book.create(
        now,
        name="Centuria",
        last_name="Phones",
        numbers=numbers,
        emails=(),
        company=None,
        job_title=None,
        website=None,
    )
    facts = await modern.facts("get_contact", contact=many.contact_id)
    assert facts["numbers"] == list(numbers[:100])
    assert facts["left_out"] == 60
    assert "60 left out" in await modern.call("get_contact", contact=many.contact_id)


async def test_an_error_says_how_many_more_it_could_be(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        for place in range(16):
            await _add(world, "Jules", "Homonyme", [f"+336008000{place:02d}"], [])
        error = await world.refusal("search_calls", contact="Jules Homonyme")
    assert error.count("Jules Homonyme |") == 10
    assert error.endswith("And 6 more.\nsearch_contacts lists them.")


async def test_a_row_that_is_cut_says_what_shows_more(open_world: "OpenWorld") -> None:
    async with open_world(answer_tokens=500) as world:
        await world.control("inbound-sms", content="9 8 7 6 5 4 " * 80)
        newest = (await world.facts("search_conversations", kind="text", limit=1))["items"][0]
        text = await world.call("get_contact_conversation", contact=newest["contact"].split()[-1], limit=1)
    assert "⟦cut⟧: too long for one answer; the setting ALLO_ANSWER_TOKENS allows more." in text
