"""Checks of the key: whether there is one, what it opens, and whether Allo can reach the inbox."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import httpx

from withallo_client import AlloClient, AuthenticationError, ForbiddenError, WebhookEndpoint, WithalloError
from withallo_server.auth.check import ask_allo, closed_tools
from withallo_server.credentials import CredentialError, KeptKey, source_of_key
from withallo_server.doctor.findings import Finding, amber, green, red
from withallo_server.receiving import webhook_token
from withallo_server.settings import Settings
from withallo_server.webhook_path import PREFIX

if TYPE_CHECKING:
    from withallo_server.inbox.registration import Registered

LOGIN = "withallo-mcp auth login"
"""What keeps a key."""
_SET_UP = "withallo-mcp webhook setup --url https://..."
_PROBE = "start the receiver, then withallo-mcp webhook status"


async def check_key(settings: Settings) -> list[Finding]:
    """There is a key, Allo takes it, it opens tools, and webhooks are registered with it."""
    try:
        kept = source_of_key(settings)
    except CredentialError as error:
        return [red("key", str(error), LOGIN)]
    if kept is None:
        text = "There is no API key, so the server does not start."
        return [red("key", text, f"{LOGIN}, or start it with --sandbox to try it without one")]
    if problem := _odd_shape(kept):
        return [red("key", problem, LOGIN)]
    try:
        me = await ask_allo(settings, kept.secret)
    except AuthenticationError:
        return [red("key", f"Allo does not take the key from {kept.source}: mistyped or revoked.", LOGIN)]
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
    from withallo_server.inbox.registration import Registration

    token, given = webhook_token(settings), settings.webhook_secrets
    client = AlloClient(kept.secret, base_url=settings.base_url, auth_scheme=settings.auth_scheme)
    try:
        async with client, httpx.AsyncClient() as http:
            ours = await Registration(client, http, token=token, folder=settings.data_dir, given=given).status()
            if not ours:
                return _leads_elsewhere(await client.webhook_endpoints.list())
    except ForbiddenError:
        text = "The key may not see webhooks (scope WEBHOOKS_READ_WRITE): the inbox only fills by looking at the API."
        return amber("inbox url", text, "add WEBHOOKS_READ_WRITE to the key, then " + _SET_UP)
    except WithalloError as error:
        return amber("inbox url", f"Allo could not be asked for its webhooks: {error}")
    except CredentialError as error:
        return amber("inbox url", str(error), _SET_UP)
    return _arrives(ours)


def _leads_elsewhere(endpoints: Sequence[WebhookEndpoint]) -> Finding:
    places = [_without_token(endpoint) for endpoint in endpoints if PREFIX in (endpoint.url or "")]
    if not places:
        return amber("inbox url", "Allo sends no events here: no webhook is registered.", _SET_UP)
    text = f"Allo sends events to {', '.join(places)}, but on the secret path of another data folder, not of this one."
    return amber("inbox url", text, "use its ALLO_DATA_DIR or ALLO_WEBHOOK_TOKEN, or " + _SET_UP)


def _arrives(ours: "Sequence[Registered]") -> Finding:
    enabled = [each for each in ours if each.endpoint.enabled]
    if not enabled:
        text = f"Allo stopped sending to {_without_token(ours[0].endpoint)}: the webhook is switched off."
        return red("inbox url", text, "switch it on in the Allo web app, or withallo-mcp webhook setup again")
    missed = [each for each in enabled if each.probed is None or not each.probed.reached]
    if len(missed) < len(enabled):
        places = ", ".join(_without_token(each.endpoint) for each in enabled if each not in missed)
        return green("inbox url", f"Allo sends events to {places}, and a signed probe arrives there.")
    probed = missed[0].probed
    finding = "no signing secret is known to probe it with." if probed is None else probed.finding
    return amber("inbox url", f"Allo sends events to {_without_token(missed[0].endpoint)}: {finding}", _PROBE)


def _without_token(endpoint: WebhookEndpoint) -> str:
    return (endpoint.url or "").partition(PREFIX)[0]
