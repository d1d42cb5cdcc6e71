import subprocess
import sys

import withallo_client

SURFACE = [
    "DEFAULT_BASE_URL",
    "Account",
    "Activity",
    "AlloClient",
    "AlloConnectionError",
    "AlloModel",
    "AlloTimeoutError",
    "ApiError",
    "AuthenticationError",
    "Call",
    "CallAnsweredData",
    "CallCompletedData",
    "CallRingingData",
    "CallSummary",
    "Calls",
    "Clock",
    "Company",
    "ConflictError",
    "Contact",
    "ContactCard",
    "ContactContext",
    "ContactData",
    "Contacts",
    "Conversation",
    "ConversationRow",
    "Conversations",
    "CrmPerson",
    "Endpoint",
    "ErrorDetail",
    "EventData",
    "EventPerson",
    "EventType",
    "ForbiddenError",
    "InvalidArgumentError",
    "InvalidResponseError",
    "InvalidWebhookPayloadError",
    "Item",
    "ItemFilter",
    "Me",
    "NotFoundError",
    "Number",
    "Numbers",
    "Page",
    "People",
    "RateLimitError",
    "RateLimits",
    "Recording",
    "SentMessage",
    "ServerError",
    "Sms",
    "SmsData",
    "Tag",
    "Tags",
    "Team",
    "TextMessage",
    "TranscriptLine",
    "User",
    "UserRef",
    "Users",
    "ValidationError",
    "Webhook",
    "WebhookEndpoint",
    "WebhookEndpoints",
    "WebhookEvent",
    "WebhookReceiver",
    "WebhookSignatureError",
    "Webhooks",
    "WithalloError",
    "__version__",
    "counting_unreadable",
    "is_public_host",
    "verify_signature",
]

WITHOUT_MCP = """
import sys
for name in ("mcp", "mcp_types", "starlette", "sqlalchemy", "withallo_tools", "withallo_server"):
    sys.modules[name] = None
import withallo_client
withallo_client.AlloClient("ak_live_x")
withallo_client.WebhookReceiver(["whsec_AAAA"])
heavy = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
print(*sorted(heavy & {"mcp", "starlette", "sqlalchemy", "httpx", "standardwebhooks", "rich", "typer", "phonenumbers"}))
"""


def test_the_public_names_are_pinned() -> None:
    assert withallo_client.__all__ == SURFACE


def test_every_public_name_says_what_it_is() -> None:
    undocumented = [name for name in SURFACE if not getattr(withallo_client, name).__doc__]

    assert undocumented == []


def test_the_client_works_without_mcp_and_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_MCP], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.split() == []
