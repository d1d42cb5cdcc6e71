"""The controls under `/_sandbox/`: what the world does to the account, and what became of it.

No key is needed. A page in a browser cannot use them: every request with an `Origin`, or that a page started, is
refused, and so is a body that is not sent as application/json.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from withallo_sandbox import incoming
from withallo_sandbox.errors import RefusedError
from withallo_sandbox.faults import Fault, Kind
from withallo_sandbox.gate import check_media_type, read_body
from withallo_sandbox.requests import Body, load
from withallo_sandbox.shapes import Json, zulu
from withallo_sandbox.variants import Family, Variants

if TYPE_CHECKING:
    from withallo_sandbox.state import State

ControlT = TypeVar("ControlT", bound=Body)
_PREFIX = "/_sandbox/"
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Strict(Body):
    """A control refuses members it does not know: a typing mistake must not pass as success."""

    model_config = ConfigDict(extra="forbid")


class InboundSms(incoming.InboundSms, Strict):
    """Body of `POST /_sandbox/inbound-sms`."""


class InboundCall(incoming.InboundCall, Strict):
    """Body of `POST /_sandbox/inbound-call`."""


class NewFault(Strict):
    """Body of `POST /_sandbox/faults`; `path` may hold `*`."""

    path: str = Field(min_length=1, max_length=300, pattern=r"^[/*]")
    kind: Kind
    times: int = Field(1, ge=1, le=1_000_000)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    seconds: float = Field(1.0, ge=0, le=3600)
    status: int | None = Field(None, ge=200, le=599)


class NewTime(Strict):
    """Body of `POST /_sandbox/clock`: one of the two."""

    model_config = ConfigDict(strict=False)

    advance_seconds: float | None = Field(None, ge=-315_360_000, le=315_360_000, allow_inf_nan=False)
    now: AwareDatetime | None = Field(None, ge=_FIRST, le=_LAST)


class Replay(Strict):
    """Body of `POST /_sandbox/replay`: one delivery by its webhook id, or all since a moment, or all."""

    model_config = ConfigDict(strict=False)

    webhook_id: str | None = None
    since: AwareDatetime | None = None


class NewVariants(Strict):
    """Body of `POST /_sandbox/variants`."""

    enums: Family = "any"
    dates: Literal["any", "nested", "flat"] = "any"
    others: Literal["refuse", "ignore"] = "refuse"


class Nothing(Strict):
    """No body, or an empty object."""


def inbound_sms(state: "State", body: InboundSms) -> Json:
    """Let a text arrive."""
    message = incoming.text_arrives(state, body)
    return {"id": message.id, "from_number": message.contact_number, "to_number": message.allo_number}


def inbound_call(state: "State", body: InboundCall) -> Json:
    """Let a call arrive."""
    call = incoming.call_arrives(state, body)
    return {"id": call.id, "from_number": call.contact_number, "to_number": call.allo_number, "date": zulu(call.date)}


def faults(state: "State", body: NewFault) -> Json:
    """Let the next requests to a path go wrong."""
    state.faults.add(Fault(**body.model_dump()))
    return body.model_dump()


def clock(state: "State", body: NewTime) -> Json:
    """Move the clock."""
    if (body.advance_seconds is None) == (body.now is None):
        raise RefusedError(400, "INVALID_REQUEST_BODY", "Send either advance_seconds or now.")
    target = body.now or state.clock.now() + timedelta(seconds=body.advance_seconds or 0)
    if not _FIRST <= target <= _LAST:
        raise RefusedError(400, "INVALID_REQUEST_BODY", "The clock stays between 2000 and 2100.")
    state.clock.set(target)
    return {"now": zulu(state.clock.now())}


def replay(state: "State", body: Replay) -> Json:
    """Deliver again under the same webhook ids."""
    chosen = {
        (delivery.webhook_id, delivery.endpoint.id): delivery
        for delivery in state.sender.deliveries
        if body.webhook_id in {None, delivery.webhook_id}
        and (body.since is None or not delivery.attempts or delivery.attempts[0].at >= body.since)
    }
    for delivery in chosen.values():
        state.sender.replay(delivery)
    return {"replayed": len(chosen)}


def variants(state: "State", body: NewVariants) -> Json:
    """Let the item search understand other spellings."""
    state.variants = Variants(**body.model_dump())
    return body.model_dump()


def reset(state: "State", _: Nothing) -> Json:
    """Begin again: account, endpoints, deliveries, faults and limits. The clock stays."""
    state.reset()
    return {"now": zulu(state.clock.now())}


def sent(state: "State") -> list[Json]:
    """Every text that was really delivered, in order; one that left twice is listed twice."""
    return [
        {
            "id": message.id,
            "from_number": None if message.sender_id else message.allo_number,
            "sender_id": message.sender_id,
            "to_number": message.contact_number,
            "content": message.content,
            "sent_at": zulu(message.date),
        }
        for message in state.account.sent
    ]


def deliveries(state: "State") -> list[Json]:
    """What became of each webhook."""
    return [delivery.as_json() for delivery in state.sender.deliveries]


def control_routes(state: "State") -> list[Route]:
    """The controls of this sandbox."""
    return [
        _post(state, "inbound-sms", InboundSms, inbound_sms),
        _post(state, "inbound-call", InboundCall, inbound_call),
        _post(state, "faults", NewFault, faults),
        _post(state, "clock", NewTime, clock),
        _post(state, "replay", Replay, replay),
        _post(state, "variants", NewVariants, variants),
        _post(state, "reset", Nothing, reset),
        _get(state, "sent", sent),
        _get(state, "deliveries", deliveries),
    ]


def _post(state: "State", name: str, model: type[ControlT], control: Callable[["State", ControlT], Any]) -> Route:
    async def answer(request: Request) -> Response:
        try:
            _refuse_pages(request)
            check_media_type(request.headers, _PREFIX)
            body = _read(model, await read_body(request))
            return JSONResponse({"data": control(state, body)})
        except RefusedError as refusal:
            return _refusal(refusal)

    return Route(f"{_PREFIX}{name}", answer, methods=["POST"])


def _get(state: "State", name: str, control: Callable[["State"], Any]) -> Route:
    async def answer(request: Request) -> Response:
        try:
            _refuse_pages(request)
        except RefusedError as refusal:
            return _refusal(refusal)
        return JSONResponse({"data": control(state)})

    return Route(f"{_PREFIX}{name}", answer, methods=["GET"])


def _refuse_pages(request: Request) -> None:
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none":
        raise RefusedError(403, "FORBIDDEN", "Controls do not answer pages in a browser.")


def _read(model: type[ControlT], raw: bytes) -> ControlT:
    try:
        return model.model_validate(load(raw))
    except ValidationError as problem:
        wrong = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in problem.errors(include_url=False)]
        message = "; ".join(wrong[:5]) + f". Known members: {', '.join(model.model_fields) or 'none'}."
        raise RefusedError(400, "INVALID_REQUEST_BODY", message) from None


def _refusal(refusal: RefusedError) -> Response:
    return JSONResponse({"error": {"code": refusal.code, "message": refusal.message}}, refusal.status)
