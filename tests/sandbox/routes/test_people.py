"""People in the CRM."""

from typing import Any

import httpx
import pytest

from withallo_sandbox import JOHN_SMITH, JOHN_SMITH_COFFEE, MARIE, SARAH, THOMAS_ARCHITECT, THOMAS_SAWMILL, Sandbox

pytestmark = pytest.mark.anyio


async def found(api: httpx.AsyncClient, **body: Any) -> list[str]:
    answer = await api.post("/v2/api/crm/people/search", json={"size": 100, **body})
    assert answer.status_code == 200, answer.text
    return [person["id"] for person in answer.json()["data"]]


async def test_search_looks_at_names_e_mail_number_and_company(api: httpx.AsyncClient) -> None:
    assert set(await found(api, search="thomas martin")) == {THOMAS_ARCHITECT.person_id, THOMAS_SAWMILL.person_id}
    assert set(await found(api, search="harborstreet")) == {JOHN_SMITH_COFFEE.person_id}
    assert MARIE.person_id in await found(api, search=MARIE.numbers[0])
    assert await found(api, search="dupont & filles") == [MARIE.person_id]


async def test_filters_hold_together_and_numbers_match_exactly(api: httpx.AsyncClient) -> None:
    smiths = {JOHN_SMITH.person_id, JOHN_SMITH_COFFEE.person_id}

    assert set(await found(api, filters={"name": "john", "last_name": "Smith"})) == smiths
    assert await found(api, filters={"last_name": "smith", "company": "harbor"}) == [JOHN_SMITH_COFFEE.person_id]
    assert await found(api, filters={"phone_number": SARAH.numbers[0]}) == [SARAH.person_id]


async def test_part_of_a_number_matches_nobody(api: httpx.AsyncClient) -> None:
    assert await found(api, filters={"phone_number": SARAH.numbers[0][:-1]}) == []


async def test_unknown_filters_return_everybody(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await api.post("/v2/api/crm/people/search", json={"filters": {"phone": "+1"}, "query": "x", "size": 1})

    assert answer.json()["pagination"]["total_count"] == len(sandbox.account.contacts)


async def test_last_active_come_first_unless_sorted_otherwise(api: httpx.AsyncClient) -> None:
    async def rows(sort: str | None) -> list[dict[str, Any]]:
        people = await api.post("/v2/api/crm/people/search", json={"sort": sort, "size": 100})
        data: list[dict[str, Any]] = people.json()["data"]
        return data

    active = [person["last_activity_at"] or "" for person in await rows(None)]
    names = [f"{p['name'] or ''} {p['last_name'] or ''}".strip().casefold() for p in await rows("NAME_ASC")]
    created = [person["created_at"] for person in await rows("CREATED_ASC")]

    assert active == sorted(active, reverse=True)
    assert names == sorted(names)
    assert created == sorted(created)


async def test_person_has_an_id_of_the_family_and_activity(api: httpx.AsyncClient) -> None:
    person = (await api.get(f"/v2/api/crm/people/{SARAH.person_id}")).json()["data"]

    assert person["id"].startswith("per-")
    assert person["interactions"] >= 2
    assert person["company"]["name"] == "Meridian Hotels"
    assert (await api.get(f"/v2/api/crm/people/{SARAH.contact_id}")).json()["error"]["code"] == "PERSON_NOT_FOUND"


async def test_created_person_is_a_contact_of_v1_too(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    body = {"numbers": ["+33600000777"], "name": "Ada", "company_id": SARAH.company.id if SARAH.company else None}
    made = (await api.post("/v2/api/crm/people", json=body)).json()["data"]
    [contact] = sandbox.account.contacts.with_number("+33600000777")

    assert made["company"]["name"] == "Meridian Hotels"
    assert (await api.get(f"/v1/api/contact/{contact.contact_id}")).json()["data"]["name"] == "Ada"


async def test_number_that_somebody_has_is_409_unless_allowed(api: httpx.AsyncClient) -> None:
    body = {"numbers": [SARAH.numbers[0]], "name": "Double"}

    assert (await api.post("/v2/api/crm/people", json=body)).status_code == 409
    assert (await api.post("/v2/api/crm/people", json={**body, "allow_duplicate_number": True})).status_code == 200


async def test_update_is_partial_and_lists_replace(api: httpx.AsyncClient) -> None:
    path = f"/v2/api/crm/people/{SARAH.person_id}"
    changed = (await api.put(path, json={"emails": ["s@example.com"], "address": "5 Pier", "company_id": None})).json()

    assert changed["data"]["emails"] == ["s@example.com"]
    assert changed["data"]["address"] == "5 Pier"
    assert changed["data"]["company"] is None
    assert changed["data"]["numbers"] == list(SARAH.numbers)


@pytest.mark.parametrize(
    "body", [{"numbers": []}, {"numbers": ["12"]}, {"numbers": ["+336"], "company_id": "com-0"}, {}]
)
async def test_validation_is_422_here(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await api.post("/v2/api/crm/people", json=body)).status_code == 422
