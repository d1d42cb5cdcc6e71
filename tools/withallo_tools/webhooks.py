"""Webhooks of both API versions."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field, SecretStr

from withallo_client import ForbiddenError, NotFoundError, Webhook, WebhookEndpoint, is_public_host
from withallo_tools.answers import Answer, Facts, Row
from withallo_tools.lines import find_line, read_number
from withallo_tools.outsiders import clean
from withallo_tools.paging import next_cursor, read_offset
from withallo_tools.parameters import OPTIONAL, Cursor, IdempotencyKey
from withallo_tools.phone import looks_like_number
from withallo_tools.services import Request, Services, Write, services
from withallo_tools.together import together
from withallo_tools.tool import Effect, ToolContext, tool

_SECRET_LENGTH = 16
_UNREADABLE = "an address that cannot be read"
_ID = re.compile(r"(?:ep|web)[_-][\w-]{1,150}")
_V1_TOPICS = ["CALL_RECEIVED", "SMS_RECEIVED", "SMS_SENT", "CONTACT_CREATED", "CONTACT_UPDATED", "PING"]
_SCOPES = ("WEBHOOKS_READ_WRITE",)
_WHAT_TO_DO = (
    "Shown once: have the user store it now, as ALLO_WEBHOOK_SECRETS of the server that receives these deliveries "
    "(it verifies their signatures). Do not repeat it elsewhere."
)


class WebhookRow(Row):
    """One webhook."""

    kind: Literal["v1", "v2"]
    id: str = ""
    url: str
    topics: tuple[str, ...] = ()
    enabled: bool | None = None
    line: str = ""


class Webhooks(Facts):
    """Webhooks of both kinds."""

    webhooks: tuple[WebhookRow, ...] = ()
    next_cursor: str = ""


class CreatedWebhook(Facts):
    """A new webhook."""

    state: str = Field(description="sent, replayed or dry_run")
    webhook: WebhookRow
    signing_secret: str = Field(default="", description="Only in this answer.")


class DeletedWebhook(Facts):
    """A deleted webhook."""

    state: str = Field(description="sent, replayed or dry_run")
    id: str


@tool(title="List webhooks", effect=Effect.READ, toolset="webhooks", scopes=_SCOPES)
async def list_webhooks(ctx: ToolContext, *, cursor: Cursor = "") -> Annotated[CallToolResult, Webhooks]:
    """List where Allo delivers events: v2 endpoints (all lines, signed) and v1 webhooks (one line each, unsigned).

    What was delivered is in list_events.
    """
    reach = services(ctx)
    offset = read_offset("webhooks", {}, cursor)
    webhooks = await _all_webhooks(reach)
    answer = Answer(reach.answer_budget).say(f"Webhooks: {len(webhooks) or 'none'}")
    rows = [(_text(row), row) for row in webhooks[offset:]]
    shown = answer.own_table(rows)
    more = next_cursor("webhooks", {}, offset + shown) if shown < len(rows) else ""
    answer.say(f"{len(rows) - shown} more: cursor={more}" if more else "")
    return answer.result(Webhooks(webhooks=tuple(row for _, row in rows[:shown]), next_cursor=more))


@tool(title="Create a webhook", effect=Effect.CREATE, toolset="webhooks", scopes=_SCOPES)
async def create_webhook(
    ctx: ToolContext,
    *,
    url: Annotated[str, Field(min_length=1, max_length=2000, description="Public https address.")],
    topics: Annotated[
        tuple[str, ...],
        Field(min_length=1, max_length=50, description="v2: 'call.completed', 'sms.received'…; v1: 'CALL_RECEIVED'…"),
    ],
    allo_number: Annotated[
        str, Field(description="Only for the older v1 form: the one line it covers."), OPTIONAL
    ] = "",
    idempotency_key: IdempotencyKey = "",
) -> Annotated[CallToolResult, CreatedWebhook]:
    """Create a webhook and return its signing secret, once. Without allo_number it is a v2 endpoint for all lines.

    Look with list_webhooks first: a second one delivers everything twice.
    """
    reach = services(ctx)
    line = await _own_line(reach, allo_number)
    await _check(reach, url, topics, v1=bool(line))
    made: list[WebhookEndpoint] = []
    write = Write(
        tool="create_webhook",
        action=f"Have Allo send events to {url}",
        details=(
            ("Address", url),
            ("Host", urlsplit(url).hostname or ""),
            ("Events", ", ".join(topics)),
            ("Line", line or "all lines"),
            *await _replaced(reach, line),
        ),
        payload={"url": url, "topics": list(topics), **({"allo_number": line} if line else {})},
        idempotency_key=idempotency_key or None,
    )

    async def request(key: str) -> Mapping[str, Any]:
        if line:
            old = await reach.client.webhooks.create(line, url, topics)
            return old.model_dump(mode="json", exclude_none=True)
        made.append(await reach.client.webhook_endpoints.create(url, topics, idempotency_key=key))
        return made[0].model_dump(mode="json", exclude_none=True, exclude={"signing_secret"})

    written = await reach.writes.submit(ctx, write, request)
    result = {**write.payload, **written.result}
    row = (
        _row_v1(Webhook.model_validate(result))
        if line
        else _row_v2(WebhookEndpoint.model_validate({"id": "", **result}))
    )
    return _created(written.state, row, made[0].signing_secret if made else None)


@tool(title="Delete a webhook", effect=Effect.DELETE, toolset="webhooks", scopes=_SCOPES)
async def delete_webhook(
    ctx: ToolContext,
    *,
    webhook_id: Annotated[str, Field(min_length=1, description="ep_… (v2) or web-… (v1).")],
) -> Annotated[CallToolResult, DeletedWebhook]:
    """Delete one webhook: Allo stops delivering there and forgets its delivery history. list_webhooks shows the ids."""
    reach = services(ctx)
    request = _deletion(reach, webhook_id)
    where = await _address(reach, webhook_id) if webhook_id.startswith("ep") else ""
    write = Write(
        tool="delete_webhook",
        action=f"Delete the webhook {where or webhook_id}",
        details=(("Webhook", webhook_id), *((("Address", where),) if where else ())),
        payload={"webhook_id": webhook_id},
    )
    written = await reach.writes.submit(ctx, write, request)
    said = {"sent": "Deleted", "replayed": "Deleted earlier", "dry_run": "Dry run, not deleted"}[written.state]
    facts = DeletedWebhook(state=written.state, id=clean(webhook_id, 200))
    return Answer().say(f"{said}: {facts.id}").result(facts)


async def _all_webhooks(reach: Services) -> list[WebhookRow]:
    client = reach.client

    async def v2() -> list[WebhookRow]:
        return [_row_v2(endpoint) for endpoint in await client.webhook_endpoints.list()]

    async def v1() -> list[WebhookRow]:
        try:
            return [_row_v1(webhook) for webhook in await client.webhooks.list()]
        except NotFoundError:
            return []

    return [row for rows in await together([v2, v1]) for row in rows]


def _deletion(reach: Services, webhook_id: str) -> Request:
    if not _ID.fullmatch(webhook_id):
        raise ToolError(
            f"webhook_id: '{clean(webhook_id, 60)}' is neither ep_… (v2) nor web-… (v1). See list_webhooks."
        )

    async def request(key: str) -> Mapping[str, Any]:
        if webhook_id.startswith("ep"):
            await reach.client.webhook_endpoints.delete(webhook_id, idempotency_key=key)
        else:
            await reach.client.webhooks.delete(webhook_id)
        return {}

    return request


async def _address(reach: Services, webhook_id: str) -> str:
    """Where a v2 endpoint delivers to, for the human who is asked; v1 rows hold no id to find it by.

    Raises:
        ToolError: There is no such endpoint.
    """
    for row in await _all_webhooks(reach):
        if row.id == webhook_id:
            return row.url
    raise ToolError(f"webhook_id: no webhook has the id {clean(webhook_id, 60)}. list_webhooks shows them.")


async def _own_line(reach: Services, text: str) -> str:
    """The line a v1 webhook is for, as far as the key may see the lines."""
    wanted = (await read_number(reach, text)).e164 if looks_like_number(text) else text
    try:
        line = await find_line(reach, wanted)
    except ForbiddenError:
        return wanted
    return line.number or "" if line else ""


async def _replaced(reach: Services, line: str) -> list[tuple[str, str]]:
    """A line has one v1 webhook: the one whose place a new one takes."""
    return [("Replaces", row.url) for row in await _all_webhooks(reach) if row.line == line] if line else []


async def _check(reach: Services, url: str, topics: Sequence[str], *, v1: bool) -> None:
    (reach.client.webhooks if v1 else reach.client.webhook_endpoints).check(url, topics)
    _check_public(url)
    await _check_topics(reach, topics, v1=v1)


def _check_public(url: str) -> None:
    """Refuse an address that Allo cannot reach; a name is taken for public unless it says otherwise."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if not is_public_host(host):
        raise ToolError(f"url: '{clean(host, 60)}' is not on the public internet, so Allo cannot deliver there.")


async def _check_topics(reach: Services, topics: Sequence[str], *, v1: bool) -> None:
    """Refuse topics that there are not, in either dialect."""
    known = (
        _V1_TOPICS if v1 else [clean(event.name, 60) for event in await reach.client.webhook_endpoints.event_types()]
    )
    unknown = [topic for topic in topics if topic not in known]
    if known and unknown:
        other = " Those are v2 names: leave out allo_number." if v1 and "." in unknown[0] else ""
        other = other or (" Those are v1 names: they need allo_number." if not v1 and unknown[0] in _V1_TOPICS else "")
        names = ", ".join(clean(topic, 40) for topic in unknown[:5])
        raise ToolError(f"topics: there is no {names}.{other} Possible: {', '.join(known)}.")


def _created(state: str, row: WebhookRow, secret: SecretStr | None) -> CallToolResult:
    said = {"sent": "Created:", "replayed": "Created earlier:", "dry_run": "Dry run: nothing was created. It would be:"}
    answer = Answer().say(said[state], _text(row))
    if row.kind == "v1" and row.id:
        answer.say("Note the id: v1 never shows it again, and deleting needs it.")
    shown = secret.get_secret_value() if secret else ""
    if shown:
        answer.say(f"Signing secret: {shown}", _WHAT_TO_DO)
    return answer.result(CreatedWebhook(state=state, webhook=row, signing_secret=shown))


def _row_v2(endpoint: WebhookEndpoint) -> WebhookRow:
    return WebhookRow(
        kind="v2",
        id=clean(endpoint.id, 200),
        url=_address_shown(endpoint.url),
        topics=tuple(clean(topic, 60) for topic in endpoint.topics),
        enabled=endpoint.enabled,
    )


def _row_v1(webhook: Webhook) -> WebhookRow:
    return WebhookRow(
        kind="v1",
        id=clean(webhook.id or "", 200),
        url=_address_shown(webhook.url),
        topics=tuple(clean(topic, 60) for topic in webhook.topics),
        enabled=webhook.enabled,
        line=clean(webhook.allo_number or "", 40),
    )


def _address_shown(url: str | None) -> str:
    """An address without what may be a secret in it: a password, a query, a long part of the path.

    The end of this server's own webhook path is one: who knows it can make events up.
    """
    try:
        parts = urlsplit(url or "")
        place = ":".join(filter(None, (parts.hostname, str(parts.port or ""))))
    except ValueError:
        return _UNREADABLE
    path = "/".join("…" if len(segment) >= _SECRET_LENGTH else segment for segment in parts.path.split("/"))
    return clean(f"{parts.scheme}://{place}{path}{'?…' if parts.query else ''}", 300)


def _text(row: WebhookRow) -> str:
    signed = "v2, signed, all lines" if row.kind == "v2" else f"v1, unsigned, {row.line}"
    state = "disabled" if row.enabled is False else ""
    parts = (row.id or "id unknown", signed, state, row.url, ", ".join(row.topics))
    return " | ".join(filter(None, parts))
