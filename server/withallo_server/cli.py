"""The command line beyond a plain start: help, completion and subcommands.

Each subcommand lives in its own room and is imported when it is asked for.
"""

import inspect
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from withallo_client import __version__
from withallo_server.settings import Option, options

PROGRAM = "withallo-mcp"

COMMANDS = {
    "demo": "withallo_server.demo:main",
    "serve": "withallo_server.http.commands:serve",
    "token": "withallo_server.http.commands:token",
    "listen": "withallo_server.inbox.listen_command:listen",
    "webhook": "withallo_server.inbox.webhook_commands:app",
    "events": "withallo_server.inbox.commands:app",
    "sandbox": "withallo_server.sandbox_command:sandbox",
    "auth": "withallo_server.auth.commands:app",
    "install": "withallo_server.install.commands:install",
    "uninstall": "withallo_server.install.commands:uninstall",
    "doctor": "withallo_server.doctor.commands:doctor",
    "audit": "withallo_server.audit.commands:audit",
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
        app = _app()
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=cmd_name)
        else:
            app.command(name=cmd_name)(found)
        return get_group(app).get_command(ctx, cmd_name)


def run_command(arguments: Sequence[str]) -> NoReturn:
    """Run what follows the flags of settings on a command line; those are in the environment already."""
    app = _app(cls=_Subcommands, no_args_is_help=True, add_completion=True, rich_markup_mode=None)
    app.callback()(_root())
    app(list(arguments), prog_name=PROGRAM)
    raise SystemExit(0)


def _app(*, add_completion: bool = False, **settings: Any) -> typer.Typer:
    """A typer app without its tracebacks, which show the values of variables."""
    return typer.Typer(pretty_exceptions_enable=False, add_completion=add_completion, **settings)


def _root() -> Any:
    """The root command: without a subcommand the program serves MCP, so here it only carries the help."""

    def root(**_: Any) -> None:
        """The Allo phone system for MCP clients: without a command, serves MCP over stdio.

        Every setting is an environment variable and a flag; flags come before the command and win.
        """

    root.__signature__ = inspect.Signature(list(_parameters()))  # type: ignore[attr-defined]  # what typer reads
    root.__annotations__ = {each.name: each.annotation for each in root.__signature__.parameters.values()}  # type: ignore[attr-defined]  # set above
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
    variable = f" ({option.variable}=1)" if option.is_switch else ""
    default = f" Default: {option.default}." if option.default and not option.is_switch else ""
    words = f"{option.description}{default}{variable}"
    return typer.Option(option.flag, metavar=option.variable, help=words, show_default=False)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit
