from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.anyio

USER = {"id": "usr-1", "name": "Ada", "email": "ada@example.com", "role": "ADMIN", "status": "ACTIVE"}


async def test_list_asks_for_everybody_by_default(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/users").respond(json={"data": [USER]})

    (user,) = await allo.users.list()

    assert route.calls.last.request.url.raw_path == b"/v2/api/users"
    assert (user.id, user.role, user.image_url) == ("usr-1", "ADMIN", None)


async def test_list_narrows_by_role_and_status(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/users").respond(json={"data": []})

    assert await allo.users.list("MANAGER", "BLOCKED") == []
    assert route.calls.last.request.url.raw_path == b"/v2/api/users?role=MANAGER&status=BLOCKED"


async def test_get_reads_one_user(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/users/usr-1").respond(json={"data": USER})

    assert (await allo.users.get("usr-1")).name == "Ada"
    assert route.calls.last.request.url.raw_path == b"/v2/api/users/usr-1"


async def test_an_unknown_user_is_not_found(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/users/usr-9").respond(404, json={"error": {"code": "USER_NOT_FOUND", "message": "no"}})

    with pytest.raises(NotFoundError):
        await allo.users.get("usr-9")


async def test_an_unknown_role_is_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    owner: Any = "OWNER"
    with pytest.raises(InvalidArgumentError):
        await allo.users.list(owner)

    assert not api.calls
