"""Asking by form elicitation, in the protocol era that the client speaks."""

import logging
from typing import Any, Literal, cast

import anyio
from mcp import MCPError
from mcp.server.elicitation import (
    AcceptedElicitation,
    CancelledElicitation,
    DeclinedElicitation,
    render_elicitation_schema,
)
from mcp.server.mcpserver import Context
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field, ValidationError, create_model

from withallo_server.consent.callers import is_modern, principal_of
from withallo_server.consent.decision import Approval, NotAsked, Refusal
from withallo_server.consent.question import LONGEST_TEXT, Question
from withallo_server.consent.store import GOOD_FOR, Consents
from withallo_server.input_needed import InputNeeded

logger = logging.getLogger(__name__)

ANSWER = "approval"
STATE = "withallo-consent:"

UNCHECKED = "the human did not tick the box"
DECLINED = "the human declined"
DISMISSED = "the human closed the question without an answer"
TOO_LATE = "nobody answered within ten minutes"
NOBODY = "None of these"
CHOSE_NOBODY = Refusal(
    "the human ticked the box and chose no person",
    "Ask the user who is meant; if they want it sent, call again with that person's number or id.",
)
SPENT = Refusal("this approval was used before or has expired", "If the user still wants it sent, call again.")


class Approve(BaseModel):
    """Yes or no."""

    approve: bool = Field(title="Yes, do this now", description="Nothing happens unless this is ticked.")


class ApproveText(Approve):
    """Yes or no, and perhaps other words."""

    text: str = Field(
        "",
        title="Other text",
        description="Leave empty to send the text as shown; what you write here is sent instead.",
        json_schema_extra={"maxLength": LONGEST_TEXT},
    )


class Choose(BaseModel):
    """Who is meant; what can be chosen is known when it is asked."""

    choice: str = NOBODY


async def ask_by_form(
    ctx: Context[Any, Any], consents: Consents, question: Question, key: str
) -> Approval | Refusal | NotAsked:
    """Ask now, or read the answer that came back.

    Raises:
        InputNeeded: The client has to ask and call again (2026-07-28).
    """
    if is_modern(ctx):
        return await _ask_and_return(ctx, consents, question, key)
    return await _ask_and_wait(ctx, consents, question, key)


def brings_answer(ctx: Context[Any, Any]) -> bool:
    """Whether this call is the second round of a question of ours."""
    return is_modern(ctx) and (ctx.request_state or "").startswith(STATE)


async def _ask_and_wait(
    ctx: Context[Any, Any], consents: Consents, question: Question, key: str
) -> Approval | Refusal | NotAsked:
    principal = principal_of(ctx)
    asked, _ = await consents.ask(principal=principal, question=question, channel="form", key=key)
    try:
        with anyio.fail_after(GOOD_FOR.total_seconds()):
            answer = await ctx.elicit(question.as_text(), _form(question))
    except TimeoutError:
        return Refusal(TOO_LATE)
    except (MCPError, ValueError) as error:
        logger.warning("The client said it can show a form and failed to: %s", type(error).__name__)
        return NotAsked("the client said it can ask and then failed to")
    match answer:
        case DeclinedElicitation():
            read: Approval | Refusal = Refusal(DECLINED)
        case CancelledElicitation():
            read = Refusal(DISMISSED)
        case AcceptedElicitation(data=data):
            read = _read(data, key, question)
    yes = isinstance(read, Approval)
    return read if await consents.use(asked, principal, question.binding, yes=yes) else Refusal(TOO_LATE)


async def _ask_and_return(
    ctx: Context[Any, Any], consents: Consents, question: Question, key: str
) -> Approval | Refusal | NotAsked:
    principal = principal_of(ctx)
    if not brings_answer(ctx):
        asked, _ = await consents.ask(principal=principal, question=question, channel="form", key=key)
        raise InputNeeded(_as_input_request(question, asked))
    asked = (ctx.request_state or "").removeprefix(STATE)
    known = await consents.get(asked)
    answer = (ctx.input_responses or {}).get(ANSWER)
    read = _read_answer(answer, question, known.key if known else key)
    yes = isinstance(read, Approval)
    if known is None or not await consents.use(asked, principal, known.binding, yes=yes):
        return SPENT
    if known.binding != question.binding and isinstance(answer, ElicitResult) and answer.action == "accept":
        again, _ = await consents.ask(principal=principal, question=question, channel="form", key=known.key)
        raise InputNeeded(_as_input_request(question, again))
    return read


def _read_answer(answer: object, question: Question, key: str) -> Approval | Refusal | NotAsked:
    if not isinstance(answer, ElicitResult):
        return NotAsked("the client said it can ask and then brought no answer")
    if answer.action != "accept":
        return Refusal(DECLINED if answer.action == "decline" else DISMISSED)
    try:
        return _read(_form(question).model_validate(answer.content or {}), key, question)
    except ValidationError:
        return NotAsked("the client's answer does not fit the question")


def _read(data: Approve, key: str, question: Question) -> Approval | Refusal:
    if not data.approve:
        return Refusal(UNCHECKED)
    edited = data.text if isinstance(data, ApproveText) and data.text.strip() else None
    if not question.choices:
        return Approval("form", key, edited)
    choice = getattr(data, "choice", NOBODY)
    if choice not in question.choices:
        return CHOSE_NOBODY
    return Approval("form", key, edited, question.choices.index(choice))


def _as_input_request(question: Question, asked: str) -> InputRequiredResult:
    params = ElicitRequestFormParams(
        message=question.as_text(), requested_schema=render_elicitation_schema(_form(question))
    )
    return InputRequiredResult(input_requests={ANSWER: ElicitRequest(params=params)}, request_state=STATE + asked)


def _form(question: Question) -> type[Approve]:
    form = ApproveText if question.editable else Approve
    if not question.choices:
        return form
    bases: Any = (form, Choose)
    choices: Any = Literal[(NOBODY, *question.choices)]
    choice = (choices, Field(NOBODY, title="Who is meant", description="Nothing happens while this says none."))
    return cast("type[Approve]", create_model("ChooseAndApprove", __base__=bases, choice=choice))
