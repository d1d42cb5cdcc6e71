"""The v2 routes about the account itself (API contract 6.6)."""

from starlette.responses import Response

from withallo_sandbox.company import TEAM_ID, TEAM_NAME
from withallo_sandbox.errors import invalid, not_found
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.limits import READS_PER_SECOND, WRITES_PER_SECOND
from withallo_sandbox.requests import Ask
from withallo_sandbox.shapes import data, v2


def get_me(ask: Ask) -> Response:
    """The calling key: its scopes, and only the endpoints they open."""
    from withallo_sandbox.routes import ENDPOINTS as EVERYTHING

    reachable = [
        {"method": e.method, "path": e.path, "description": e.description, "scope": e.scope or ""}
        for e in EVERYTHING
        if e.scope is None or e.scope in ask.key.scopes
    ]
    return data(
        {
            "api_key_id": ask.key.id,
            "scopes": sorted(ask.key.scopes),
            "endpoints": reachable,
            "team": {"id": TEAM_ID, "name": TEAM_NAME},
            "rate_limits": {"read_per_second": READS_PER_SECOND, "write_per_second": WRITES_PER_SECOND},
        }
    )


def list_numbers(ask: Ask) -> Response:
    """Lines, then sender IDs, whose number is null."""
    account = ask.state.account
    senders = [v2.sender_id(sender) for sender in account.sender_ids if sender.active]
    return data([*(v2.line(line) for line in account.lines), *senders])


def list_users(ask: Ask) -> Response:
    """Teammates, those who are active unless asked otherwise."""
    role, status = ask.query.get("role"), ask.query.get("status", "ACTIVE")
    if role not in {None, "ADMIN", "MANAGER", "MEMBER"}:
        raise invalid("role", "role must be ADMIN, MANAGER or MEMBER.")
    if status not in {"ACTIVE", "BLOCKED"}:
        raise invalid("status", "status must be ACTIVE or BLOCKED.")
    users = ask.state.account.users
    return data([v2.user(user) for user in users if user.status == status and role in {None, user.role}])


def get_user(ask: Ask) -> Response:
    """One teammate."""
    user = ask.state.account.user(ask.segment("id"))
    if user is None:
        raise not_found("USER_NOT_FOUND")
    return data(v2.user(user))


def list_tags(ask: Ask) -> Response:
    """The tags of the team; the name is the key used elsewhere."""
    return data([{"id": tag.id, "name": tag.name, "color": tag.color} for tag in ask.state.account.tags])


ENDPOINTS = (
    Endpoint("GET", "/v2/api/me", None, "Describe the calling key", get_me),
    Endpoint("GET", "/v2/api/numbers", "PHONE_NUMBERS_READ", "List numbers and sender IDs", list_numbers),
    Endpoint("GET", "/v2/api/tags", "TAGS_READ", "List tags", list_tags),
    Endpoint("GET", "/v2/api/users", "USERS_READ", "List teammates", list_users),
    Endpoint("GET", "/v2/api/users/{id}", "USERS_READ", "Read a teammate", get_user),
)
