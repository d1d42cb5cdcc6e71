"""The command line beyond a plain start: help, completion and subcommands.

Each subcommand lives in its own room and is imported when it is asked for.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from withallo_client import __version__
from withallo_server.settings import Option, SettingsError, options

PROGRAM = "withallo-mcp"

COMMANDS = {
    "demo": "withallo_server.demo:main",
    "sandbox": "withallo_server.sandbox_command:sandbox",
    "auth": "withallo_server.auth.commands:app",
    "install": "withallo_server.install.commands:install",
    "uninstall": "withallo_server.install.commands:uninstall",
    "doctor": "withallo_server.doctor.commands:doctor",
}
"""Subcommands in the order of the help, and where each is: a typer app or a function."""


class _Subcommands(TyperGroup):
    """Finds subcommands by the table above."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module, _, name = COMMANDS.get(cmd_name, "").partition(":")
        if not module:
            return None
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            app = _app()
            app.command(name=cmd_name)(found)
            found = app
        return get_command(found)


def run(arguments: Sequence[str]) -> NoReturn:
    """Run what follows the flags of settings on a command line; those are in the environment already."""
    app = _app(cls=_Subcommands, no_args_is_help=True, rich_markup_mode=None)
    app.callback()(_root())
    try:
        app(list(arguments), prog_name=PROGRAM)
    except SettingsError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n")
        raise SystemExit(2) from None
    raise SystemExit(0)


def _app(**settings: Any) -> typer.Typer:
    return typer.Typer(pretty_exceptions_enable=False, add_completion="cls" in settings, **settings)


def _root() -> Any:
    """The root command: without a subcommand the program serves MCP, so here it only carries the help."""

    def root(**_: Any) -> None:
        """The Allo phone system for MCP clients: without a command, serves MCP over stdio.

        Every setting is an environment variable and a flag; flags come before the command and win.
        """

    root.__signature__ = inspect.Signature(list(_parameters()))  # type: ignore[attr-defined] # what typer reads
    root.__annotations__ = {each.name: each.annotation for each in root.__signature__.parameters.values()}  # type: ignore[attr-defined] # set above
    return root


def _parameters() -> Iterator[inspect.Parameter]:
    version = typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    yield inspect.Parameter(
        "version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, version]
    )
    for option in options():
        kind = bool if option.is_switch else str
        yield inspect.Parameter(
            option.field,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[kind | None, _describe(option)],
        )


def _describe(option: Option) -> Any:
    flags = f"{option.flag}/--no-{option.flag.removeprefix('--')}" if option.is_switch else option.flag
    default = f" Default: {option.default}." if option.default else ""
    return typer.Option(flags, help=f"{option.description}{default} ({option.variable})", show_default=False)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit
