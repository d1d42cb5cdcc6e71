"""Managing webhooks, v1 and v2 (API contract 6.5 and 6.15)."""

from dataclasses import replace

from pydantic import Field, HttpUrl, StrictBool, TypeAdapter, ValidationError
from starlette.responses import Response

from withallo_sandbox.deliveries import TOPICS, V1_TOPICS, WebhookEndpoint, new_secret
from withallo_sandbox.errors import RefusedError, invalid, not_found
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.requests import Ask, Body
from withallo_sandbox.shapes import Json, data, zulu
from withallo_sandbox.webhooks import is_this_machine

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


class CreateV1(Body):
    """Body of a v1 webhook."""

    allo_number: str
    url: str
    topics: list[str] = Field(min_length=1)
    enabled: StrictBool = True


class Create(Body):
    """Body of a v2 endpoint."""

    url: str
    topics: list[str] = Field(min_length=1)
    description: str | None = None


class Update(Body):
    """Body of a partial change; topics replace."""

    url: str | None = None
    topics: list[str] | None = Field(None, min_length=1)
    description: str | None = None
    enabled: StrictBool | None = None


def list_v1(ask: Ask) -> Response:
    """v1 webhooks, without their ids: whoever did not keep one cannot delete."""
    rows = [
        {"allo_number": e.allo_number, "enabled": e.enabled, "url": e.url, "topics": list(e.topics)}
        for e in ask.state.sender.endpoints.values()
        if e.allo_number
    ]
    return data(rows)


def create_v1(ask: Ask) -> Response:
    """Set the one webhook of a line; an older one of the same line goes."""
    body, endpoints = ask.read(CreateV1), ask.state.sender.endpoints
    if ask.state.account.line(body.allo_number) is None:
        raise RefusedError(400, "FROM_NUMBER_NOT_FOUND")
    _check_topics(body.topics, V1_TOPICS)
    for old in [e for e in endpoints.values() if e.allo_number == body.allo_number]:
        del endpoints[old.id]
    made = WebhookEndpoint(
        id="web-" + ask.state.account.new_key("web"),
        url=_checked_url(body.url),
        topics=tuple(body.topics),
        created_at=ask.state.clock.now(),
        allo_number=body.allo_number,
        enabled=body.enabled,
    )
    endpoints[made.id] = made
    answer = {"id": made.id, "alloNumber": made.allo_number, "enabled": made.enabled, "url": made.url}
    return data({**answer, "topics": list(made.topics)}, 201)


def delete_v1(ask: Ask) -> Response:
    """Remove a v1 webhook; the 404 has a body of its own."""
    endpoint = ask.state.sender.endpoints.get(ask.segment("webhook_id"))
    if endpoint is None or endpoint.allo_number is None:
        raise RefusedError(404, "WEBHOOK_NOT_FOUND")
    del ask.state.sender.endpoints[endpoint.id]
    return Response(status_code=204)


def list_v2(ask: Ask) -> Response:
    """v2 endpoints without their secrets."""
    return data([_shape(e) for e in ask.state.sender.endpoints.values() if e.secret])


def event_types(_: Ask) -> Response:
    """The topics there are."""
    return data([{"name": name, "description": text} for name, text in TOPICS.items()])


def create_v2(ask: Ask) -> Response:
    """Add an endpoint; its signing secret is in the answer."""
    body = ask.read(Create)
    _check_topics(body.topics, TOPICS)
    made = WebhookEndpoint(
        id="ep_" + ask.state.account.new_key("ep"),
        url=_checked_url(body.url),
        topics=tuple(dict.fromkeys(body.topics)),
        created_at=ask.state.clock.now(),
        secret=new_secret(),
        description=body.description,
    )
    ask.state.sender.endpoints[made.id] = made
    return data(_shape(made, secret=True), 201)


def get_v2(ask: Ask) -> Response:
    """One endpoint with its secret."""
    return data(_shape(_endpoint(ask), secret=True))


def update_v2(ask: Ask) -> Response:
    """Change what the body holds; the answer has no secret."""
    endpoint, body = _endpoint(ask), ask.read(Update)
    members = body.model_dump(include=body.model_fields_set, exclude_none=True)
    if "topics" in members:
        _check_topics(members["topics"], TOPICS)
        members["topics"] = tuple(dict.fromkeys(members["topics"]))
    if "url" in members:
        _checked_url(members["url"])
    changed = replace(endpoint, **members)
    ask.state.sender.endpoints[changed.id] = changed
    return data(_shape(changed))


def delete_v2(ask: Ask) -> Response:
    """Remove an endpoint with its history."""
    endpoint = _endpoint(ask)
    ask.state.sender.remove(endpoint)
    return Response(status_code=204)


def _endpoint(ask: Ask) -> WebhookEndpoint:
    endpoint = ask.state.sender.endpoints.get(ask.segment("webhook_id"))
    if endpoint is None or endpoint.secret is None:
        raise not_found("ENDPOINT_NOT_FOUND")
    return endpoint


def _check_topics(topics: list[str], known: dict[str, str] | tuple[str, ...]) -> None:
    for topic in topics:
        if topic not in known:
            raise invalid("topics", f"Unknown topic {topic[:80]!r}.", "INVALID_EVENT_TYPE")


def _checked_url(text: str) -> str:
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        raise invalid("url", "url is no web address.") from None
    # Allo wants public HTTPS; this machine's plain HTTP is what a sandbox can reach.
    if url.scheme != "https" and not is_this_machine(text):
        raise invalid("url", "url must be HTTPS, or HTTP on this machine.")
    return text


def _shape(endpoint: WebhookEndpoint, *, secret: bool = False) -> Json:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "topics": list(endpoint.topics),
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "signing_secret": endpoint.secret if secret else None,
        "created_at": zulu(endpoint.created_at),
    }


_SCOPE = "WEBHOOKS_READ_WRITE"
_V1, _V2 = "/v1/api/webhooks", "/v2/api/webhooks"

ENDPOINTS = (
    Endpoint("GET", _V1, _SCOPE, "List v1 webhooks", list_v1),
    Endpoint("POST", _V1, _SCOPE, "Create a v1 webhook", create_v1),
    Endpoint("DELETE", _V1 + "/{webhook_id}", _SCOPE, "Delete a v1 webhook", delete_v1),
    Endpoint("GET", _V2, _SCOPE, "List webhook endpoints", list_v2),
    Endpoint("POST", _V2, _SCOPE, "Create a webhook endpoint", create_v2),
    Endpoint("GET", _V2 + "/event_types", _SCOPE, "List topics", event_types),
    Endpoint("GET", _V2 + "/{webhook_id}", _SCOPE, "Read a webhook endpoint", get_v2),
    Endpoint("PUT", _V2 + "/{webhook_id}", _SCOPE, "Update a webhook endpoint", update_v2),
    Endpoint("DELETE", _V2 + "/{webhook_id}", _SCOPE, "Delete a webhook endpoint", delete_v2),
)
