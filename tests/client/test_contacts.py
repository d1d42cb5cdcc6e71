import json
from datetime import UTC, datetime
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

CONTACT = {
    "id": "cnt_1",
    "name": "Zoé",
    "last_name": "Lefèvre",
    "company": {"id": "com_1", "name": "Lumen"},
    "is_archived": False,
    "created_at": "2026-01-02T03:04:05",
    "numbers": ["+33612345678", "+0987654321"],
    "is_whitelisted": True,
    "last_activity_date": "",
    "engagement": "COOLING",
}
NOT_FOUND = {"code": "CONTACT_NOT_FOUND", "details": None}


async def test_get_reads_the_singular_route(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v1/api/contact/cnt_1").respond(
        json={"data": {"id": "cnt_1", "name": "Zoé", "emails": None, "custom_properties": {"tier": "gold"}}}
    )

    contact = await allo.contacts.get("cnt_1")

    assert route.calls.last.request.url.raw_path == b"/v1/api/contact/cnt_1"
    assert (contact.full_name, contact.emails, contact.activity) == ("Zoé", (), None)
    assert contact.custom_properties == {"tier": "gold"}


async def test_get_extends_by_a_comma_list(allo: AlloClient, api: respx.MockRouter) -> None:
    activity = {"type": "INBOUND_SMS", "made_by": None, "made_at": "2026-03-02T09:15:00Z", "content": "Hi"}
    route = api.get("/v1/api/contact/cnt_1").respond(
        json={"data": {"id": "cnt_1", "engagement": "COLD", "activity": [activity]}}
    )

    contact = await allo.contacts.get("cnt_1", ["engagement", "activity"])

    assert route.calls.last.request.url.raw_path == b"/v1/api/contact/cnt_1?extend=engagement%2Cactivity"
    assert contact.activity is not None
    assert contact.activity[0].made_at == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


async def test_ids_are_encoded_into_the_path(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get(path__startswith="/v1/api/contact/").respond(400, json=NOT_FOUND)

    with pytest.raises(NotFoundError):
        await allo.contacts.get("+1/../../v2?x#y")

    assert route.calls.last.request.url.raw_path == b"/v1/api/contact/%2B1%2F..%2F..%2Fv2%3Fx%23y"


async def test_search_pages_through_all_contacts(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v1/api/contacts").respond(
        json={"data": {"results": [CONTACT], "metadata": {"pagination": {"total_pages": 25, "current_page": 1}}}}
    )

    found = await allo.contacts.search(page=1, size=100)

    assert route.calls.last.request.url.raw_path == b"/v1/api/contacts?page=1&size=100"
    assert (found.page, found.total_pages, found.has_more) == (1, 25, True)
    contact = found.items[0]
    assert contact.full_name == "Zoé Lefèvre"
    assert contact.company is not None
    assert contact.company.name == "Lumen"
    assert contact.numbers == ("+33612345678", "+0987654321")
    assert contact.emails == ()
    assert contact.last_activity_date is None
    assert contact.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_search_of_an_empty_account_is_an_empty_page(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v1/api/contacts").respond(json={"data": {"results": None, "metadata": None}})

    found = await allo.contacts.search()

    assert (found.items, found.has_more) == ([], False)


async def test_search_conversation_reads_calls_and_texts(allo: AlloClient, api: respx.MockRouter) -> None:
    rows = [
        {"type": "CALL", "call": {"id": "call_1", "type": "OUTBOUND", "tags": ["vip"]}, "message": None},
        {
            "type": "TEXT_MESSAGE",
            "call": None,
            "message": {
                "from_number": None,
                "sender_id": "LUMEN",
                "to_number": "+33612345678",
                "type": "OUTBOUND",
                "content": "Bonjour",
                "start_date": "2026-03-02T09:20:00",
            },
        },
    ]
    route = api.get("/v1/api/contact/cnt_1/conversation").respond(
        json={"data": {"results": rows, "metadata": {"pagination": {"total_pages": 1, "current_page": 0}}}}
    )

    found = await allo.contacts.search_conversation("cnt_1", "+14155550100")

    assert route.calls.last.request.url.raw_path == (
        b"/v1/api/contact/cnt_1/conversation?allo_number=%2B14155550100&page=0&size=10"
    )
    call, text = found.items
    assert call.call is not None
    assert (call.call.direction, call.call.tags) == ("OUTBOUND", ("vip",))
    assert text.message is not None
    assert (text.message.sender_id, text.message.direction, text.message.content) == ("LUMEN", "OUTBOUND", "Bonjour")


@pytest.mark.parametrize("status", [200, 201])
async def test_create_posts_to_the_plural_route(allo: AlloClient, api: respx.MockRouter, status: int) -> None:
    route = api.post("/v1/api/contacts").respond(status, json={"data": CONTACT})

    contact = await allo.contacts.create(
        ["+33612345678"], name="Zoé", last_name="Lefèvre", job_title="CTO", website="lumen.fr", emails=["z@lumen.fr"]
    )

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/contacts"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == {
        "numbers": ["+33612345678"],
        "name": "Zoé",
        "last_name": "Lefèvre",
        "job_title": "CTO",
        "website": "lumen.fr",
        "emails": ["z@lumen.fr"],
    }
    assert contact.id == "cnt_1"


async def test_create_sends_only_what_was_given(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v1/api/contacts").respond(json={"data": CONTACT})

    await allo.contacts.create(["+33612345678"])

    assert json.loads(route.calls.last.request.content) == {"numbers": ["+33612345678"]}


async def test_update_puts_to_the_plural_route(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.put("/v1/api/contacts/cnt_1").respond(json={"data": CONTACT})

    await allo.contacts.update("cnt_1", job_title="CEO", emails=[])

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/contacts/cnt_1"
    assert json.loads(request.content) == {"job_title": "CEO", "emails": []}


async def test_an_unknown_contact_is_not_found_although_v1_says_400(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v1/api/contact/cnt_9").respond(400, json=NOT_FOUND)
    api.get("/v1/api/contact/cnt_9/conversation").respond(400, json=NOT_FOUND)
    api.put("/v1/api/contacts/cnt_9").respond(400, json=NOT_FOUND)

    with pytest.raises(NotFoundError):
        await allo.contacts.get("cnt_9")
    with pytest.raises(NotFoundError):
        await allo.contacts.search_conversation("cnt_9")
    with pytest.raises(NotFoundError):
        await allo.contacts.update("cnt_9", name="X")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"numbers": []}, "numbers"),
        ({"numbers": "+33612345678"}, "numbers"),
        ({"numbers": ["06 12 34 56 78"]}, "numbers"),
        ({"emails": ["nobody"]}, "emails"),
        ({"emails": "z@lumen.fr"}, "emails"),
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"last_name": "x" * 1001}, "last_name"),
        ({"website": 5}, "website"),
    ],
)
async def test_create_refuses_what_the_route_does_not_take(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.contacts.create(**{"numbers": ["+33612345678"], **given})

    assert caught.value.field == field
    assert not api.calls


@pytest.mark.parametrize("wrong", ["", " ", ".", "..", "cnt\n1", "x" * 201])
async def test_an_id_that_cannot_stand_in_a_path_is_refused(
    allo: AlloClient, api: respx.MockRouter, wrong: str
) -> None:
    with pytest.raises(InvalidArgumentError):
        await allo.contacts.get(wrong)

    assert not api.calls


async def test_an_update_of_nothing_is_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    with pytest.raises(InvalidArgumentError):
        await allo.contacts.update("cnt_1")

    assert not api.calls


async def test_an_unknown_extension_is_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    everything: Any = ["everything"]
    with pytest.raises(InvalidArgumentError):
        await allo.contacts.get("cnt_1", everything)
    with pytest.raises(InvalidArgumentError):
        await allo.contacts.get("cnt_1", everything[0])

    assert not api.calls
