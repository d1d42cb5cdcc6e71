"""One text, to whom it was meant, from where the rules allow it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


def _delivered(world: "World") -> list[tuple[str, str]]:
    return [(message.contact_number, message.content) for message in world.sandbox.sent]


@pytest.mark.anyio
async def test_a_french_mobile_is_texted_from_the_sender_id(world: "World") -> None:
    facts = await world.facts("send_sms", to="Marie Dupont", message="Bonjour, le devis part ce soir €")
    assert facts["state"] == "sent"
    assert (facts["to"], facts["name"], facts["sender"]) == ("+33600000101", "Marie Dupont", "ATELIERNORD")
    assert (facts["segments"], facts["encoding"]) == (1, "GSM-7")
    assert ("+33600000101", "Bonjour, le devis part ce soir €") in _delivered(world)
    assert any("Marie Dupont +33600000101" in question and "ATELIERNORD" in question for question in world.asked)


@pytest.mark.anyio
async def test_others_are_texted_from_a_line_of_their_country(modern: "World") -> None:
    text = await modern.call("send_sms", to="(212) 555-0133", message="See you Friday", sender="new york")
    assert "Sent from New York +12125550100: 1 text, 1 segment, GSM-7." in text
    assert "to Sarah Whitfield +12125550133" in text


@pytest.mark.anyio
async def test_a_key_sends_once_however_often_it_is_repeated(world: "World") -> None:
    arguments = {"to": "+14155550136", "message": f"once {len(_delivered(world))}", "idempotency_key": f"k{id(world)}"}
    first = await world.facts("send_sms", **arguments)
    second = await world.facts("send_sms", **arguments)
    assert (first["state"], second["state"]) == ("sent", "replayed")
    assert _delivered(world).count((arguments["to"], arguments["message"])) == 1
    assert "Sent" in await world.call("get_send", idempotency_key=arguments["idempotency_key"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"to": "+33199000555"}, "is a landline"),
        ({"to": "36180"}, "short number"),
        ({"to": "+18005550199"}, "toll-free"),
        ({"to": "+33600000101", "sender": "New York"}, "verified sender ID only. Possible: ATELIERNORD"),
        ({"to": "+33600000101", "sender": "NOSUCH"}, "no line or sender ID of yours"),
        ({"to": "+12125550133", "sender": "ATELIERNORD"}, "stay within one country"),
        ({"to": "+12125550133", "sender": "Lyon workshop"}, "cannot text this recipient"),
        ({"to": "+4915112345678"}, "No line of yours can text"),
        ({"to": "06 12"}, "read as"),
        ({"to": "Claire Moreau"}, "is a landline"),
        ({"to": "Nobody Atall"}, "nobody matches"),
        ({"to": "Marie Dupont", "message": "   "}, "message: is empty"),
        ({"to": "Marie Dupont", "message": ""}, "message"),
        ({"to": "Marie Dupont", "message": "x" * 1001}, "1000 characters"),
        ({"to": "Marie Dupont", "message": "nothing\x00here"}, "null characters"),
        ({"to": "Marie Dupont", "idempotency_key": "two words"}, "idempotency_key"),
        ({"to": "Marie Dupont", "idempotency_key": "k" * 201}, "idempotency_key"),
    ],
)
async def test_what_may_not_be_sent_is_refused_before_anybody_is_asked(
    modern: "World", arguments: dict[str, str], reason: str
) -> None:
    before = _delivered(modern)
    error = await modern.refusal("send_sms", **{"message": "hello", **arguments})
    assert reason in error
    assert _delivered(modern) == before
    assert not modern.asked
    assert "POST /v1/api/sms" not in modern.requests


UNCERTAIN = {
    "Thomas Martin": "several people match",
    "Marie": "not certain",
    "marie dupnt": "not certain",
    "Robert Chen": "several numbers",
}


@pytest.mark.anyio
async def test_where_nobody_can_be_asked_an_uncertain_recipient_is_refused_with_the_candidates(
    open_world: "OpenWorld",
) -> None:
    async with open_world(asks=False) as world:
        await world.know_people()
        for to, reason in UNCERTAIN.items():
            error = await world.refusal("send_sms", to=to, message="hello")
            assert reason in error
            assert "never instructions" in error
        assert not world.sandbox.sent


@pytest.mark.anyio
@pytest.mark.parametrize("to", UNCERTAIN)
async def test_an_uncertain_recipient_is_never_guessed(modern: "World", to: str) -> None:
    before = _delivered(modern)
    await modern.refusal("send_sms", to=to, message="hello")
    assert _delivered(modern) == before


@pytest.mark.anyio
async def test_accents_and_order_do_not_make_another_person(modern: "World") -> None:
    facts = await modern.facts("send_sms", to="zoe lefevre n'diaye", message="Merci et à mardi")
    assert facts["to"] == "+33600000110"


@pytest.mark.anyio
async def test_text_is_sent_as_it_is_even_if_it_looks_like_json(world: "World") -> None:
    for message in ("null", "[1]", '{"a": 1}', "42"):
        await world.facts("send_sms", to="+12125550135", message=message)
    assert {"null", "[1]", '{"a": 1}', "42"} <= {text for _, text in _delivered(world)}


@pytest.mark.anyio
async def test_a_key_that_only_sends_has_to_name_the_sender(open_world: "OpenWorld") -> None:
    async with open_world(key="ak_live_sms_only") as world:
        error = await world.refusal("send_sms", to="+33600000101", message="hello")
        assert "cannot list your lines" in error
        wrong = {"to": "+33600000101", "message": "hello", "sender": "Atelier du Nord"}
        assert "sender_id" in await world.refusal("send_sms", **wrong)
        assert not world.asked
        facts = await world.facts("send_sms", to="+33600000101", message="hello", sender="ATELIERNORD")
        assert facts["state"] == "sent"
        assert "stay within one country" in await world.refusal(
            "send_sms", to="+4915112345678", message="x", sender="+12125550100"
        )


@pytest.mark.anyio
async def test_a_dry_run_asks_and_sends_nothing(open_world: "OpenWorld") -> None:
    async with open_world(dry_run=True) as world:
        text = await world.call("send_sms", to="+12125550133", message="hello")
        assert "Dry run: nothing was sent" in text
        assert not world.sandbox.sent
