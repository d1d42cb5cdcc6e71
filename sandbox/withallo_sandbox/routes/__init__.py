"""Every operation the sandbox answers, and the routes made of them."""

from withallo_sandbox.gate import Endpoint
from withallo_sandbox.routes import account, conversations, people, recordings, sms, v1, webhooks

_FAMILIES = (v1, sms, account, webhooks, conversations, people)

ENDPOINTS: tuple[Endpoint, ...] = tuple(endpoint for family in _FAMILIES for endpoint in family.ENDPOINTS)

ASSETS: tuple[Endpoint, ...] = recordings.ENDPOINTS
"""What is answered besides the operations of the contract."""
