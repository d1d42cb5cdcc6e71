"""One example call for each tool; the documentation shows them with the answers of the embedded account."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "get_account": {},
    "list_numbers": {},
    "search_calls": {"since": "last 7 days", "limit": 5},
    "get_call": {"call_id": "{call}", "zoom": "outline"},
    "get_calls": {"call_ids": ["{call}"]},
    "search_conversations": {"query": "quote", "limit": 3},
    "list_conversations": {"limit": 3},
    "list_follow_ups": {"since": "last 7 days", "limit": 5},
    "mark_conversation": {"contact": "{number}", "action": "read"},
    "update_call_summary": {"call_id": "{call}", "content": "Wants the quote by Friday; we call back on Thursday."},
    "search_contacts": {"query": "mari dup"},
    "get_contact": {"contact": "Sarah"},
    "get_contact_conversation": {"contact": "Sarah", "limit": 3},
    "create_contact": {"numbers": ["+12125550177"], "name": "Jo", "last_name": "Taylor"},
    "update_contact": {"contact": "{contact}", "job_title": "Head of procurement"},
    "send_sms": {"to": "{number}", "message": "Running ten minutes late, sorry!", "idempotency_key": "example-1"},
    "get_send": {"idempotency_key": "example-1"},
    "list_events": {"limit": 3},
    "wait_for_event": {"topic": "sms", "seconds": 1},
    "list_webhooks": {},
    "create_webhook": {"url": "https://example.com/webhooks/allo/secret", "topics": ["sms.received"]},
    "delete_webhook": {"webhook_id": "{webhook}"},
}
