"""Checks of the key: whether there is one, what it opens, and whether Allo can reach the inbox."""

from withallo_client import AlloClient, AuthenticationError, ForbiddenError, WebhookEndpoint, WithalloError
from withallo_server.auth.check import ask_allo, closed_tools
from withallo_server.credentials import CredentialError, KeptKey, source_of_key
from withallo_server.doctor.findings import Finding, amber, green, red
from withallo_server.settings import Settings
from withallo_server.webhook_path import PREFIX

_LOGIN = "withallo-mcp auth login"
_SET_UP = "withallo-mcp webhook setup --url https://..."


async def check_key(settings: Settings) -> list[Finding]:
    """There is a key, Allo takes it, it opens tools, and webhooks are registered with it."""
    try:
        kept = source_of_key(settings)
    except CredentialError as error:
        return [red("key", str(error), _LOGIN)]
    if kept is None:
        text = "There is no API key, so the server does not start."
        return [red("key", text, f"{_LOGIN}, or start it with --sandbox to try it without one")]
    if problem := _odd_shape(kept):
        return [red("key", problem, _LOGIN)]
    try:
        me = await ask_allo(settings, kept.secret)
    except AuthenticationError:
        return [red("key", f"Allo does not take the key from {kept.source}: mistyped or revoked.", _LOGIN)]
    except WithalloError as error:
        return [amber("key", f"There is a key from {kept.source}; Allo could not be asked about it: {error}")]
    name = (me.team.name or me.team.id) if me.team else "its team"
    found = [green("key", f"Allo takes the key from {kept.source}, for {name}."), _scopes(settings, me.scopes)]
    return [*found, await _webhooks(settings, kept)]


def _odd_shape(kept: KeptKey) -> str:
    text = kept.secret.get_secret_value()
    if text.lower().startswith(("bearer ", "api-key ")):
        return f"The key from {kept.source} begins with a word that does not belong to it (Bearer, Api-Key)."
    if text != text.strip() or not text.isascii() or " " in text or text[:1] in "\"'<$":
        return f"The key from {kept.source} has spaces, quotes or a placeholder in it."
    return ""


def _scopes(settings: Settings, scopes: frozenset[str]) -> Finding:
    missing = {name: reason for name, reason in closed_tools(settings, scopes).items() if "scope" in reason}
    if not missing:
        return green("scopes", f"The key opens every tool that is switched on ({', '.join(sorted(scopes))}).")
    reasons = "; ".join(
        f"{', '.join(name for name, why in missing.items() if why == reason)}: {reason}"
        for reason in sorted(set(missing.values()))
    )
    mend = "add the scopes in the Allo web app under Settings > API; withallo-mcp auth status lists them"
    return amber("scopes", f"Some tools stay off: {reasons}.", mend)


async def _webhooks(settings: Settings, kept: KeptKey) -> Finding:
    try:
        async with AlloClient(kept.secret, base_url=settings.base_url, auth_scheme=settings.auth_scheme) as client:
            endpoints = await client.webhook_endpoints.list()
    except ForbiddenError:
        text = "The key may not see webhooks (scope WEBHOOKS_READ_WRITE): the inbox only fills by looking at the API."
        return amber("inbox url", text, "add WEBHOOKS_READ_WRITE to the key, then " + _SET_UP)
    except WithalloError as error:
        return amber("inbox url", f"Allo could not be asked for its webhooks: {error}")
    ours = [endpoint for endpoint in endpoints if PREFIX in (endpoint.url or "")]
    if not ours:
        return amber("inbox url", "Allo sends no events here: no webhook is registered.", _SET_UP)
    if not any(endpoint.enabled for endpoint in ours):
        text = f"Allo stopped sending to {_without_token(ours[0])}: the webhook is switched off."
        return red("inbox url", text, "switch it on in the Allo web app, or withallo-mcp webhook setup again")
    return green("inbox url", f"Allo sends events to {', '.join(_without_token(endpoint) for endpoint in ours)}.")


def _without_token(endpoint: WebhookEndpoint) -> str:
    return (endpoint.url or "").partition(PREFIX)[0]
