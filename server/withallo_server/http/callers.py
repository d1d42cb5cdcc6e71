"""Who is calling, as this server's own authentication established it. Headers of a request are never identity."""

from dataclasses import dataclass

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from pydantic import SecretStr

from withallo_server.http.grants import EVERYTHING, Grants


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller.

    Attributes:
        kind: How it was established: `token`, `oauth` or `api-key`.
        name: Who it is within that kind: name of the token, subject, or digest of the key.
        issuer: Who vouches for the name.
        client: The OAuth client, or the name again.
        grants: What it may use.
        account: Account whose data it sees.
        key: Its own Allo key; none when the operator's is used for it.
        expires_at: When the credential ends, Unix time.
    """

    kind: str
    name: str
    issuer: str
    client: str
    grants: Grants = EVERYTHING
    account: str | None = None
    key: SecretStr | None = None
    expires_at: int | None = None


class CallerToken(AccessToken):
    """A caller where the SDK looks for one: sessions, sealed questions and consent are bound to it.

    Never holds the credential itself.
    """

    caller: Caller


def as_token(caller: Caller) -> CallerToken:
    """The caller in the SDK's terms."""
    return CallerToken(
        token="",
        client_id=f"{caller.kind}:{caller.client}",
        subject=caller.name,
        scopes=[],
        expires_at=caller.expires_at,
        claims={"iss": caller.issuer},
        caller=caller,
    )


def current_caller() -> Caller | None:
    """Who made the request that is being served; nobody on loopback without authentication."""
    token = get_access_token()
    return token.caller if isinstance(token, CallerToken) else None
