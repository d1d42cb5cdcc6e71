"""Connects each client to the notifier of the account it sees, so that no account hears of another."""

from collections.abc import Callable
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from mcp.server.subscriptions import ServerEvent, SubscriptionBus
from mcp.types import EmptyResult, SubscribeRequestParams, UnsubscribeRequestParams

from withallo_server.notifier import Notifier


class _CallersBus:
    """The bus of the account of whoever is calling."""

    def __init__(self, of_caller: Callable[[], SubscriptionBus]) -> None:
        self._of_caller = of_caller

    async def publish(self, event: ServerEvent) -> None:
        await self._of_caller().publish(event)

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        return self._of_caller().subscribe(listener)


class Switchboard(Notifier):
    """The notifier of the operator's account, which sends callers of other accounts to theirs.

    Args:
        of_caller: The notifier of the account of whoever is calling; None for the operator's own.
        own_bus: The bus of the operator's account; one of this process when left out.
    """

    def __init__(self, of_caller: Callable[[], Notifier | None], own_bus: SubscriptionBus | None = None) -> None:
        super().__init__(own_bus)
        self._of_caller = of_caller

    @property
    def subscriptions(self) -> SubscriptionBus:
        """The bus of whoever is calling; what the operator's account publishes goes to its own, whoever calls."""
        return _CallersBus(self._bus_of_caller)

    def _bus_of_caller(self) -> SubscriptionBus:
        other = self._of_caller()
        return self.bus if other is None else other.bus

    async def _remember(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        other = self._of_caller()
        if other is None:
            return await super()._remember(ctx, call_next)
        return await other._remember(ctx, call_next)  # noqa: SLF001  # a notifier among its own kind

    async def _subscribe(self, ctx: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        other = self._of_caller()
        if other is None:
            return await super()._subscribe(ctx, params)
        return await other._subscribe(ctx, params)  # noqa: SLF001  # a notifier among its own kind

    async def _unsubscribe(self, ctx: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams) -> EmptyResult:
        other = self._of_caller()
        if other is None:
            return await super()._unsubscribe(ctx, params)
        return await other._unsubscribe(ctx, params)  # noqa: SLF001  # a notifier among its own kind
