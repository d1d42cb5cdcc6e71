"""Twenty-five questions of somebody who runs a small business by phone, written before the tools were tried.

Each has the facts an answer must hold, and the tool calls with which the tools alone can answer it. `$id` in a call
stands for the first call id in the answer before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.evals.facts import Fact, Facts, always, amount, count, never, number, says

from withallo_sandbox import Sandbox
from withallo_sandbox.people import (
    CLAIRE,
    JOHN_SMITH_COFFEE,
    JULIEN,
    MARIE,
    ROBERT,
    SARAH,
    SIOBHAN,
    THOMAS_ARCHITECT,
    THOMAS_SAWMILL,
    ZOE,
)
from withallo_sandbox.records import ANONYMOUS, Call, Message

ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Step:
    """A tool call."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """Something to ask.

    Attributes:
        facts: What the answer must hold.
        plan: Calls that bring all of it up.
        texts: Recipient and a word of each text that must have been delivered, and no other text may be.
        arrives: Bodies for the account's controls before the question is asked, by control.
    """

    ask: str
    facts: Facts
    plan: tuple[Step, ...]
    texts: tuple[tuple[str, str], ...] = ()
    arrives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def _day(sandbox: Sandbox, days_ago: int) -> tuple[datetime, datetime]:
    today = sandbox.clock.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = today - timedelta(days=days_ago)
    return begin, begin + timedelta(days=1)


def _calls(sandbox: Sandbox, begin: datetime, end: datetime) -> list[Call]:
    return [call for call in sandbox.account.timeline.calls() if begin <= call.date < end]


def _missed_yesterday(sandbox: Sandbox) -> list[Fact]:
    calls = _calls(sandbox, *_day(sandbox, 1))
    return [count(sum(call.direction == "INBOUND" and call.result in {"MISSED", "VOICEMAIL"} for call in calls))]


def _last_callers(sandbox: Sandbox) -> list[Fact]:
    calls = [call for call in sandbox.account.timeline.calls() if call.date <= sandbox.clock.now()][-3:]
    names = [sandbox.account.name_of(call.contact_number) for call in calls if call.contact_number != ANONYMOUS]
    return [says(name.split()[-1]) for name in names if name]


def _waiting(sandbox: Sandbox) -> list[Fact]:
    account = sandbox.account
    recent = sandbox.clock.now() - timedelta(days=7)
    newest = ((person, account.timeline.last(person.numbers[0])) for person in (MARIE, ZOE, SIOBHAN, ROBERT))
    waiting = [
        person
        for person, item in newest
        if isinstance(item, Message) and item.date >= recent and account.unanswered(item)
    ]
    return [says(person.full_name.split()[-1]) for person in waiting]


QUESTIONS = (
    Question(
        "What is Marie Dupont's phone number?",
        always(number(MARIE.numbers[0])),
        (Step("search_contacts", {"query": "Marie Dupont"}),),
    ),
    Question(
        "What did we agree with Sarah Whitfield in our long call last week?",
        always(says("twelve", r"\b12\b"), amount("4200"), says("14th", r"\b14\b"), says("console")),
        (
            Step("search_calls", {"contact": "Sarah Whitfield", "since": "last week"}),
            Step("search_conversations", {"contact": "Sarah Whitfield", "query": "consoles", "since": "last week"}),
            Step("get_call", {"call_id": "$id", "find": "agreed"}),
        ),
    ),
    Question(
        "What did we promise Sarah Whitfield at the end of that 49-minute call last week, and by when?",
        always(says("contract"), says("afternoon")),
        (
            Step("search_conversations", {"contact": "Sarah Whitfield", "query": "consoles", "since": "last week"}),
            Step("get_call", {"call_id": "$id", "find": "contract"}),
        ),
    ),
    Question(
        "Who did I have the longest call with last week, and how long was it?",
        always(says("sarah whitfield"), says(r"\b49\b")),
        (Step("search_calls", {"since": "last week", "sort": "longest", "limit": 1}),),
    ),
    Question(
        "Summarise my last three calls.",
        _last_callers,
        (Step("search_calls", {"limit": 3}),),
    ),
    Question(
        "How many calls did we miss yesterday, voicemails included?",
        _missed_yesterday,
        (Step("search_calls", {"since": "yesterday", "result": "missed", "limit": 100}),),
    ),
    Question(
        "Did Claire Moreau's household call in the last hours without reaching anybody?",
        always(says("moreau"), says("missed", "not answered", "unanswered", "nobody", "did not reach", "yes")),
        (Step("search_calls", {"contact": CLAIRE.numbers[0], "limit": 3}),),
    ),
    Question(
        "Did Robert Chen pay us, and how much was the invoice?",
        always(amount("3150"), says("paid", "received", "yes")),
        (Step("get_contact_conversation", {"contact": "Robert Chen", "limit": 20}),),
    ),
    Question(
        "What is Robert Chen's next project about?",
        always(says(r"\b14\b", "fourteen"), says("desks?"), says("queens"), says("holidays")),
        (Step("get_contact_conversation", {"contact": "Robert Chen", "limit": 20}),),
    ),
    Question(
        "Which customers wrote to us in the last seven days and still wait for an answer?",
        _waiting,
        (Step("list_follow_ups", {"kind": "text", "since": "last 7 days"}),),
    ),
    Question(
        "What did Zoé Lefèvre ask us by text?",
        always(says("benche?s?", "bancs"), says("terrasse", "terrace")),
        (Step("search_conversations", {"contact": "zoe lefevre", "kind": "text", "query": "bancs"}),),
    ),
    Question(
        "Whose number is 01 99 00 05 55?",
        always(says("claire moreau"), says("julien moreau")),
        (Step("search_contacts", {"query": "01 99 00 05 55"}),),
    ),
    Question(
        "Which of our numbers can send texts, and how do we text customers in France?",
        always(number("+12125550100"), says("ateliernord")),
        (Step("list_numbers"),),
    ),
    Question(
        "What is the e-mail address of the person we know at the Martin sawmill (Scierie Martin)?",
        always(says("contact@scierie-martin.example")),
        (Step("search_contacts", {"query": "scierie martin"}),),
    ),
    Question(
        "Who do we know at Meridian Hotels, and what is the reception's number?",
        always(says("sarah whitfield"), number("+12125550137")),
        (Step("search_contacts", {"query": "meridian hotels"}),),
    ),
    Question(
        "Find the number of a certain Shivon O'Conner, something like that.",
        always(number(SIOBHAN.numbers[0])),
        (Step("search_contacts", {"query": "Shivon O'Conner"}),),
    ),
    Question(
        "Text Marie Dupont: the quote leaves tonight.",
        always(says("sent", "texted", "envoye")),
        (Step("send_sms", {"to": "Marie Dupont", "message": "The quote leaves tonight."}),),
        texts=((MARIE.numbers[0], "quote"),),
    ),
    Question(
        "Text Thomas Martin that we arrive at nine.",
        always(says("which", "several", "two", "ambiguous", "cabinet martin", "scierie")),
        (Step("send_sms", {"to": "Thomas Martin", "message": "We arrive at nine."}),),
    ),
    Question(
        "Tell John Smith from the coffee place on Harbor Street by text that his table is ready.",
        always(says("sent", "texted")),
        (
            Step("search_contacts", {"query": "john smith harbor street"}),
            Step("send_sms", {"to": JOHN_SMITH_COFFEE.numbers[0], "message": "Your table is ready."}),
        ),
        texts=((JOHN_SMITH_COFFEE.numbers[0], "table"),),
    ),
    Question(
        "Envoie un texto à Zoë Lefèvre-N'Diaye : « La terrasse est prête jeudi. »",
        always(says("sent", "envoye")),
        (Step("send_sms", {"to": "Zoë Lefèvre-N'Diaye", "message": "La terrasse est prête jeudi."}),),
        texts=((ZOE.numbers[0], "terrasse"),),
    ),
    Question(
        "Envoie un texto à Julien Moreau, sur son portable, pour dire que son bureau est prêt.",
        always(says("sent", "envoye")),
        (
            Step("search_contacts", {"query": "Julien Moreau"}),
            Step("send_sms", {"to": JULIEN.numbers[1], "message": "Votre bureau est prêt."}),
        ),
        texts=((JULIEN.numbers[1], "bureau"),),
    ),
    Question(
        "Who just texted us, and what do they want?",
        always(says("o'connor"), says("sample"), says("friday")),
        (Step("search_conversations", {"kind": "text", "direction": "inbound", "limit": 1}),),
        arrives={
            "inbound-sms": {
                "from_number": SIOBHAN.numbers[0],
                "to_number": "+12125550100",
                "content": "The sample is lovely. Can you come by on Friday?",
            }
        },
    ),
    Question(
        "Is Thomas Martin the architect one of our contacts? Give me his mobile, not the sawmill's.",
        always(number(THOMAS_ARCHITECT.numbers[0]), never(number(THOMAS_SAWMILL.numbers[0]))),
        (Step("search_contacts", {"query": "thomas martin architecte"}),),
    ),
    Question(
        "Which webhooks are set up on our account?",
        always(says("no webhooks?", "none", "not any", r"\b0\b", "aucun", "there are no")),
        (Step("list_webhooks"),),
    ),
    Question(
        "What did Sarah Whitfield and Robert Chen last write or say to us? One line each.",
        always(says("whitfield"), says("chen"), says("desks?")),
        (
            Step("get_contact_conversation", {"contact": SARAH.numbers[0], "limit": 3}),
            Step("get_contact_conversation", {"contact": ROBERT.numbers[0], "limit": 3}),
        ),
    ),
)
