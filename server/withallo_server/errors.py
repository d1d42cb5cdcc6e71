"""The one place that turns what went wrong into what the model reads: what, why, and what to do next."""

import logging
import secrets
from collections.abc import Callable, Sequence

from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from pydantic import ValidationError as ArgumentsError
from pydantic_core import ErrorDetails

from withallo_client import (
    AlloConnectionError,
    AlloTimeoutError,
    ApiError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
    WithalloError,
)
from withallo_tools.outsiders import clean

logger = logging.getLogger(__name__)

MAKE_A_KEY = "an owner or admin of the team makes one in the Allo web app under Settings > API"
UNKNOWN_WRITE = (
    "If the call was to change or send something, it may or may not have happened: look before anything is repeated."
)
_LONGEST = 300

_NEXT_STEPS = {
    "API_KEY_TRIAL_NOT_ALLOWED": "API keys do not work on a trial plan; the team has to subscribe first.",
    "A2P_NOT_ENABLED": "US and Canadian lines have to be registered for texting (A2P 10DLC) in the Allo web app first.",
    "FROM_NUMBER_NOT_FOUND": "The sending number is not a line of this account: list_numbers shows those that are.",
    "INVALID_TO_NUMBER": "The recipient's number does not exist or cannot be texted: check it with the user.",
    "TO_NUMBER_COUNTRY_MISMATCH": "Texts only go to the country of the sending line: list_numbers shows the countries.",
    "INVALID_LENGTH": "A text has 1 to 1000 characters.",
    "PROVIDER_NOT_SUPPORTED": "The carrier of this line cannot send texts: choose another line from list_numbers.",
    "INVALID_SENDER_ID": "This sender ID is not one of the account: list_numbers shows those that are.",
    "SENDER_ID_NOT_ACTIVE": "This sender ID is not approved yet; the team sees it under Settings > Compliance.",
    "CONTACT_NOT_FOUND": "No contact has this id: search_contacts finds the right one.",
    "WEBHOOK_NOT_FOUND": "No webhook has this id: list_webhooks shows them.",
}


def explain(error: BaseException) -> str:
    """The text for the model; an error nobody foresaw goes to the log and gets a reference instead of its words."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(error)
    if _is_storage_error(error):
        return (
            f"{error} Calls, conversations and numbers can still be read; finding a contact, the inbox and every "
            "change need the database."
        )
    reference = secrets.token_hex(4)
    logger.error("Unexpected error %s", reference, exc_info=error)
    return (
        f"Something failed inside this server that nobody foresaw. {UNKNOWN_WRITE} "
        f"The server's log on stderr tells more under the reference {reference}."
    )


def wrong_arguments(error: ArgumentsError) -> str:
    """Which arguments cannot be used and why, without repeating them."""
    rows = error.errors(include_url=False, include_input=False, include_context=False)
    return "Wrong arguments: " + "; ".join(
        f"{'.'.join(str(part) for part in row['loc']) or 'all'}: {_wrong(row)}" for row in rows
    )


def _wrong(row: ErrorDetails) -> str:
    if row["type"] == "tuple_type":
        return f"should be a list of {row['loc'][-1] if row['loc'] else 'values'}"
    return row["msg"].removeprefix("Value error, ")


def unknown_arguments(tool: str, unknown: Sequence[str], known: Sequence[str]) -> str:
    """Which arguments a tool does not have, and which it has."""
    names = ", ".join(clean(name, 40) for name in unknown[:5])
    return f"{tool} has no argument {names}. " + (f"It takes: {', '.join(known)}." if known else "It takes none.")


def _wrong_key(error: AuthenticationError) -> str:
    revoked = error.code == "API_KEY_REVOKED"
    return (
        f"Allo {'has revoked' if revoked else 'does not know'} the API key (401). Trying again will not help. "
        f"Tell the user that ALLO_API_KEY needs another key: {MAKE_A_KEY}."
    )


def _forbidden(error: ForbiddenError) -> str:
    if step := _NEXT_STEPS.get(error.code or ""):
        return f"Allo refused (403). {step}"
    if scopes := error.required_scopes():
        return (
            f"The API key lacks the scope {' and '.join(scopes)} (403). The user needs a key with it: {MAKE_A_KEY}. "
            "get_account shows what the present key may do."
        )
    return f"The API key may not do this (403). {_told(error)}get_account shows what it may do."


def _rate_limited(error: RateLimitError) -> str:
    wait = error.retry_after_seconds
    when = f"in {_duration(wait)}" if wait else "later"
    if error.limit == "daily_quota":
        quota = f" of {error.quota} requests" if error.quota else ""
        return f"The key's daily quota{quota} is used up (429). Allo answers again {when}; until then nothing works."
    if error.limit == "sms":
        return f"Allo's limit for texts is reached (429 {error.code}). Nothing was sent. Try again {when}."
    return f"Too many requests a second for this key (429). Nothing was changed. Call again {when}."


def _invalid(error: ValidationError) -> str:
    fields = "; ".join(f"{name}: {problem}" if name else problem for name, problem in error.errors().items())
    step = _NEXT_STEPS.get(error.code or "") or clean(fields or str(error), _LONGEST)
    return f"Allo does not take these values ({error.http_status} {error.code or ''}). Nothing was changed. {step}"


def _not_found(error: NotFoundError) -> str:
    step = _NEXT_STEPS.get(error.code or "", "It may be gone, or the id is from elsewhere: search for it again.")
    return f"Allo does not have this ({error.code or error.http_status}). {step}"


def _conflict(error: ConflictError) -> str:
    return f"Allo refused because of the present state ({error.http_status} {error.code or ''}). {_told(error)}"


def _server_failed(error: ServerError) -> str:
    return f"Allo itself failed ({error.http_status}). {UNKNOWN_WRITE} Otherwise try again in a minute. {_told(error)}"


def _refused(error: ApiError) -> str:
    return f"Allo refused ({error.http_status} {error.code or ''}). {_told(error)}"


def _not_allo(error: InvalidResponseError) -> str:
    return (
        f"What answered is not the Allo API ({error.http_status}, not the answer the contract describes): a proxy, a "
        f"firewall, or a wrong ALLO_BASE_URL. {UNKNOWN_WRITE} Tell the user; `withallo-mcp doctor` finds the cause."
    )


def _no_connection(error: AlloConnectionError) -> str:
    if error.request_sent is False:
        return (
            "Allo cannot be reached; nothing was sent. Tell the user to check the network, the proxy and "
            "ALLO_BASE_URL (`withallo-mcp doctor` finds the cause), then try again."
        )
    return f"The connection to Allo broke before the answer came. {UNKNOWN_WRITE} Reading can simply be tried again."


def _too_slow(error: AlloTimeoutError) -> str:
    if error.request_sent is False:
        return "Allo did not take the connection in time; nothing was sent. Try again in a minute."
    return f"Allo did not answer in time. {UNKNOWN_WRITE} Reading can simply be tried again."


def _told(error: ApiError) -> str:
    """What Allo says about it, and the number its support asks for."""
    request = f" (request {clean(error.request_id, 40)})" if error.request_id else ""
    return f"Allo says: {clean(str(error), _LONGEST)}{request}. "


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} minutes"
    return f"{round(seconds / 3600)} hours"


def _is_storage_error(error: BaseException) -> bool:
    from withallo_server.database import StorageError

    return isinstance(error, StorageError)


_WORDS: tuple[tuple[type[BaseException], Callable[..., str]], ...] = (
    (AuthenticationError, _wrong_key),
    (ForbiddenError, _forbidden),
    (RateLimitError, _rate_limited),
    (ValidationError, _invalid),
    (NotFoundError, _not_found),
    (ConflictError, _conflict),
    (ServerError, _server_failed),
    (ApiError, _refused),
    (InvalidResponseError, _not_allo),
    (AlloConnectionError, _no_connection),
    (AlloTimeoutError, _too_slow),
    (WithalloError, str),
    (ToolError, str),
    (ResourceError, str),
)
