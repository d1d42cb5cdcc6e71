"""Missed calls nobody returned, texts nobody answered, promises nobody came back to: computed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from withallo_client import Item
from withallo_sandbox import Sandbox
from withallo_sandbox.records import Call as SandboxCall
from withallo_sandbox.records import Item as SandboxItem
from withallo_tools.follow_ups import FollowUps, follow_ups
from withallo_tools.talk import Talk, talk_of_item

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MARIE = "+33600000101"
BOB = "+12125550134"
LINE = "+33199000100"


def call(minute: int, direction: str, result: str, number: str = MARIE, said: tuple[tuple[str, str], ...] = ()) -> Talk:
    rows = [{"source": source, "text": text, "start_seconds": 5.0 * at} for at, (source, text) in enumerate(said)]
    return talk_of_item(
        Item.model_validate(
            {
                "id": f"cll-{minute}",
                "type": "CALL",
                "direction": direction,
                "result": result,
                "allo_number": LINE,
                "contact_number": number,
                "date": NOON + timedelta(minutes=minute),
                "transcript": rows,
            }
        )
    )


def text(minute: int, direction: str, words: str, number: str = MARIE, status: str = "DELIVERED") -> Talk:
    return talk_of_item(
        Item.model_validate(
            {
                "id": f"msg-{minute}",
                "type": "SMS",
                "direction": direction,
                "content": words,
                "allo_number": LINE,
                "contact_number": number,
                "date": NOON + timedelta(minutes=minute),
                "status": status,
            }
        )
    )


def missed_ids(found: FollowUps) -> list[tuple[str, int]]:
    return [(one.last.id, one.count) for one in found.missed]


@pytest.mark.parametrize("result", ["MISSED", "VOICEMAIL", "FAILED_EXTERNAL"])
def test_a_call_nobody_took_is_open(result: str) -> None:
    assert missed_ids(follow_ups([call(0, "INBOUND", result)])) == [("cll-0", 1)]


@pytest.mark.parametrize(
    "later",
    [
        call(5, "OUTBOUND", "ANSWERED"),
        call(5, "OUTBOUND", "VOICEMAIL"),
        call(5, "INBOUND", "ANSWERED"),
        text(5, "OUTBOUND", "Sorry I missed you"),
    ],
    ids=["called back", "left a voicemail", "they called again", "texted"],
)
def test_a_missed_call_is_settled_once_we_were_in_touch(later: Talk) -> None:
    assert follow_ups([later, call(0, "INBOUND", "MISSED")]).missed == ()


def test_an_answer_in_the_same_second_is_an_answer() -> None:
    question, answer = text(0, "INBOUND", "Are you open?"), text(0, "OUTBOUND", "Yes")
    assert follow_ups([answer, question]).unanswered == ()
    assert follow_ups([question, answer]).unanswered == ()


@pytest.mark.parametrize("later", [call(5, "OUTBOUND", "FAILED"), text(5, "OUTBOUND", "Sorry", status="FAILED")])
def test_an_attempt_that_failed_settles_nothing(later: Talk) -> None:
    assert missed_ids(follow_ups([call(0, "INBOUND", "MISSED"), later])) == [("cll-0", 1)]


def test_calls_of_one_number_in_a_row_are_one_thing_to_do() -> None:
    found = follow_ups(call(minute, "INBOUND", "MISSED") for minute in (9, 0, 4))
    assert missed_ids(found) == [("cll-9", 3)]


AI = (("AGENT", "How can I help?"), ("EXTERNAL", "I'd like a table."), ("AGENT", "Somebody will call you back."))
BOTH = (*AI, ("USER", "Hello, Hugo speaking."))


def test_blocked_calls_and_calls_tagged_as_spam_are_not_open() -> None:
    spam = call(2, "INBOUND", "MISSED", BOB)
    assert spam.call is not None
    tagged = replace(spam, call=replace(spam.call, tags=("Spam",)))
    assert follow_ups([call(0, "INBOUND", "BLOCKED"), tagged]).missed == ()


@pytest.mark.parametrize("result", ["TRANSFERRED", "TRANSFERRED_AI", "ANSWERED"])
def test_a_call_that_the_receptionist_took_is_open_until_one_of_us_is_in_touch(result: str) -> None:
    taken = call(0, "INBOUND", result, said=AI)
    found = follow_ups([taken])
    assert [(one.last.id, one.count) for one in found.by_ai] == [("cll-0", 1)]
    assert found.missed == ()
    assert follow_ups([taken, call(5, "OUTBOUND", "ANSWERED")]).by_ai == ()
    assert follow_ups([taken, text(5, "OUTBOUND", "We call you at four")]).by_ai == ()


def test_a_call_that_the_receptionist_passed_on_to_one_of_us_is_settled() -> None:
    found = follow_ups([call(0, "INBOUND", "MISSED"), call(3, "INBOUND", "TRANSFERRED", said=BOTH)])
    assert (found.missed, found.by_ai) == ((), ())


def test_hidden_numbers_are_counted_for_nobody_can_return_them() -> None:
    found = follow_ups([call(0, "INBOUND", "MISSED", "anonymous")])
    assert (found.missed, found.unreachable) == ((), 1)


def test_one_person_s_other_number_settles_a_missed_call() -> None:
    talks = [call(0, "INBOUND", "MISSED"), call(5, "OUTBOUND", "ANSWERED", BOB)]
    assert follow_ups(talks, same=lambda _: "Marie").missed == ()
    assert missed_ids(follow_ups(talks)) == [("cll-0", 1)]


def test_what_happened_before_the_range_is_left_out_but_still_settles() -> None:
    talks = [call(0, "INBOUND", "MISSED"), call(60, "INBOUND", "MISSED", BOB), call(61, "OUTBOUND", "ANSWERED", BOB)]
    found = follow_ups(talks, since=NOON + timedelta(minutes=30))
    assert found.missed == ()


def test_texts_wait_for_an_answer_until_we_write_or_speak() -> None:
    question = [text(0, "INBOUND", "Hello?"), text(3, "INBOUND", "Are you open tomorrow?")]
    (open_text,) = follow_ups(question).unanswered
    assert (open_text.last.words, open_text.count, open_text.needs_none) == ("Are you open tomorrow?", 2, False)
    assert follow_ups([*question, text(9, "OUTBOUND", "Yes, from nine.")]).unanswered == ()
    assert follow_ups([*question, call(9, "OUTBOUND", "ANSWERED")]).unanswered == ()


@pytest.mark.parametrize(
    ("words", "needs_none"),
    [
        ("Merci beaucoup !", True),
        ("Thanks, see you tomorrow", True),
        ("👍", True),
        ("Ok", True),
        ("STOP", True),
        ("Parfait, à demain", True),
        ("Ok, when?", False),
        ("Thanks but it is broken", False),
        ("ok " * 40, False),
        ("Thanks for the reminder 👍", True),
        ("stop.", True),
        ("ARRÊT", True),
        ("Unsubscribe", True),
        ("Liked “See you at five”", True),
        ("Stop by at five", False),
        ("ok let me think", False),
        ("oui", True),
        ("Congratulations, you won! https://x.example/prize", True),
        ("Your code is 123456", True),
        ("Here is our plan https://x.example/plan", False),
        ("The gate code is behind the door", False),
        ("No problem, thanks", True),
        ("No", False),
        ("Demain", False),
        ("Jeudi", False),
        ("Hello, the door code is 4512, could you deliver before noon?", False),
        ("The door code is 4512", False),
        ("Bonjour le code postal 75011, vous livrez ?", False),
        ("Bonjour, j'ai vu votre offre sur https://a.example/promo, pouvez-vous me faire un devis ?", False),
        ("Bonjour, votre offre https://a.example/promo m'intéresse", False),
        ("The sale at https://a.example/sale ends soon, I\u2019d like one table", False),
        ("You won! Claim it: https://x.example/prize?id=12", True),
        ("Votre code de vérification est 482910", True),
        ("482910 is your login code", True),
    ],
)
def test_texts_that_need_no_answer_are_told_apart(words: str, needs_none: bool) -> None:
    (found,) = follow_ups([text(0, "INBOUND", words)]).unanswered
    assert found.needs_none is needs_none


@pytest.mark.parametrize(
    ("words", "needs_none"),
    [
        ("Ok merci, à mardi", True),
        ("Great, thank you", True),
        ("Génial !", True),
        ("ok let me think", False),
        ("Great, we'll take 12 of them", False),
        ("Parfait, on part sur le devis B", False),
        ("Merci, l'adresse est 5 rue des Lilas", False),
        ("ok 0612345678", False),
        ("Ok but call me first", False),
        ("Merci, vous pouvez rappeler ?", False),
        ("At five then, with oak", False),
        ("Thanks, I'll wait for the quote you wanted to send us last week, as agreed with Hugo", False),
    ],
)
def test_a_short_acknowledgement_of_our_text_needs_no_answer(words: str, needs_none: bool) -> None:
    (found,) = follow_ups([text(0, "OUTBOUND", "We come at five."), text(9, "INBOUND", words)]).unanswered
    assert found.needs_none is needs_none


@pytest.mark.parametrize("words", ["Oui", "Parfait", "Ok, à mardi", "👍"])
@pytest.mark.parametrize(
    "asked", ["Bonjour, vous confirmez ?", "Can you confirm? Thanks, Hugo", "https://a.example/?id=1 Is it this one?"]
)
def test_an_answer_to_our_question_is_never_noise(asked: str, words: str) -> None:
    talks = [text(0, "OUTBOUND", asked), call(5, "OUTBOUND", "VOICEMAIL"), text(9, "INBOUND", words)]
    (found,) = follow_ups(talks).unanswered
    assert not found.needs_none


@pytest.mark.parametrize("words", ["STOP", "Liked “Can you make it at 5?”"])
def test_a_stop_or_a_reaction_needs_no_answer_whatever_we_asked(words: str) -> None:
    (found,) = follow_ups([text(0, "OUTBOUND", "Can you make it at 5?"), text(9, "INBOUND", words)]).unanswered
    assert found.needs_none


def test_thanks_after_a_call_that_settled_our_question_need_no_answer() -> None:
    talks = [text(0, "OUTBOUND", "Can you call me?"), call(5, "OUTBOUND", "ANSWERED"), text(9, "INBOUND", "Merci !")]
    (found,) = follow_ups(talks).unanswered
    assert found.needs_none


@pytest.mark.parametrize("said", ["We come at five.", "It is here: https://a.example/?id=1"])
def test_thanks_for_what_was_no_question_need_no_answer(said: str) -> None:
    (found,) = follow_ups([text(0, "OUTBOUND", said), text(9, "INBOUND", "Merci")]).unanswered
    assert found.needs_none


def test_a_link_from_somebody_we_talk_to_is_no_spam() -> None:
    talks = [call(0, "OUTBOUND", "ANSWERED"), text(9, "INBOUND", "Sale starts: https://x.example/offre")]
    (found,) = follow_ups(talks).unanswered
    assert not found.needs_none


def test_texts_of_senders_who_cannot_be_answered_are_left_out() -> None:
    assert follow_ups([text(0, "INBOUND", "Your code is 1234", "AMAZON")]).unanswered == ()


def test_a_promise_has_its_sentence_its_call_who_made_it_and_what_came_after() -> None:
    said = (
        ("EXTERNAL", "Could you send me the quote? I'll pay it as soon as I have it."),
        ("USER", "Of course. I'll send you the quote tonight. Bye!"),
    )
    found = follow_ups([call(0, "OUTBOUND", "ANSWERED", said=said), text(30, "OUTBOUND", "Here is the quote")])
    told = [(one.call.id, one.by, one.sentence, one.start, one.contact_since) for one in found.promises]
    assert told == [
        ("cll-0", "them", "I'll pay it as soon as I have it.", 0.0, 1),
        ("cll-0", "us", "I'll send you the quote tonight.", 5.0, 1),
    ]


def test_promises_with_no_contact_since_come_before_the_others() -> None:
    said = (("USER", "I'll send you the quote tonight."),)
    talks = [
        call(0, "OUTBOUND", "ANSWERED", said=said),
        call(10, "OUTBOUND", "ANSWERED", BOB, said=said),
        text(30, "OUTBOUND", "Here is the quote", BOB),
    ]
    assert [(one.call.id, one.contact_since) for one in follow_ups(talks).promises] == [("cll-0", 0), ("cll-10", 1)]


def test_whoever_waits_according_to_the_account_is_found() -> None:
    """The account takes a call of ours that failed for a reaction; apart from that both agree."""
    sandbox = Sandbox(calls=200)
    items = list(sandbox.account.timeline.newest_first())
    found = follow_ups(talk_of_item(Item.model_validate(_shape(item))) for item in items)
    waiting = {item.contact_number for item in items if sandbox.account.unanswered(item)}
    listed = {one.last.number for one in found.missed} | {one.last.number for one in found.unanswered}
    failed = {item.contact_number for item in items if isinstance(item, SandboxCall) and item.result == "FAILED"}
    assert waiting
    assert waiting <= listed
    assert listed - waiting <= failed


def _shape(item: SandboxItem) -> dict[str, object]:
    shape: dict[str, object] = {
        "id": item.id,
        "direction": item.direction,
        "date": item.date,
        "contact_number": item.contact_number,
        "allo_number": item.allo_number,
    }
    if isinstance(item, SandboxCall):
        return {**shape, "type": "CALL", "result": item.result}
    return {**shape, "type": "SMS", "content": item.content}
