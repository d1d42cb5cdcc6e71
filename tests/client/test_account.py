import pytest
import respx

from withallo_client import AlloClient, ServerError

pytestmark = pytest.mark.anyio


async def test_me_tells_scopes_team_routes_and_limits(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/me").respond(
        json={
            "data": {
                "api_key_id": "key_1",
                "scopes": ["SMS_SEND", "CONVERSATIONS_READ"],
                "endpoints": [{"method": "POST", "path": "/v1/api/sms", "description": "Send", "scope": "SMS_SEND"}],
                "team": {"id": "tea_1", "name": "Lumen"},
                "rate_limits": {"read_per_second": 20, "write_per_second": 5},
                "member_of_tomorrow": True,
            }
        }
    )

    me = await allo.account.me()

    assert route.calls.last.request.url.raw_path == b"/v2/api/me"
    assert me.scopes == {"SMS_SEND", "CONVERSATIONS_READ"}
    assert me.endpoints[0].path == "/v1/api/sms"
    assert me.team is not None
    assert me.team.name == "Lumen"
    assert (me.rate_limits.read_per_second, me.rate_limits.write_per_second) == (20, 5)


async def test_me_of_a_key_without_a_team_is_read(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/me").respond(json={"data": {"team": None}})

    me = await allo.account.me()

    assert me.team is None
    assert me.scopes == frozenset()


async def test_me_with_nulls_is_read(allo: AlloClient, api: respx.MockRouter) -> None:
    members = {"api_key_id": None, "scopes": None, "endpoints": None, "rate_limits": None}
    api.get("/v2/api/me").respond(json={"data": members})

    me = await allo.account.me()

    assert (me.scopes, me.endpoints, me.rate_limits.read_per_second) == (frozenset(), (), None)


async def test_connection_is_good_when_the_key_is_taken(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/me").respond(json={"data": {}})

    assert await allo.account.test_connection() is True


async def test_connection_is_bad_when_the_key_is_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/me").respond(401, json={"error": {"code": "API_KEY_REVOKED", "message": "revoked"}})

    assert await allo.account.test_connection() is False


async def test_connection_is_bad_for_a_key_of_a_trial_plan(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/me").respond(403, json={"error": {"code": "API_KEY_TRIAL_NOT_ALLOWED", "message": "trial"}})

    assert await allo.account.test_connection() is False


async def test_connection_is_unknown_when_allo_fails(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/me").respond(500, html="<h1>oops</h1>")

    with pytest.raises(ServerError):
        await allo.account.test_connection()
