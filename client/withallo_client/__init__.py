"""A typed, async client for the Allo phone system (withallo.com)."""

from withallo_client._address import is_public_host
from withallo_client._answers import counting_unreadable
from withallo_client._limits import Clock
from withallo_client._recordings import Recording
from withallo_client._version import __version__
from withallo_client.account import Account
from withallo_client.calls import Calls
from withallo_client.client import DEFAULT_BASE_URL, AlloClient
from withallo_client.contacts import Contacts
from withallo_client.conversations import Conversations
from withallo_client.errors import (
    AlloConnectionError,
    AlloTimeoutError,
    ApiError,
    AuthenticationError,
    ConflictError,
    ErrorDetail,
    ForbiddenError,
    InvalidArgumentError,
    InvalidResponseError,
    InvalidWebhookPayloadError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
    WebhookSignatureError,
    WithalloError,
)
from withallo_client.models.account import Endpoint, Me, RateLimits, Team
from withallo_client.models.base import AlloModel, Page
from withallo_client.models.calls import Call, TranscriptLine
from withallo_client.models.contacts import Activity, Company, Contact, ContactContext, ConversationRow
from withallo_client.models.conversations import CallSummary, ContactCard, Conversation, Item, ItemFilter
from withallo_client.models.numbers import Number
from withallo_client.models.people import CrmPerson
from withallo_client.models.sms import SentMessage, TextMessage
from withallo_client.models.tags import Tag
from withallo_client.models.users import User, UserRef
from withallo_client.models.webhooks import EventType, Webhook, WebhookEndpoint
from withallo_client.numbers import Numbers
from withallo_client.people import People
from withallo_client.sms import Sms
from withallo_client.tags import Tags
from withallo_client.users import Users
from withallo_client.webhook_endpoints import WebhookEndpoints
from withallo_client.webhook_events import (
    CallAnsweredData,
    CallCompletedData,
    CallRingingData,
    ContactData,
    EventData,
    EventPerson,
    SmsData,
    WebhookEvent,
)
from withallo_client.webhook_receiver import WebhookReceiver, verify_signature
from withallo_client.webhooks import Webhooks

__all__ = [
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
