"""What a tool may reach: the one object the server hands to its tools, as protocols the server fulfils."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from mcp.server.mcpserver import Context

from withallo_client import AlloClient, Number
from withallo_tools.services.inbox import EventPage, EventQuery, Inbox, InboxEvent
from withallo_tools.services.people import CONTACT_IDS, People, PeoplePage, Person, Progress, Resolution
from withallo_tools.services.writes import Option, Request, SendReport, Write, Writes, Written

__all__ = [
    "CONTACT_IDS",
    "EventPage",
    "EventQuery",
    "Inbox",
    "InboxEvent",
    "Option",
    "People",
    "PeoplePage",
    "Person",
    "Progress",
    "Request",
    "Resolution",
    "SendReport",
    "ServerStatus",
    "ServiceProvider",
    "Services",
    "ToolStatus",
    "Write",
    "Writes",
    "Written",
    "services",
]


@dataclass(frozen=True, slots=True)
class ToolStatus:
    """Why a tool is on or off."""

    name: str
    on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What `get_account` tells about this server besides what the API says."""

    tools: tuple[ToolStatus, ...]
    inbox: str
    environment: Literal["live", "sandbox"]


class Services(Protocol):
    """Everything a tool may use."""

    @property
    def client(self) -> AlloClient:
        """The Allo API with the caller's key."""

    @property
    def region(self) -> str:
        """ISO country that a number without a country code belongs to, for example `FR`."""

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""

    @property
    def answer_budget(self) -> int:
        """Tokens one answer may take (`ALLO_ANSWER_TOKENS`, 6,000 unless set)."""

    @property
    def inbox(self) -> Inbox:
        """What came in by webhook."""

    @property
    def people(self) -> People:
        """Who is who."""

    @property
    def writes(self) -> Writes:
        """The door for every change."""

    def now(self) -> datetime:
        """The present, aware; the sandbox may have moved it."""

    async def numbers(self, *, fresh: bool = False) -> Sequence[Number]:
        """The account's lines and sender IDs: as Allo has them now, or as they were some minutes ago."""

    async def scopes(self) -> frozenset[str]:
        """API scopes of the key."""

    async def status(self) -> ServerStatus:
        """State of this server."""


class ServiceProvider(Protocol):
    """What the server's lifespan yields."""

    def services_for(self, ctx: Context[Any, Any]) -> Services:
        """The services of the caller: one set on stdio, one for each key over HTTP."""


def services(ctx: Context[Any, Any]) -> Services:
    """The one way from a tool to everything else."""
    provider: ServiceProvider = ctx.request_context.lifespan_context
    return provider.services_for(ctx)
