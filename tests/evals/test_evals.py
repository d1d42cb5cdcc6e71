"""The questions, their facts, and the harness that asks any model."""

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.evals.facts import amount, count, never, number, says
from tests.evals.questions import QUESTIONS
from tests.evals.running import run

from withallo_sandbox import Sandbox

MODEL = """
import json, sys
import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters

async def answer(question, config):
    server = json.load(open(config))["mcpServers"]["allo"]
    async with Client(StdioServerParameters(**server)) as client:
        if question.startswith("What is Marie"):
            found = await client.call_tool("search_contacts", {"query": "marie dupont"})
            print(found.content[0].text)
        else:
            await client.call_tool("send_sms", {"to": "+33600000102", "message": "The quote leaves tonight."})
            print("Sent.")

anyio.run(answer, *sys.argv[1:])
"""


def test_there_are_twenty_five_questions_each_with_facts_and_a_plan() -> None:
    sandbox = Sandbox()
    assert len(QUESTIONS) == len({question.ask for question in QUESTIONS}) == 25
    assert all(question.plan and question.facts(sandbox) for question in QUESTIONS)


def test_no_question_is_answered_by_saying_nothing() -> None:
    sandbox = Sandbox()
    assert not any(all(fact.check("") for fact in question.facts(sandbox)) for question in QUESTIONS)


@pytest.mark.parametrize(
    ("fact", "holds", "lacks"),
    [
        (number("+33600000101"), "Call 06 00 00 01 01.", "Call 06 00 00 01 02."),
        (amount("4200"), "They are $4,200 each", "They are $14,200 each"),
        (amount("4200"), "soit 4 200 euros", "soit 42 euros"),
        (count(2), "You missed two calls.", "You missed 12 calls."),
        (says("zoë"), "ZOE wrote", "Joe wrote"),
        (never(says("sawmill")), "The architect.", "The sawmill."),
    ],
)
def test_facts_are_found_as_people_write_them(fact: Any, holds: str, lacks: str) -> None:
    assert fact.check(holds)
    assert not fact.check(lacks)


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A program that behaves as a model's command line does."""
    path = tmp_path / "model.py"
    path.write_text(MODEL, encoding="utf-8")
    return f"{sys.executable} {path} {{question}} {{config}}"


def test_a_model_is_asked_through_its_command_line_and_what_it_does_is_recorded(model: str) -> None:
    outcome = run(QUESTIONS[0], model)
    assert outcome.right, outcome
    assert outcome.calls == ("search_contacts",)
    assert 20 < outcome.tokens < 500


def test_a_text_to_somebody_else_is_a_wrong_answer_whatever_is_said(model: str) -> None:
    question = next(question for question in QUESTIONS if question.ask.startswith("Text Marie"))
    outcome = run(question, model)
    assert outcome.missing == ("no text to +33600000101", "a text to +33600000102")


def test_a_model_that_says_nothing_is_wrong() -> None:
    outcome = run(QUESTIONS[0], f"{sys.executable} -c pass")
    assert (outcome.right, outcome.calls) == (False, ())
