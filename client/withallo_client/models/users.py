"""Teammates (API contract 6.6)."""

from withallo_client.models.base import AlloModel


class UserRef(AlloModel):
    """A teammate, as other records name one."""

    id: str | None = None
    name: str | None = None
    email: str | None = None


class User(AlloModel):
    """A teammate; `role` is ADMIN, MANAGER or MEMBER, `status` ACTIVE or BLOCKED."""

    id: str
    name: str | None = None
    email: str | None = None
    role: str | None = None
    status: str | None = None
    image_url: str | None = None
