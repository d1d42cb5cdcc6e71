"""Contacts are made when looked at, found by every id and number, and many."""

import httpx
import phonenumbers
import pytest

from withallo_sandbox import CLAIRE, JULIEN, MARIE, PEOPLE, SARAH, Sandbox, ids
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.seed import numbers


def test_default_account_has_250_contacts_of_two_countries(sandbox: Sandbox) -> None:
    contacts = list(sandbox.account.contacts)

    assert len(contacts) == 250
    assert [person.ordinal for person in contacts] == list(range(250))
    assert {number[:2] for person in contacts for number in person.numbers} == {"+1", "+3"}
    assert any(not (person.name or "").isascii() for person in contacts[len(PEOPLE) :])
    assert sum(len(person.numbers) > 1 for person in contacts) > 10
    assert sum(person.company is not None for person in contacts) > 80


def test_ids_of_one_human_differ_by_family_and_lead_back(sandbox: Sandbox) -> None:
    book = sandbox.account.contacts
    families = {"cnt_": MARIE.contact_id, "cnt-": MARIE.card_id, "per-": MARIE.person_id, "con_": MARIE.event_id}

    assert len({text[4:] for text in families.values()}) == 4
    assert all(book.by_id(family, text) == MARIE for family, text in families.items())
    assert book.by_id("per-", MARIE.contact_id) is None
    assert book.by_id("cnt_", "cnt_" + ids.token("cnt_", 250)) is None


@pytest.mark.parametrize("text", ["", "short", "iiiiiiii", "é" * 8, "0" * 9])
def test_text_that_is_no_token_leads_nowhere(text: str) -> None:
    assert ids.ordinal("cnt_", text) is None


def test_people_are_found_by_each_of_their_numbers(sandbox: Sandbox) -> None:
    book = sandbox.account.contacts

    assert all(person in book.with_number(number) for person in book for number in person.numbers)
    assert book.with_number(CLAIRE.numbers[0]) == (CLAIRE, JULIEN)
    assert book.with_number("+12125559999") == ()
    assert book.with_number("+33") == ()


def test_numbers_that_change_hands_lead_to_the_new_owner(sandbox: Sandbox) -> None:
    book, now = sandbox.account.contacts, sandbox.clock.now()
    freed = book[100].numbers[0]

    book.update(book[100], now, numbers=("+33600000999",))
    book.update(SARAH, now, numbers=(freed,))

    assert [person.ordinal for person in book.with_number(freed)] == [SARAH.ordinal]
    assert [person.ordinal for person in book.with_number("+33600000999")] == [100]


def test_every_number_is_valid_and_belongs_to_one_place() -> None:
    for ordinal in (*range(20, 400), *range(99_000, 99_300)):
        for number in filter(None, (numbers.main_number(ordinal), numbers.second_number(ordinal))):
            assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
            assert numbers.possible_owners(number) == (ordinal,)


@pytest.mark.anyio
async def test_100_000_contacts_are_all_there() -> None:
    sandbox = Sandbox(scale=100_000, rate_limits=False, calls=100)
    transport = httpx.ASGITransport(app=sandbox.app)
    headers = {"authorization": "ak_live_sandbox"}
    async with httpx.AsyncClient(transport=transport, base_url="https://api.withallo.com", headers=headers) as api:
        page = (await api.get("/v1/api/contacts", params={"page": 999, "size": 100})).json()["data"]
        people = (await api.post("/v2/api/crm/people/search", json={"page": 500, "size": 100})).json()
        last = page["results"][-1]
        read = (await api.get(f"/v1/api/contact/{last['id']}")).json()["data"]

    assert page["metadata"]["pagination"]["total_pages"] == 1000
    assert people["pagination"]["total_count"] == 100_000
    assert len(people["data"]) == 100
    assert read["numbers"] == last["numbers"]


@pytest.mark.parametrize("size", [0, 3, 100_001])
def test_impossible_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="contacts"):
        Sandbox(scale=size)


def test_contacts_grow_from_the_seed(sandbox: Sandbox) -> None:
    now = sandbox.clock.now()
    first, same, other = (ContactBook(60, seed, now) for seed in (1, 1, 2))

    assert list(first) == list(same)
    assert [person.full_name for person in first] != [person.full_name for person in other]
    assert [person.numbers for person in first] == [person.numbers for person in other]
