"""What a token opens: scopes of ours, in terms of toolsets and of reading and writing.

`allo:read` reads and `allo:write` does everything the operator left on; `allo:calls:read` and `allo:calls` say the
same of one toolset. Nothing a token says opens what the operator closed.
"""

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass

from withallo_server.availability import ALWAYS
from withallo_tools.catalog import TOOLS
from withallo_tools.tool import Effect

READ, WRITE = "allo:read", "allo:write"

_SCOPE = re.compile(r"allo:(?P<toolset>[a-z_]+)(?P<read>:read)?")


@dataclass(frozen=True, slots=True)
class Grants:
    """What a caller may use.

    Attributes:
        reads: Toolsets that may be read; None for all.
        writes: Toolsets that may change something; None for all.
    """

    reads: frozenset[str] | None
    writes: frozenset[str] | None

    @property
    def nothing(self) -> bool:
        """Whether the token opens no tool at all."""
        return self.reads == frozenset() and self.writes == frozenset()

    def allows(self, toolset: str, *, writing: bool) -> bool:
        """Whether tools of a toolset may be called."""
        if _includes(self.writes, toolset):
            return True
        return not writing and (toolset == ALWAYS or _includes(self.reads, toolset))

    def closed(self) -> dict[str, str]:
        """Tools that stay closed to the caller, and why."""
        return _closed_to(self)


EVERYTHING = Grants(None, None)


@functools.lru_cache(maxsize=256)
def _closed_to(grants: Grants) -> dict[str, str]:
    closed = {}
    for function in TOOLS:
        toolset, writing = function.tool_info.toolset, function.tool_info.effect is not Effect.READ
        if not grants.allows(toolset, writing=writing):
            closed[function.__name__] = (
                f"the access token lacks the scope {WRITE if writing else READ} or allo:{toolset}"
            )
    return closed


def grants_of(scopes: Collection[str]) -> Grants:
    """What a set of scopes opens; scopes that are not ours open nothing."""
    reads, writes = set[str](), set[str]()
    for scope in scopes:
        if scope in (READ, WRITE):
            continue
        match = _SCOPE.fullmatch(scope)
        if match:
            (reads if match["read"] else writes).add(match["toolset"])
    return Grants(
        None if READ in scopes or WRITE in scopes else frozenset(reads),
        None if WRITE in scopes else frozenset(writes),
    )


def known_scopes() -> tuple[str, ...]:
    """Every scope there is, for the metadata of this resource."""
    toolsets = sorted({function.tool_info.toolset for function in TOOLS} - {ALWAYS})
    return (READ, WRITE, *(scope for name in toolsets for scope in (f"allo:{name}:read", f"allo:{name}")))


def _includes(toolsets: frozenset[str] | None, toolset: str) -> bool:
    return toolsets is None or toolset in toolsets
