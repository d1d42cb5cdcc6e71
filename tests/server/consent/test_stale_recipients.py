"""Who is meant by name is read once more before a text leaves: the directory may know them as they were hours ago."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from withallo_sandbox import SARAH

pytestmark = pytest.mark.anyio

TEXT = "I am ten minutes late."
OLD, NEW = SARAH.numbers[0], "+12125550177"


@pytest.fixture
def world(known_world: Any) -> Any:
    return known_world


def change(world: Any, **members: Any) -> Any:
    """Sarah as Allo has her from now on, which no event tells."""
    book = world.sandbox.account.contacts
    (sarah,) = book.with_number(OLD)
    return book.update(sarah, world.sandbox.clock.now(), **members)


@pytest.mark.parametrize("by", ["name", "id", "e-mail"])
async def test_a_number_that_changed_unheard_is_the_one_that_is_texted(world: Any, by: str) -> None:
    sarah = change(world, numbers=(NEW,))
    to = {"name": SARAH.full_name, "id": sarah.contact_id, "e-mail": sarah.emails[0]}[by]
    async with world.client(consent="allow") as client:
        result = await client.call_tool("send_sms", {"to": to, "message": TEXT})
        assert not result.is_error, result.content
    assert world.sent == [(NEW, TEXT)]


@pytest.mark.parametrize("members", [{"emails": ("moved@elsewhere.example",)}, {"numbers": ()}])
async def test_an_address_or_a_number_that_is_no_longer_theirs_reaches_nobody(
    world: Any, members: dict[str, Any]
) -> None:
    change(world, **members)
    async with world.client(consent="allow") as client:
        result = await client.call_tool("send_sms", {"to": SARAH.emails[0], "message": TEXT})
        assert "by now this person has" in str(result.content)
    assert world.sent == []


async def test_somebody_who_has_another_name_by_now_gets_nothing(world: Any) -> None:
    change(world, name="Leo", last_name="Blanc")
    async with world.client(consent="allow") as client:
        result = await client.call_tool("send_sms", {"to": SARAH.full_name, "message": TEXT})
        assert result.is_error
        assert "nobody matches" in str(result.content) or "not certain" in str(result.content)
    assert world.sent == []


@pytest.mark.parametrize("members", [{"numbers": (NEW,)}, {"name": "Leo", "last_name": "Blanc"}])
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_what_changes_while_a_human_thinks_undoes_their_yes(
    world: Any, members: dict[str, Any], era: str
) -> None:
    asked: list[str] = []

    async def think(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        if len(asked) > 1:
            return ElicitResult(action="decline")
        change(world, **members)
        return ElicitResult(action="accept", content={"approve": True})

    async with world.client(era=era, asks=think) as client:
        result = await client.call_tool("send_sms", {"to": SARAH.full_name, "message": TEXT})
        assert result.is_error
    assert OLD in asked[0]
    assert all(f"{SARAH.full_name} {OLD}" not in again for again in asked[1:])
    assert world.sent == []
