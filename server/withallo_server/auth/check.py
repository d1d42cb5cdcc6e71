"""Asks Allo what a key may do, and says what that opens here."""

from dataclasses import dataclass

from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_client.models.account import Me
from withallo_server.availability import statuses
from withallo_server.settings import Settings
from withallo_tools.catalog import TOOLS


@dataclass(frozen=True, slots=True)
class Opened:
    """A scope, whether the key has it, and the tools it opens."""

    scope: str
    granted: bool
    tools: tuple[str, ...]


async def ask_allo(settings: Settings, key: SecretStr) -> Me:
    """Scopes, team and limits of a key (API contract 6.6).

    Raises:
        WithalloError: Allo refuses the key, or could not be asked.
    """
    async with AlloClient(
        key, base_url=settings.base_url, auth_scheme=settings.auth_scheme, timeout=10, time_budget=15
    ) as client:
        return await client.account.me()


def what_it_opens(scopes: frozenset[str]) -> list[Opened]:
    """Every scope that some tool needs, or that the key has, with those tools."""
    tools: dict[str, list[str]] = {scope: [] for scope in scopes}
    for function in TOOLS:
        for scope in function.tool_info.scopes:
            tools.setdefault(scope, []).append(function.__name__)
    return [Opened(scope, scope in scopes, tuple(names)) for scope, names in sorted(tools.items())]


def closed_tools(settings: Settings, scopes: frozenset[str]) -> dict[str, str]:
    """Tools that stay off with this key and these settings, and why."""
    return {status.name: status.reason for status in statuses(settings, scopes) if not status.on}
