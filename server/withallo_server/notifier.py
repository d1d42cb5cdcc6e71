"""Tells clients of both protocol eras that something changed.

The SDK serves `subscriptions/listen` (2026-07-28) from its bus; for connections that began with `initialize` the
server itself has to remember who subscribed to what. This is the module that touches the SDK's private names for it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import anyio
from mcp import MCPError
from mcp.server import MCPServer, ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import NotificationOptions
from mcp.server.models import InitializationOptions
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    SubscriptionBus,
    ToolsListChanged,
)
from mcp.types import INVALID_PARAMS, EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

PATIENCE_SECONDS: Final = 1.0
REST_SECONDS: Final = 30.0
LONGEST_REST_SECONDS: Final = 1800.0
MOST_ADDRESSES: Final = 1000

_CHANGES = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)


@dataclass(frozen=True, slots=True)
class _Rest:
    """How long a client that does not read is left alone, and until when."""

    until: float
    seconds: float


_NO_REST: Final = _Rest(0.0, 0.0)


class Notifier:
    """Publishes changes; may be called from anywhere on the event loop.

    Attributes:
        bus: Where changes of this account are published for listeners of the 2026-07-28 protocol.
        experimental: Experimental capabilities to declare to clients that begin with `initialize`.
    """

    def __init__(self, bus: SubscriptionBus | None = None) -> None:
        self.bus = bus or InMemorySubscriptionBus()
        self.experimental: dict[str, dict[str, Any]] = {}
        self._connections: dict[int, Connection] = {}
        self._subscribers: dict[str, set[int]] = {}
        self._resting: dict[int, _Rest] = {}
        self._addresses: dict[int, set[str]] = {}

    @property
    def subscriptions(self) -> SubscriptionBus:
        """Where the server lets whoever is calling listen."""
        return self.bus

    async def resource_updated(self, uri: str, *, here: bool = False) -> None:
        """Tell who subscribed to a resource that it has new content.

        Args:
            uri: The resource.
            here: Whether every server of a fleet finds out by itself and tells its own clients.
        """
        await self._publish(ResourceUpdated(uri=uri), here=here)
        subscribed = self._subscribers.get(uri, set())
        await self._tell(lambda connection: connection.send_resource_updated(uri), subscribed)

    async def tools_changed(self) -> None:
        """Tell everybody that other tools are on, and with them other prompts and resources."""
        await self.bus.publish(ToolsListChanged())
        await self.bus.publish(PromptsListChanged())
        await self._tell(lambda connection: connection.send_tool_list_changed())
        await self._tell(lambda connection: connection.send_prompt_list_changed())
        await self.resources_changed()

    async def resources_changed(self, *, here: bool = False) -> None:
        """Tell everybody that the list of resources is another; `here` as above."""
        await self._publish(ResourcesListChanged(), here=here)
        await self._tell(lambda connection: connection.send_resource_list_changed())

    async def _publish(self, event: ServerEvent, *, here: bool) -> None:
        await (publish_here(self.bus, event) if here else self.bus.publish(event))

    async def broadcast(self, method: str, params: Mapping[str, Any]) -> None:
        """Send a notification outside the specification to every connection that began with `initialize`."""
        await self._tell(lambda connection: connection.notify(method, params))

    async def _tell(self, send: Callable[[Connection], Awaitable[None]], to: Collection[int] | None = None) -> None:
        """Send to all at once; who does not read what was sent is left alone, longer each time."""
        async with anyio.create_task_group() as tasks:
            for key, connection in self._connections.items():
                if (to is None or key in to) and anyio.current_time() >= self._resting.get(key, _NO_REST).until:
                    tasks.start_soon(self._tell_one, key, connection, send)

    async def _tell_one(self, key: int, connection: Connection, send: Callable[[Connection], Awaitable[None]]) -> None:
        with anyio.move_on_after(PATIENCE_SECONDS) as patience:
            await send(connection)
        before = self._resting.pop(key, _NO_REST)
        if patience.cancelled_caught and key in self._connections:
            seconds = min(max(REST_SECONDS, 2 * before.seconds), LONGEST_REST_SECONDS)
            self._resting[key] = _Rest(anyio.current_time() + seconds, seconds)

    def install(self, server: MCPServer[Any]) -> None:
        """Serve `resources/subscribe` and declare that lists and resources change."""
        lowlevel = server._lowlevel_server  # noqa: SLF001  # MCPServer has no public way to add a method or a capability
        lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, self._subscribe)
        lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, self._unsubscribe)
        original = lowlevel.create_initialization_options

        def options(
            notification_options: NotificationOptions | None = None,
            experimental_capabilities: dict[str, dict[str, Any]] | None = None,
            extensions: dict[str, dict[str, Any]] | None = None,
        ) -> InitializationOptions:
            experimental = {**self.experimental, **(experimental_capabilities or {})}
            return original(notification_options or _CHANGES, experimental, extensions)

        lowlevel.create_initialization_options = options  # type: ignore[method-assign]  # the one hook there is
        server.middleware.append(self._remember)

    async def _remember(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        connection = _connection(ctx)
        if ctx.method == "notifications/initialized" and connection.has_standalone_channel:
            self._connections[id(connection)] = connection
            connection.exit_stack.callback(self._forget, id(connection))
        return result

    def _forget(self, key: int) -> None:
        self._connections.pop(key, None)
        self._resting.pop(key, None)
        for uri in tuple(self._addresses.get(key, ())):
            self._drop(uri, key)

    def _drop(self, uri: str, key: int) -> None:
        keys = self._subscribers.get(uri, set())
        keys.discard(key)
        if not keys:
            self._subscribers.pop(uri, None)
        addresses = self._addresses.get(key, set())
        addresses.discard(uri)
        if not addresses:
            self._addresses.pop(key, None)

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        key = id(_connection(ctx))
        if key in self._connections:
            uri, addresses = str(params.uri), self._addresses.setdefault(key, set())
            if uri not in addresses and len(addresses) >= MOST_ADDRESSES:
                raise MCPError(INVALID_PARAMS, f"More than {MOST_ADDRESSES} subscriptions: give up some first.")
            addresses.add(uri)
            self._subscribers.setdefault(uri, set()).add(key)
        return EmptyResult()

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        self._drop(str(params.uri), id(_connection(ctx)))
        return EmptyResult()


async def publish_here(bus: SubscriptionBus, event: ServerEvent) -> None:
    """Publish on a bus, but to the clients of this server only where it reaches others."""
    await getattr(bus, "publish_here", bus.publish)(event)


def _connection(ctx: ServerRequestContext[Any, Any]) -> Connection:
    return ctx.session._connection  # noqa: SLF001  # the session is a proxy of one request; only this outlives it
