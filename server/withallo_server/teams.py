"""Which account in shared tables is which team's, so that no team meets the data of another."""

import functools
import hashlib
from collections.abc import Awaitable, Callable

import anyio
from sqlalchemy import Column, Connection, Table, Text, UniqueConstraint, select

from withallo_client import AuthenticationError, ForbiddenError, NotFoundError, WithalloError
from withallo_server.database import Database, Schema, StorageError, metadata, upsert

teams = Table(
    "teams",
    metadata,
    Column("account", Text, primary_key=True),
    Column("team", Text, nullable=False),
    Column("family", Text, nullable=False),
    UniqueConstraint("team", "family"),
)

SCHEMA = Schema("teams", (teams,))


class TeamUnknownError(StorageError):
    """Whose data a key may see cannot be found out just now."""


async def are_there(database: Database) -> bool:
    """Whether any account here is known to be a team's.

    Raises:
        StorageError: The database cannot be used.
    """
    await database.migrate(SCHEMA)
    return await database.read(_is_any_known)


async def have_told(ask: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Let Allo say whose key it is, or that it never will: there are keys it tells nothing about.

    Args:
        ask: Asks Allo about the key.
        seconds: How long it may take.

    Raises:
        TeamUnknownError: Allo cannot be asked.
    """
    try:
        with anyio.fail_after(seconds):
            await ask()
    except (AuthenticationError, ForbiddenError, NotFoundError):
        return
    except (WithalloError, TimeoutError) as error:
        raise TeamUnknownError(
            "Allo cannot be asked just now whose key this is, and there is data of a team here, perhaps another one. "
            "Try again when Allo answers, or set ALLO_DATA_DIR to a folder of this key's own."
        ) from error


async def account_of(database: Database, team: str | None, own: str) -> str:
    """The account that a team has, else `own` as long as no other team has that, else one that is named after it.

    Accounts of the operator and of keys that callers bring are of two families: the first word of `own` says which.

    Args:
        database: Where the accounts are.
        team: Id of the team; nothing for a key that Allo tells none about, whose account is `own` as ever.
        own: Account of a key whose team is not known.

    Raises:
        StorageError: The database cannot be used.
    """
    if not team:
        return own
    await database.migrate(SCHEMA)
    digest = hashlib.sha256(b"withallo team " + team.encode(errors="replace")).hexdigest()[:32]
    return await database.write(functools.partial(_claim, team=digest, own=own))


def _is_any_known(connection: Connection) -> bool:
    return connection.scalar(select(teams.c.account).limit(1)) is not None


def _claim(connection: Connection, team: str, own: str) -> str:
    family = own.partition("-")[0]
    mine = select(teams.c.account).where(teams.c.team == team, teams.c.family == family)
    for account in (own, f"{family}-team-{team}"):
        known = connection.scalar(mine)
        if known is not None:
            return str(known)
        upsert(connection, teams, [{"account": account, "team": team, "family": family}])
    return str(connection.scalar(mine))
