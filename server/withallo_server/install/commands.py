"""`withallo-mcp install` and `withallo-mcp uninstall`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax

from withallo_server.install.clients import CLIENTS, ClientApp, InstallError, find_client
from withallo_server.install.files import Change, plan_install, plan_removal
from withallo_server.install.launch import is_passing, this_server

_out = Console(highlight=False, soft_wrap=True)


def _complete(incomplete: str) -> list[tuple[str, str]]:
    return [(client.name, client.title) for client in CLIENTS if client.name.startswith(incomplete)]


ClientName = Annotated[
    str | None, typer.Argument(metavar="[CLIENT]", autocompletion=_complete, help="Such as claude-desktop or cursor.")
]
ServerName = Annotated[str, typer.Option("--name", help="Name of the entry.")]
File = Annotated[Path | None, typer.Option("--file", help="Another file, such as .cursor/mcp.json of a project.")]
OnlyPrint = Annotated[bool, typer.Option("--print", help="Only print what would be written.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def install(
    client: ClientName = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[-- ARGUMENTS]", help="What the server is started with.")
    ] = None,
    *,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Start it on the embedded account.")] = False,
    name: ServerName = "allo",
    file: File = None,
    only_print: OnlyPrint = False,
    yes: Yes = False,
) -> None:
    """Write this server into the configuration file of an MCP client; without a client, list those we know.

    The file keeps its comments and other servers, a copy is made first, and the API key never gets into it.
    """
    if client is None:
        _list_clients()
        return
    try:
        app = find_client(client)
        launch = this_server([*(["--sandbox"] if sandbox else []), *(arguments or [])])
        if only_print:
            _print_entry(app, name, app.entry(launch), file)
            return
        if is_passing(launch):
            typer.echo(f"Note: {launch.command} lies in a cache. `uv tool install withallo-mcp` gives a lasting path.")
        done = _carry_out(plan_install(app, launch, name, file), yes=yes)
    except InstallError as error:
        raise _failed(error) from error
    typer.echo(f"{app.title} starts this server as {name!r}. {app.after}" if done else "Nothing was changed.")
    if done and not sandbox:
        _say_where_the_key_is()


def uninstall(
    client: ClientName = None,
    *,
    name: ServerName = "allo",
    file: File = None,
    yes: Yes = False,
) -> None:
    """Take this server out of the configuration file of an MCP client; without a client, list those we know."""
    if client is None:
        _list_clients()
        return
    try:
        app = find_client(client)
        change = plan_removal(app, name, file)
        if not change.changes:
            typer.echo(f"{app.title} does not know {name!r}: {change.path} stays as it is.")
            return
        done = _carry_out(change, yes=yes)
    except InstallError as error:
        raise _failed(error) from error
    typer.echo(f"{app.title} forgets {name!r} when it starts again." if done else "Nothing was changed.")


def _carry_out(change: Change, *, yes: bool) -> bool:
    if not change.changes:
        typer.echo(f"{change.path} already says so.")
        return True
    _out.print(Syntax(change.difference(), "diff", background_color="default", word_wrap=True))
    if not yes and not typer.confirm(f"Write {change.path}?", default=True):
        return False
    backup = change.apply()
    typer.echo(f"Wrote {change.path}." + (f" What was there is in {backup.name}." if backup else ""))
    return True


def _print_entry(app: ClientApp, name: str, entry: dict[str, object], file: Path | None) -> None:
    typer.echo(f"{app.title}, {file or app.file()}:", err=True)
    if app.format == "toml":
        import tomlkit

        typer.echo(tomlkit.dumps({app.key: {name: entry}}).rstrip())
    else:
        typer.echo(json.dumps({app.key: {name: entry}}, indent=2, ensure_ascii=False))


def _list_clients() -> None:
    for app in CLIENTS:
        path = app.file()
        typer.echo(f"{app.name:15} {app.title:20} {path}{'' if path.exists() else '  (no file yet)'}")


def _say_where_the_key_is() -> None:
    typer.echo("The API key is not in that file: `withallo-mcp auth status` says where it is taken from.")


def _failed(error: InstallError) -> typer.Exit:
    typer.echo(f"withallo-mcp: {error}", err=True)
    return typer.Exit(1)
