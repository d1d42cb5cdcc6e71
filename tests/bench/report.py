"""Rows of the benchmark: a figure, its target and whether it was met."""

from rich.console import Console
from rich.table import Table

rows: list[tuple[str, str, str, bool | None]] = []


def row(what: str, measured: str, target: str = "", met: bool | None = None) -> None:
    """Keep one figure; `met` stays None where there is no target."""
    rows.append((what, measured, target, met))


def show() -> None:
    """Print all figures."""
    table = Table(title="withallo-mcp, measured in one run")
    for column in ("what", "measured", "target", ""):
        table.add_column(column)
    for what, measured, target, met in rows:
        table.add_row(what, measured, target, {True: "met", False: "MISSED", None: ""}[met])
    Console(width=150).print(table)
