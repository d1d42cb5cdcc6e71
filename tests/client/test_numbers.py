import pytest
import respx

from withallo_client import AlloClient, ForbiddenError

pytestmark = pytest.mark.anyio

FORBIDDEN_V2 = {"error": {"type": "permission_error", "code": "API_KEY_INSUFFICIENT_SCOPE", "message": "no"}}
FORBIDDEN_V1 = {
    "code": "API_KEY_INSUFFICIENT_SCOPE",
    "details": [{"message": "required=CONVERSATIONS_READ", "field": "scope"}],
}


async def test_numbers_come_from_v2_with_what_each_can_do(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/numbers").respond(
        json={
            "data": [
                {
                    "number": "+33612345678",
                    "name": "Paris",
                    "country": "FR",
                    "type": "NUMBER",
                    "capabilities": ["VOICE", "SMS"],
                    "users": [{"id": "usr-1", "name": "Ada", "email": "ada@example.com"}],
                },
                {"name": "LUMEN", "country": "FR", "type": "SENDER_ID", "capabilities": None, "users": None},
            ]
        }
    )

    line, sender = await allo.numbers.list()

    assert route.calls.last.request.url.raw_path == b"/v2/api/numbers"
    assert (line.number, line.type, line.capabilities) == ("+33612345678", "NUMBER", ("VOICE", "SMS"))
    assert line.users[0].name == "Ada"
    assert sender.is_sender_id
    assert (sender.number, sender.name, sender.capabilities, sender.users) == (None, "LUMEN", (), ())


@pytest.mark.parametrize("refusal", [(403, FORBIDDEN_V2), (404, {"error": {"code": "ENDPOINT_NOT_FOUND"}})])
async def test_numbers_come_from_v1_when_v2_is_out_of_reach(
    allo: AlloClient, api: respx.MockRouter, refusal: tuple[int, dict[str, object]]
) -> None:
    api.get("/v2/api/numbers").respond(refusal[0], json=refusal[1])
    route = api.get("/v1/api/numbers").respond(
        json={
            "data": [
                {"number": None, "name": "LUMEN", "country": "FR", "is_shared_number": False},
                {"number": "+14155550100", "name": None, "country": "US", "is_shared_number": True},
            ]
        }
    )

    sender, line = await allo.numbers.list()

    assert route.calls.last.request.url.raw_path == b"/v1/api/numbers"
    assert sender.is_sender_id
    assert not line.is_sender_id
    assert line.is_shared_number is True


async def test_a_key_that_may_read_neither_gets_the_scope_it_lacks(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/numbers").respond(403, json=FORBIDDEN_V2)
    api.get("/v1/api/numbers").respond(403, json=FORBIDDEN_V1)

    with pytest.raises(ForbiddenError) as caught:
        await allo.numbers.list()

    assert caught.value.required_scopes() == ("CONVERSATIONS_READ",)


async def test_each_version_can_be_asked_alone(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v1/api/numbers").respond(json={"data": [{"number": "+14155550100"}]})
    api.get("/v2/api/numbers").respond(json={"data": []})

    assert [number.number for number in await allo.numbers.list_v1()] == ["+14155550100"]
    assert await allo.numbers.list_v2() == []
