"""`withallo-mcp audit`."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from withallo_server.audit.log import NAME, read
from withallo_server.settings import load_settings

_out = Console(highlight=False, soft_wrap=True)
_COLUMNS = ("time", "client", "tool", "to", "outcome", "consent", "reason", "key")

Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="Not before this ISO time or day.")]
Tool = Annotated[str | None, typer.Option("--tool", help="Only this tool.")]
Outcome = Annotated[
    str | None, typer.Option("--outcome", help="Only sent, not_sent, unknown, replayed, dry_run or waiting.")
]
Count = Annotated[int, typer.Option("--last", min=1, help="How many lines at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON lines, for programs.")]


def audit(
    *, since: Since = None, tool: Tool = None, outcome: Outcome = None, last: Count = 50, as_json: AsJson = False
) -> None:
    """Show who asked for what, who said yes and how, and what became of it; newest last."""
    folder, start = load_settings().data_dir, _read_time(since)
    rows = [
        row
        for row in read(folder)
        if tool in {None, row.get("tool")} and outcome in {None, row.get("outcome")} and _is_since(row, start)
    ][-last:]
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
    elif rows:
        _out.print(_table(rows))
    else:
        _out.print(f"Nothing in {folder / NAME}.", markup=False)


def _read_time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time such as 2026-03-29 or 2026-03-29T14:00.", param_hint="--since"
        ) from None


def _is_since(row: dict[str, Any], start: datetime | None) -> bool:
    if start is None:
        return True
    try:
        return datetime.fromisoformat(str(row.get("at"))) >= start
    except (ValueError, TypeError):
        return False


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: dict[str, Any]) -> Iterator[str]:
    from rich.markup import escape

    to = ", ".join(map(str, row.get("recipients") or ()))
    for value in (
        str(row.get("at", ""))[:19].replace("T", " "),
        row.get("client"),
        row.get("tool"),
        to,
        row.get("outcome"),
        row.get("consent"),
        row.get("reason"),
        str(row.get("key", ""))[:12],
    ):
        yield escape("".join(character for character in str(value or "") if character.isprintable()))
