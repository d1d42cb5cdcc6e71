"""The table of contents: every tool, in the order in which clients see them, and the groups they come in."""

from typing import cast

from withallo_tools.account import get_account
from withallo_tools.call_reading import get_call, get_calls, update_call_summary
from withallo_tools.calls import search_calls
from withallo_tools.contact_writes import create_contact, update_contact
from withallo_tools.contacts import get_contact, get_contact_conversation, search_contacts
from withallo_tools.conversations import search_conversations
from withallo_tools.events import list_events, wait_for_event
from withallo_tools.follow_up_list import list_follow_ups
from withallo_tools.inbox_view import list_conversations, mark_conversation
from withallo_tools.numbers import list_numbers
from withallo_tools.sends import get_send
from withallo_tools.sms import send_sms
from withallo_tools.tool import ToolFunction
from withallo_tools.webhooks import create_webhook, delete_webhook, list_webhooks

TOOLS = cast(
    "tuple[ToolFunction, ...]",
    (
        get_account,
        list_numbers,
        search_calls,
        get_call,
        get_calls,
        search_conversations,
        list_conversations,
        list_follow_ups,
        mark_conversation,
        update_call_summary,
        search_contacts,
        get_contact,
        get_contact_conversation,
        create_contact,
        update_contact,
        send_sms,
        get_send,
        list_events,
        wait_for_event,
        list_webhooks,
        create_webhook,
        delete_webhook,
    ),
)

DEFAULT_TOOLSETS = frozenset({"account", "calls", "conversations", "contacts", "messages", "events", "webhooks"})
"""What is on unless the operator says otherwise; `all` adds what people rarely need."""
