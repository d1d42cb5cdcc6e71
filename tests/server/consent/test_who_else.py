"""A human who agrees to a text is told who else could be meant, or has the number."""

from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

pytestmark = pytest.mark.anyio

MOBILE, OTHER, LANDLINE = "+33600000881", "+33600000882", "+33199000883"


def add(world: Any, name: str, last_name: str, number: str) -> None:
    nothing: dict[str, Any] = {"company": None, "job_title": None, "website": None, "emails": ()}
    contacts = world.sandbox.account.contacts
    contacts.create(world.sandbox.clock.now(), name=name, last_name=last_name, numbers=(number,), **nothing)


async def asked_about(world: Any, to: str) -> str:
    """The question and the form of a text to somebody, which is then declined."""
    asked: list[str] = []

    async def decline(context: Any, params: Any) -> ElicitResult:
        asked.append(f"{params.message}\n{params.requested_schema}")
        return ElicitResult(action="decline")

    async with world.client(asks=decline, region="FR") as client:
        with anyio.fail_after(60):
            while not ((await client.call_tool("search_contacts")).structured_content or {}).get("complete", True):
                await anyio.lowlevel.checkpoint()
        result = await client.call_tool("send_sms", {"to": to, "message": "Bonjour"})
        asked.append(str(result.content))
    return "\n".join(asked)


async def test_who_has_the_number_too(world: Any) -> None:
    add(world, "Ludovic", "Besson", MOBILE)
    add(world, "Ludivine", "Besson", MOBILE)
    told = await asked_about(world, "Ludovic Besson")
    assert "This number is of: Ludovic Besson or Ludivine Besson" in told


async def test_who_may_be_meant_and_cannot_be_texted(world: Any) -> None:
    add(world, "Anna", "Zimmer", MOBILE)
    add(world, "Bernd", "Zimmer", OTHER)
    add(world, "Carla", "Zimmer", LANDLINE)
    add(world, "Anna", "Zimmer", "+33199000884")
    told = await asked_about(world, "Zimmer")
    assert MOBILE in told
    others = told.partition("Not among them, for they cannot be texted: ")[2].partition(".")[0]
    assert sorted(others.split(", ")) == ["Anna Zimmer", "Carla Zimmer"]


async def test_more_people_than_fit_into_a_choice_are_not_offered_in_part(world: Any) -> None:
    for place in range(16):
        add(world, "Jean", "Zimmer", f"+336000008{place:02d}")
    told = await asked_about(world, "Jean Zimmer")
    assert "And 6 more" in told
    assert world.sent == []
