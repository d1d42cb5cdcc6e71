"""The account itself on v2."""

import httpx
import pytest

from withallo_sandbox import LINES, SENDER_ID, USERS

pytestmark = pytest.mark.anyio


async def test_numbers_are_lines_then_sender_ids_without_a_number(api: httpx.AsyncClient) -> None:
    rows = (await api.get("/v2/api/numbers")).json()["data"]

    assert [row["number"] for row in rows] == [*(line.number for line in LINES), None]
    assert rows[-1]["type"] == "SENDER_ID"
    assert rows[-1]["name"] == SENDER_ID.name
    assert {row["country"] for row in rows} == {"FR", "US"}


async def test_users_are_the_active_ones_unless_asked_otherwise(api: httpx.AsyncClient) -> None:
    active = (await api.get("/v2/api/users")).json()["data"]
    blocked = (await api.get("/v2/api/users", params={"status": "BLOCKED"})).json()["data"]
    admins = (await api.get("/v2/api/users", params={"role": "ADMIN"})).json()["data"]

    assert len(active) + len(blocked) == len(USERS)
    assert {user["status"] for user in blocked} == {"BLOCKED"}
    assert [user["name"] for user in admins] == ["Camille Roche"]


async def test_one_user_is_read_by_id(api: httpx.AsyncClient) -> None:
    user = (await api.get(f"/v2/api/users/{USERS[0].id}")).json()["data"]
    nobody = await api.get("/v2/api/users/usr-nobody")

    assert user["email"] == USERS[0].email
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "USER_NOT_FOUND")


async def test_tags_have_a_key_and_a_color(api: httpx.AsyncClient) -> None:
    tags = (await api.get("/v2/api/tags")).json()["data"]

    assert "quote_requested" in {tag["name"] for tag in tags}
    assert all(tag["color"].startswith("#") for tag in tags)
