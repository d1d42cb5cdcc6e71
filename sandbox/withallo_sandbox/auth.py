"""Who asks: the Authorization header and the scopes behind it (API contract 1.2 and 2)."""

from collections.abc import Mapping

from withallo_sandbox.company import ApiKey
from withallo_sandbox.errors import FieldError, RefusedError


def authenticate(header: str | None, keys: Mapping[str, ApiKey]) -> ApiKey:
    """The key behind a raw or `Api-Key` header.

    Raises:
        RefusedError: 401 without a known key, also for `Bearer`; 403 for the key of a trial plan.
    """
    value = (header or "").strip()
    scheme, _, rest = value.partition(" ")
    key = keys.get(rest.strip() if scheme.lower() == "api-key" else value)
    if key is None:
        raise RefusedError(401, "API_KEY_INVALID", "The API key is missing or unknown.", suggestion=_hint(scheme))
    if key.trial:
        raise RefusedError(403, "API_KEY_TRIAL_NOT_ALLOWED", "API keys do not work on a trial plan.")
    return key


def _hint(scheme: str) -> str | None:
    return "Send `Authorization: Api-Key <key>`, not `Bearer`." if scheme.lower() == "bearer" else None


def require(key: ApiKey, scope: str | None) -> None:
    """Let a key with the scope pass.

    Raises:
        RefusedError: 403 that names the scope in the dialect of either version.
    """
    if scope is not None and scope not in key.scopes:
        named = FieldError("scope", f"required={scope}", "API_KEY_INSUFFICIENT_SCOPE")
        raise RefusedError(403, "API_KEY_INSUFFICIENT_SCOPE", f"This key lacks the scope {scope}.", errors=[named])
