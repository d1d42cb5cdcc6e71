"""All two hundred queries as recipients of a real text: whoever got one was meant."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from withallo_sandbox import Sandbox


@pytest.mark.anyio
async def test_no_text_reaches_anybody_who_was_not_meant(world: Any) -> None:
    """No human looks: the operator allows every send, so only certainty about the recipient stands in between."""
    world.sandbox = Sandbox(rate_limits=False)
    lines = (Path(__file__).parent / "queries.txt").read_text(encoding="utf-8").splitlines()
    owners = [(number, person) for person in world.sandbox.account.contacts for number in person.numbers]
    delivered = 0
    async with world.client(consent="allow", max_per_hour=0, max_per_day=0, max_per_recipient=0) as client:
        for line in lines:
            if line.startswith("#"):
                continue
            _, query, *meant = [part.strip() for part in line.split("|")]
            before = len(world.sent)
            await client.call_tool("send_sms", {"to": query, "message": f"Hello {query}"})
            for number, _ in world.sent[before:]:
                delivered += 1
                assert any(_is(person, meant[0]) for has, person in owners if has == number), (query, number)
    assert delivered > 25


def _is(person: Any, label: str) -> bool:
    name, at, company = label.partition("@")
    works_at = person.company.name if person.company else ""
    return (person.full_name or works_at) == name and (not at or works_at == company)


def _person(world: Any, full_name: str, number: str) -> None:
    first, _, last = full_name.partition(" ")
    nothing: dict[str, Any] = {"company": None, "job_title": None, "website": None, "emails": ()}
    contacts = world.sandbox.account.contacts
    contacts.create(world.sandbox.clock.now(), name=first, last_name=last or None, numbers=(number,), **nothing)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("people", "to"),
    [
        (("Marchand", "Sophie Marchand", "Paul Marchand"), "Mme Marchand"),
        (("Marchand", "Sophie Marchand", "Paul Marchand"), "Monsieur Marchand"),
        (("Dr Knock",), "Mme Knock"),
        (("रीमा शर्मा",), "राम शर्मा"),
        (("がとう みき",), "かとう みき"),
        (("Бойко Иван",), "Боико Иван"),
        (("สมชาย ใจดี",), "สมชาย ใจด"),
    ],
)
async def test_a_title_or_a_mark_makes_another_name(world: Any, people: tuple[str, ...], to: str) -> None:
    for place, name in enumerate(people):
        _person(world, name, f"+1212555{8000 + place}")
    async with world.client(consent="allow") as client:
        with anyio.fail_after(60):
            while not ((await client.call_tool("search_contacts")).structured_content or {}).get("complete", True):
                await anyio.lowlevel.checkpoint()
        result = await client.call_tool("send_sms", {"to": to, "message": "Hello"})
        assert result.is_error
        assert "not certain" in str(result.content) or "nobody matches" in str(result.content)
        whole = await client.call_tool("send_sms", {"to": people[-1], "message": "Hello"})
        assert not whole.is_error, whole.content
    assert [number for number, _ in world.sent] == [f"+1212555{8000 + len(people) - 1}"]
