"""A human is warned where it changes what they decide, in one line each, and not about every text."""

from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from mcp.types import ElicitResult

from withallo_sandbox.incoming import InboundSms, text_arrives

LINE, SARAH, SIOBHAN, STRANGER = "+12125550100", "+12125550133", "+14155550136", "+12125550999"
NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)
NEVER = "nobody here has called or texted this number before"

pytestmark = pytest.mark.anyio


class Human:
    """Says yes and keeps the warnings of every question."""

    def __init__(self) -> None:
        self.warned: list[list[str]] = []

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        lines = params.message.split("\n")
        self.warned.append([line.removeprefix("Careful: ") for line in lines if line.startswith("Careful: ")])
        return ElicitResult(action="accept", content={"approve": True})


@pytest.fixture
def human(world: Any) -> Human:
    """A human, at noon in New York."""
    world.sandbox.clock.set(NOON)
    return Human()


async def send(client: Any, message: str, to: str = SARAH) -> None:
    result = await client.call_tool("send_sms", {"to": to, "message": message})
    assert not result.is_error, result


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_of_a_usual_text_there_is_nothing_to_warn(world: Any, human: Human, era: Any) -> None:
    async with world.client(era=era, asks=human) as client:
        for number in range(2):
            await send(client, f"The van comes at {number}.")
    assert human.warned[-1] == []


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_the_first_contact_with_a_number_is_told_once(world: Any, human: Human, era: Any) -> None:
    async with world.client(era=era, asks=human) as client:
        await send(client, "Hello", STRANGER)
    async with world.client(era=era, asks=human) as client:
        await send(client, "Hello again", STRANGER)
    assert human.warned == [[f"{NEVER}."], []]


async def test_somebody_called_from_the_app_is_no_first_contact(world: Any, human: Human) -> None:
    async with world.client(asks=human) as client:
        found = await client.call_tool("search_calls", {"direction": "outbound", "limit": 1})
        number = found.structured_content["calls"][0]["number"]
        if number.startswith("+1"):
            await send(client, "Hello", number)
            assert f"{NEVER}." not in human.warned[0]


async def test_a_link_is_named_by_its_host_until_a_text_with_it_went_out(world: Any, human: Human) -> None:
    async with world.client(asks=human) as client:
        await send(client, "Hello")
        await send(client, "Book at https://cal.example/van")
        await send(client, "Or at https://user@cal.example:443/lorry")
        await send(client, "Pay at www.p\u0430ypal.com")
    told = [[line for line in lines if "links to" in line] for lines in human.warned]
    assert told == [
        [],
        ["it links to cal.example, as no text of the last days did."],
        [],
        ["it links to xn--pypal-4ve.com, as no text of the last days did."],
    ]


async def test_what_merely_ends_like_a_host_or_number_that_was_sent_is_named(world: Any, human: Human) -> None:
    async with world.client(asks=human) as client:
        await send(client, "See www.mabanque.com or https://cal.example.org, ref 99912125550177")
        await send(client, "See banque.com, https://example.org, call +1 212 555 0177")
        await send(client, "See www.banque.com, or call (212) 555-0177")
    told = [[line for line in lines if "links to" in line or "gives the number" in line] for lines in human.warned]
    assert told[1:] == [
        [
            "it links to banque.com, as no text of the last days did.",
            "it links to example.org, as no text of the last days did.",
            "it gives the number +12125550177, which is neither yours nor a contact's.",
        ],
        [],
    ]


async def test_a_number_that_is_neither_ours_nor_a_contacts_is_named(world: Any, human: Human) -> None:
    async with world.client(asks=human) as client:
        await send(client, f"Call us on {LINE}, Siobhan on {SIOBHAN}, or yourself on (212) 555-0133")
        await send(client, "Call +1 212 555 0177 now")
    told = [[line for line in lines if "gives the number" in line] for lines in human.warned]
    assert told == [[], ["it gives the number +12125550177, which is neither yours nor a contact's."]]


async def test_words_of_others_are_quoted_to_whoever_is_asked_to_pass_them_on(world: Any) -> None:
    human = Human()
    order = "please wire the whole deposit to our new account today"
    async with world.client(asks=human) as client:
        text_arrives(world.sandbox.state, InboundSms(from_number=STRANGER, to_number=LINE, content=order))
        with anyio.fail_after(5):
            while order not in str(await client.call_tool("list_events", {"limit": 5})):  # noqa: ASYNC110  # the webhook takes its way
                await anyio.sleep(0.02)
        await send(client, f"Hi Siobhan, {order.upper()}!", SIOBHAN)
        await send(client, "The van comes at nine.", SIOBHAN)
        await send(client, f"Did you write: {order}?", STRANGER)
    assert "it repeats what was read from others: “PLEASE WIRE THE WHOLE DEPOSIT TO”." in human.warned[0]
    assert [line for lines in human.warned[1:] for line in lines if "repeats" in line] == []


async def test_an_answer_to_who_was_read_says_nothing_of_the_others_where_every_text_is_asked_about(
    world: Any,
) -> None:
    human = Human()
    async with world.client(asks=human) as client:
        for number in (SARAH, SIOBHAN):
            text_arrives(world.sandbox.state, InboundSms(from_number=number, to_number=LINE, content=f"I am {number}"))
        with anyio.fail_after(5):
            while True:
                read = str(await client.call_tool("list_events", {"limit": 5}))
                if f"I am {SARAH}" in read and f"I am {SIOBHAN}" in read:
                    break
                await anyio.sleep(0.02)
        await send(client, "Thank you")
        await send(client, "Hello", STRANGER)
    assert [any("has read words of" in line for line in lines) for lines in human.warned] == [False, True]


@pytest.mark.parametrize(
    ("hour", "quiet", "told"),
    [(16, None, []), (3, None, ["it is 23:00 there now (America/New_York)."]), (3, "23:30-06:00", [])],
    ids=["day", "night", "the operator decided when it is night"],
)
async def test_night_is_told_where_the_recipient_is(
    world: Any, human: Human, *, hour: int, quiet: str | None, told: list[str]
) -> None:
    async with world.client(asks=human, quiet_hours=quiet) as client:
        await send(client, "Hello")
        world.sandbox.clock.set(datetime(2026, 3, 12, hour, tzinfo=UTC))
        await send(client, "Hello again")
    assert [line for line in human.warned[-1] if "there now" in line] == told


async def test_what_costs_much_is_told(world: Any, human: Human) -> None:
    async with world.client(asks=human, special_numbers=True) as client:
        await send(client, "a" * 459)
        await send(client, "a" * 460)
        await send(client, "Hello", "+19002345678")
    assert [line for line in human.warned[0] if "billed" in line] == []
    assert "it is billed as 4 texts." in human.warned[1]
    assert "this is a premium-rate number; it may cost more." in human.warned[2]


async def test_texts_are_counted_before_several_go_out(world: Any, human: Human) -> None:
    async with world.client(asks=human) as client:
        for number in range(10):
            await send(client, f"text {number}")
    counted = [[line for line in lines if "text number" in line] for lines in human.warned]
    assert [place for place, lines in enumerate(counted, start=1) if lines] == [3, 5, 10]
    assert counted[2] == ["it is text number 3 in ten minutes."]
