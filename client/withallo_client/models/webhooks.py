"""Webhook registrations, v1 and v2 (API contract 6.5, 6.15)."""

from pydantic import AliasChoices, Field, SecretStr

from withallo_client.models.base import AlloModel, MaybeTime, Texts


class Webhook(AlloModel):
    """A v1 webhook: one for each line, unsigned. `id` comes only with the answer to `create`."""

    id: str | None = None
    allo_number: str | None = Field(default=None, validation_alias=AliasChoices("allo_number", "alloNumber"))
    enabled: bool | None = None
    url: str | None = None
    topics: Texts = ()


class WebhookEndpoint(AlloModel):
    """A v2 webhook endpoint, for every line of the team.

    Attributes:
        id: `ep_…`.
        topics: For example `call.completed`.
        signing_secret: `whsec_…`; only after `create` and `get`.
    """

    id: str
    url: str | None = None
    topics: Texts = ()
    description: str | None = None
    enabled: bool | None = None
    signing_secret: SecretStr | None = None
    created_at: MaybeTime = None


class EventType(AlloModel):
    """A topic that a v2 endpoint may subscribe to."""

    name: str
    description: str | None = None
