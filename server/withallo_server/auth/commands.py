"""`withallo-mcp auth login`, `status` and `logout`."""

import sys
from typing import Annotated

import anyio
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from withallo_client import AuthenticationError, WithalloError
from withallo_client.models.account import Me
from withallo_server.auth.check import ask_allo, closed_tools, what_it_opens
from withallo_server.credentials import CredentialError, Credentials, has_keyring, source_of_key
from withallo_server.settings import Settings, load_settings

app = typer.Typer(help="Keep the API key of Allo, and see what it opens.", no_args_is_help=True)

_WHERE_TO_MAKE_ONE = "Keys are made in the Allo web app under Settings > API, by an admin or owner."


@app.command()
def login(
    *,
    in_file: Annotated[
        bool, typer.Option("--in-file", help="Keep it in a file only you can read instead of the keyring.")
    ] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not ask Allo whether the key is right.")] = False,
) -> None:
    """Read the API key from the terminal or from standard input, check it, and keep it.

    The key is never an argument: arguments are visible to everybody on the machine.
    """
    settings = _settings()
    key = _read_key()
    me = None if unchecked else _checked(settings, key)
    try:
        place = _keep(Credentials(settings.data_dir), key, in_file=in_file)
    except CredentialError as error:
        raise _failed(str(error)) from error
    typer.echo(f"The key is kept in {place}.")
    if settings.api_key is not None:
        typer.echo("Note: ALLO_API_KEY is set in this environment and wins over it.")
    if me is not None:
        _show(settings, me)


@app.command()
def status() -> None:
    """Say where the key comes from, and which scopes and tools it opens."""
    settings = _settings()
    try:
        kept = source_of_key(settings)
    except CredentialError as error:
        raise _failed(str(error)) from error
    if kept is None:
        raise _failed(f"No key. `withallo-mcp auth login` keeps one. {_WHERE_TO_MAKE_ONE}")
    typer.echo(f"The key comes from {kept.source}.")
    _show(settings, _checked(settings, kept.secret))


@app.command()
def logout() -> None:
    """Forget the key that `login` kept. Allo still knows it: revoke it in the web app if it leaked."""
    settings = _settings()
    try:
        forgotten = Credentials(settings.data_dir).forget()
    except CredentialError as error:
        raise _failed(str(error)) from error
    typer.echo("The key is forgotten." if forgotten else "There was no key to forget.")
    if settings.api_key is not None:
        typer.echo("Note: ALLO_API_KEY is still set in this environment.")


def _settings() -> Settings:
    settings = load_settings()
    if settings.sandbox:
        typer.echo("The embedded account needs no key; leave out --sandbox (ALLO_SANDBOX) to see to that of your own.")
        raise typer.Exit
    return settings


def _read_key() -> SecretStr:
    if sys.stdin.isatty():
        typer.echo(_WHERE_TO_MAKE_ONE)
        text = typer.prompt("API key (hidden)", hide_input=True)
    else:
        text = sys.stdin.readline()
    text = text.strip()
    if not text or not text.isascii() or any(character.isspace() for character in text):
        raise _failed(f"That is no API key. {_WHERE_TO_MAKE_ONE}")
    return SecretStr(text)


def _checked(settings: Settings, key: SecretStr) -> Me:
    try:
        return anyio.run(ask_allo, settings, key)
    except AuthenticationError as error:
        raise _failed(f"Allo does not take this key: it is mistyped or revoked. {_WHERE_TO_MAKE_ONE}") from error
    except WithalloError as error:
        raise _failed(f"Allo could not be asked: {error} `withallo-mcp doctor` finds out why.") from error


def _keep(credentials: Credentials, key: SecretStr, *, in_file: bool) -> str:
    if not in_file and has_keyring():
        return credentials.keep_in_keyring(key)
    if not in_file:
        question = "This system has no keyring. Keep the key in a file that only you can read?"
        if not sys.stdin.isatty():
            raise CredentialError("This system has no keyring: add --in-file to keep the key in a file of yours.")
        if not typer.confirm(question, default=True):
            raise CredentialError("The key was not kept. Set ALLO_API_KEY instead.")
    return credentials.keep_in_file(key)


def _show(settings: Settings, me: Me) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Team: {me.team.name or me.team.id if me.team else 'unknown'}", markup=False)
    table = Table("scope", "", "opens", box=None, pad_edge=False)
    for opened in what_it_opens(me.scopes):
        table.add_row(opened.scope, "yes" if opened.granted else "no", ", ".join(opened.tools) or "nothing here")
    console.print(table)
    closed = closed_tools(settings, me.scopes)
    for reason in sorted(set(closed.values())):
        names = ", ".join(name for name, why in closed.items() if why == reason)
        console.print(f"Off: {names}: {reason}.", markup=False)


def _failed(message: str) -> typer.Exit:
    typer.echo(f"withallo-mcp: {message}", err=True)
    return typer.Exit(1)
