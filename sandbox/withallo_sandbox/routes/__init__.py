"""Every operation the sandbox answers, and the routes made of them."""

from withallo_sandbox.gate import Endpoint
from withallo_sandbox.routes import account, sms, v1, webhooks

ENDPOINTS: tuple[Endpoint, ...] = (*v1.ENDPOINTS, *sms.ENDPOINTS, *account.ENDPOINTS, *webhooks.ENDPOINTS)
