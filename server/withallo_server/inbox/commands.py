"""`withallo-mcp events`: look into the inbox, take out, clean up, play again."""

import functools
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Annotated, TypeVar
from zoneinfo import ZoneInfo

import anyio
import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table

from withallo_server.credentials import CredentialError, with_kept_key
from withallo_server.database import Database, StorageError
from withallo_server.inbox import outgoing
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.outgoing import Selection
from withallo_server.inbox.signing import kept_secrets
from withallo_server.inbox.store import Store
from withallo_server.inbox.upkeep import prune_in_steps
from withallo_server.key_scopes import KeyScopes
from withallo_server.machine import zone_of
from withallo_server.settings import Settings, SettingsError, load_settings
from withallo_server.teams import account_of
from withallo_tools.answers import count
from withallo_tools.events import topics_of
from withallo_tools.outsiders import clean, clean_json
from withallo_tools.services import EventQuery, InboxEvent

Result = TypeVar("Result")
Work = Callable[[AccountInbox, Settings], Awaitable[Result]]

app = typer.Typer(help="Look into the inbox of webhook events.", no_args_is_help=True, pretty_exceptions_enable=False)

_WIDEST = 2000
_MOST_DAYS = 36_500

Topic = Annotated[str, typer.Option(help="Only this topic, such as sms.received.")]
Days = Annotated[float | None, typer.Option(min=0, max=_MOST_DAYS, help="Only what came in the last so many days.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, max=1000, help="How many.")]


@app.command("list")
def list_(*, topic: Topic = "", days: Days = None, limit: Limit = 20) -> None:
    """List events, newest first."""

    async def work(inbox: AccountInbox, settings: Settings) -> None:
        zone = zone_of(settings.timezone)
        page = await inbox.list(EventQuery(topics=await _topics(inbox, topic), since=_since(days), limit=limit))
        names = ("time", "topic", "number", "line", "marks", "id")
        table = Table(*(Column(name, overflow="fold") for name in names), box=None, pad_edge=False)
        for event in page.events:
            table.add_row(*(escape(cell) for cell in _cells(event, zone)))
        console = Console()
        if not console.is_terminal:
            console.width = _WIDEST
        console.print(table)
        total = count(page.total, "event") if page.total_is_exact else f"{page.total} or more events"
        typer.echo(f"{len(page.events)} of {total}", err=True)

    _run(work)


@app.command()
def show(event_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one event with its payload."""

    async def work(inbox: AccountInbox, settings: Settings) -> tuple[InboxEvent | None, ZoneInfo]:
        return await inbox.get(event_id), zone_of(settings.timezone)

    event, zone = _run(work)
    if event is None:
        typer.echo(f"There is no event {clean(event_id, 200)}.", err=True)
        raise typer.Exit(1)
    typer.echo("  ".join(_cells(event, zone)))
    for stage in event.stages:
        typer.echo("  " + "  ".join(_cells(stage, zone)))
    typer.echo(json.dumps(clean_json(event.data), indent=2, ensure_ascii=False))


@app.command()
def tail(
    *, follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False, limit: Limit = 10
) -> None:
    """Show the last events, oldest first, and those that come."""

    async def work(inbox: AccountInbox, settings: Settings) -> None:
        zone = zone_of(settings.timezone)
        page = await inbox.list(EventQuery(limit=limit))
        for event in reversed(page.events):
            typer.echo("  ".join(_cells(event, zone)))
        if follow:
            async for event in inbox.follow(page.latest):
                typer.echo("  ".join(_cells(event, zone)))

    _run(work)


@app.command()
def export(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if none.")
    ] = None,
    topic: Topic = "",
    days: Days = None,
) -> None:
    """Write deliveries as JSON lines, oldest first, one each, with the webhook id and the body as it came."""

    async def work(inbox: AccountInbox, _: Settings) -> int:
        written = 0
        chosen = Selection(topic, _since(days))
        with _private(output) if output else nullcontext(sys.stdout) as file, _progress() as progress:
            task = progress.add_task("Exporting", total=await inbox.count())
            async for row in outgoing.deliveries(inbox):
                progress.advance(task)
                if chosen.covers(row):
                    file.write(outgoing.line_of(row) + "\n")
                    written += 1
        return written

    written = _run(work)
    typer.echo(f"{written} {'delivery' if written == 1 else 'deliveries'}", err=True)


@app.command()
def prune(
    *,
    older_than: Annotated[
        float | None, typer.Option(min=0, max=_MOST_DAYS, metavar="DAYS", help="Remove what is older.")
    ] = None,
    keep: Annotated[int | None, typer.Option(min=0, help="Keep the newest so many and remove the others.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove old events for good; by the retention of the settings when nothing is said."""
    settings = load_settings()
    if older_than is None and keep is None:
        older_than, keep = float(settings.inbox_days), settings.inbox_events
    reasons = [f"older than {older_than:g} days"] if older_than is not None else []
    reasons += [f"beyond the newest {keep}"] if keep is not None else []
    if not yes:
        typer.confirm(f"Remove events {' and those '.join(reasons)}?", abort=True, err=True)

    async def work(inbox: AccountInbox, _: Settings) -> int:
        total = 0
        with _progress() as progress:
            task = progress.add_task("Removing", total=None)
            async for gone in prune_in_steps(inbox, before=_since(older_than), keep=keep):
                total += gone
                progress.advance(task, gone)
        return total

    typer.echo(f"{count(_run(work), 'event')} removed", err=True)


@app.command()
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Which; or choose by topic and days.")
    ] = None,
    *,
    to: Annotated[str, typer.Option(metavar="URL", help="Your handler, such as http://127.0.0.1:3000/hook.")],
    topic: Topic = "",
    days: Days = None,
) -> None:
    """Deliver events again to a handler of yours, with their ids and a fresh signature.

    The exit status is 1 when the handler refuses one, or one is not there.
    """
    if not (ids or topic or days is not None):
        raise typer.BadParameter("name events, or choose some with --topic or --days")
    handler = _web_address(to)
    missing = set(ids or ())

    async def work(inbox: AccountInbox, settings: Settings) -> tuple[int, int]:
        chosen = Selection(topic, _since(days), frozenset(ids or ()))
        secret = next(iter((*settings.webhook_secrets, *kept_secrets(settings.data_dir))), None)
        done = failed = 0
        async with httpx.AsyncClient() as http:
            with _progress() as progress:
                task = progress.add_task("Replaying", total=await inbox.count())
                async for row in outgoing.deliveries(inbox):
                    progress.advance(task)
                    if not chosen.covers(row):
                        continue
                    missing.discard(row.event_id)
                    problem = await outgoing.replay(http, handler, row, secret)
                    done, failed = done + (not problem), failed + bool(problem)
                    if problem:
                        typer.echo(f"{clean(row.event_id, 200)}: {problem}", err=True)
        return done, failed

    done, failed = _run(work)
    for event_id in sorted(missing):
        typer.echo(f"{clean(event_id, 200)}: there is no such event", err=True)
    typer.echo(f"{done} delivered, {failed} refused", err=True)
    raise typer.Exit(1 if failed or missing else 0)


async def _topics(inbox: AccountInbox, words: str) -> tuple[str, ...]:
    """The topics somebody means, as `list_events` takes them."""
    wanted = topics_of(words)
    known = (*topics_of("call,sms,contact"), *(await inbox.topics() if wanted else ()))
    if strange := [topic for topic in wanted if topic not in known]:
        names = ", ".join(clean(topic, 60) for topic in dict.fromkeys(known))
        raise typer.BadParameter(f"no topic is called {', '.join(strange)}; known: {names}.", param_hint="--topic")
    return wanted


def _web_address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise typer.BadParameter("--to is no web address such as http://127.0.0.1:3000/hook")
    return url


def _run(work: Work[Result]) -> Result:
    settings = load_settings()

    async def run() -> Result:
        database = await Database.open(settings.database)
        try:
            async with Store.open(database) as store:
                return await work(AccountInbox(store, await _account(database, settings)), settings)
        finally:
            with anyio.CancelScope(shield=True):
                await database.close()

    try:
        return anyio.run(run)
    except (StorageError, CredentialError) as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(f"{error.filename or 'the file'}: {error.strerror}") from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _account(database: Database, settings: Settings) -> str:
    """The account of the key's team, as the server learned it; without a key that of the first team."""
    key = None
    if not settings.sandbox:
        with suppress(CredentialError):
            key = with_kept_key(settings).api_key
    team = None if key is None else KeyScopes(settings.data_dir).load(key).team
    return await account_of(database, team, settings.account)


def _since(days: float | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) - timedelta(days=days)


def _cells(event: InboxEvent, zone: ZoneInfo) -> tuple[str, ...]:
    """An event for a terminal, on the account's clock; words from outside cannot move its cursor."""
    time = (event.occurred_at or event.received_at).astimezone(zone).isoformat(" ", "seconds")
    marks: list[str] = [event.source] if event.source != "webhook" else []
    marks += [] if event.verified else ["verified: false"]
    marks += [] if event.read else ["unread"]
    words = (event.topic, event.contact_number or "-", event.allo_number or "-", ", ".join(marks), event.event_id)
    return (time, *(clean(word, 200) for word in words))


def _private(path: Path) -> IO[str]:
    """A new file is for its owner only: it holds what customers wrote."""
    return open(path, "w", encoding="ascii", opener=functools.partial(os.open, mode=0o600))


def _progress() -> Progress:
    """A bar on standard error, while that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
