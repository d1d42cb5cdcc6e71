"""Shapes of the v2 routes (API contract 6.6, 6.7 and 6.10)."""

from withallo_sandbox.records import Line, SenderId, User
from withallo_sandbox.shapes import Json


def user(teammate: User) -> Json:
    """A teammate."""
    return {
        "id": teammate.id,
        "name": teammate.name,
        "email": teammate.email,
        "role": teammate.role,
        "status": teammate.status,
        "image_url": None,
    }


def user_ref(teammate: User | None) -> Json | None:
    """A teammate as others mention them."""
    return {"id": teammate.id, "name": teammate.name, "email": teammate.email} if teammate else None


def line(ours: Line) -> Json:
    """A line."""
    return {
        "number": ours.number,
        "name": ours.name,
        "country": ours.country,
        "type": "NUMBER",
        "capabilities": list(ours.capabilities),
        "users": [user_ref(teammate) for teammate in ours.users],
    }


def sender_id(sender: SenderId) -> Json:
    """A sender ID, which has no number."""
    return {
        "number": None,
        "name": sender.name,
        "country": sender.country,
        "type": "SENDER_ID",
        "capabilities": ["SMS"],
        "users": [],
    }
