"""Lines and contacts as MCP resources; those of the inbox are in its own room."""

from collections.abc import Iterable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.types import Annotations, Resource

from withallo_client import NotFoundError
from withallo_server import errors
from withallo_server.mcp_server import AlloServer
from withallo_server.zoom.resources import as_json

NUMBERS = "allo://numbers"
CONTACT = "allo://contacts/{contact_id}"
JSON = "application/json"


def register(server: AlloServer) -> None:
    """Offer lines and contacts, with completion of contact ids by what people type: a name or a number."""

    async def numbers() -> str:
        from withallo_tools.numbers import numbers_answer

        return as_json(await numbers_answer(server.runtime.current))

    async def contact(contact_id: str, ctx: Context[Any, Any]) -> str:
        from withallo_tools.contacts import get_contact

        try:
            return as_json(await get_contact(ctx, contact=contact_id))
        except NotFoundError as error:
            raise ResourceNotFoundError(errors.explain(error)) from error

    async def contacts_like(typed: str) -> Iterable[str]:
        page = await server.runtime.current.people.search(typed, limit=100)
        return (person.contact_id for person in page.people if person.contact_id)

    async def date_numbers(listed: list[Resource]) -> list[Resource]:
        fetched = server.runtime.current.numbers_as_of
        return [_dated(each, fetched.isoformat()) if fetched and each.uri == NUMBERS else each for each in listed]

    server.resource(
        NUMBERS,
        name="numbers",
        title="Lines and sender IDs",
        description="Your own lines and sender IDs, and what each can do.",
        mime_type=JSON,
        annotations=Annotations(audience=["user", "assistant"], priority=0.5),
    )(numbers)
    server.resource(
        CONTACT,
        name="contact",
        title="Contact",
        description="One contact with engagement and recent activity.",
        mime_type=JSON,
        annotations=Annotations(audience=["user", "assistant"], priority=0.5),
    )(contact)
    server.add_completer(CONTACT, "contact_id", contacts_like)
    server.add_amender(date_numbers)


def _dated(resource: Resource, moment: str) -> Resource:
    annotations = (resource.annotations or Annotations()).model_copy(update={"last_modified": moment})
    return resource.model_copy(update={"annotations": annotations})
