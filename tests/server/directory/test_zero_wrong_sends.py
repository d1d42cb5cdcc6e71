"""All two hundred queries as recipients of a real text: whoever got one was meant."""

from pathlib import Path
from typing import Any

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
