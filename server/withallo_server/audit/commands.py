"""`withallo-mcp audit`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import typer
from mcp.server.mcpserver.exceptions import ToolError
from rich.console import Console
from rich.table import Table

from withallo_server.audit.log import NAME, read
from withallo_server.audit.log import Outcome as _Outcome
from withallo_server.machine import zone_of
from withallo_server.settings import Settings, load_settings
from withallo_tools.times import parse_range

_out = Console(highlight=False, soft_wrap=True)
_COLUMNS = ("time", "client", "tool", "to", "outcome", "consent", "reason", "key")
_OUTCOMES = get_args(_Outcome)

Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Not before this, such as yesterday, last 7 days or 2026-03-29."),
]
Tool = Annotated[str | None, typer.Option("--tool", help="Only this tool.")]
Outcome = Annotated[str | None, typer.Option("--outcome", help=f"Only one of {', '.join(_OUTCOMES)}.")]
Count = Annotated[int, typer.Option("--last", min=1, help="How many lines at most.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON lines, for programs.")]


def audit(
    *, since: Since = None, tool: Tool = None, outcome: Outcome = None, last: Count = 50, as_json: AsJson = False
) -> None:
    """Show who asked for what, who said yes and how, and what became of it; newest last."""
    if outcome not in {None, *_OUTCOMES}:
        raise typer.BadParameter(f"{outcome!r} is none of {', '.join(_OUTCOMES)}.", param_hint="--outcome")
    settings = load_settings()
    folder, start = settings.data_dir, _read_time(settings, since)
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


def _read_time(settings: Settings, text: str | None) -> datetime | None:
    try:
        return parse_range(text, None, zone=zone_of(settings.timezone), now=datetime.now(UTC)).start
    except ToolError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


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
