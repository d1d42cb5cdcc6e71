import json
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

PERSON = {
    "id": "per-1",
    "name": "Marie",
    "last_name": None,
    "numbers": ["+33612345678"],
    "emails": [],
    "company": {"id": "com-1", "name": "Lumen"},
    "interactions": 12,
    "created_at": "2026-03-02T09:00:00",
    "updated_at": "2026-03-02T09:00:00",
}
PAGINATION = {"page": 1, "size": 20, "total_count": 41, "total_pages": 3, "has_more": True}


async def test_search_posts_words_filters_sort_and_paging(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/crm/people/search").respond(json={"data": [PERSON], "pagination": PAGINATION})

    found = await allo.people.search("mar", {"company": "Lumen"}, "NAME_ASC", page=1, size=20)

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/crm/people/search"
    assert json.loads(request.content) == {
        "search": "mar",
        "filters": {"company": "Lumen"},
        "sort": "NAME_ASC",
        "page": 1,
        "size": 20,
    }
    assert (found.total_count, found.total_pages, found.has_more) == (41, 3, True)
    assert (found.items[0].full_name, found.items[0].interactions) == ("Marie", 12)


async def test_search_of_everybody_sends_paging_alone(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/crm/people/search").respond(json={"data": [], "pagination": None})

    found = await allo.people.search()

    assert json.loads(route.calls.last.request.content) == {"page": 1, "size": 20}
    assert (found.items, found.has_more) == ([], False)


async def test_get_reads_one_person(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/crm/people/per-1").respond(json={"data": PERSON})

    person = await allo.people.get("per-1")

    assert route.calls.last.request.url.raw_path == b"/v2/api/crm/people/per-1"
    assert person.company is not None
    assert person.company.id == "com-1"


async def test_an_unknown_person_is_not_found(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/crm/people/per-9").respond(404, json={"error": {"code": "PERSON_NOT_FOUND", "message": "no"}})

    with pytest.raises(NotFoundError):
        await allo.people.get("per-9")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"filters": {"phone": "+33612345678"}}, "filters"),
        ({"filters": {"name": ""}}, "filters.name"),
        ({"sort": "NEWEST"}, "sort"),
        ({"search": ""}, "search"),
        ({"page": 0}, "page"),
    ],
)
async def test_search_refuses_what_allo_would_ignore_or_refuse(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.people.search(**given)

    assert caught.value.field == field
    assert not api.calls
