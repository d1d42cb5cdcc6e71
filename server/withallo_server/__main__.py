"""Starts `withallo-mcp`, which is the same as `python -m withallo_server`."""

import gc
import os
import sys
from typing import NoReturn

WITHOUT_A_KEY = """\
withallo-mcp: there is no API key. Three ways to go on:
  1. Try it on the embedded account, no key needed:  withallo-mcp --sandbox
  2. Keep your key once:  withallo-mcp auth login
     or set ALLO_API_KEY in the environment of the MCP client
  3. Make a key: an owner or admin of the team does so in the Allo web app under Settings > API
"""


def main() -> None:
    """Serve MCP over stdio, or run a subcommand."""
    gc.disable()
    from withallo_server.settings import SettingsError, load_settings, take_flags

    try:
        given, rest = take_flags(sys.argv[1:])
        os.environ.update(given)
        if rest:
            _run_command(rest)
        settings = load_settings()
    except SettingsError as error:
        stop(str(error))
    from withallo_server.credentials import CredentialError, with_kept_key

    try:
        settings = with_kept_key(settings)
    except CredentialError as error:
        stop(str(error))
    if settings.api_key is None and not settings.sandbox:
        sys.stderr.write(WITHOUT_A_KEY)
        raise SystemExit(2)
    from withallo_server.stdio import run

    run(settings)


def stop(message: str) -> NoReturn:
    """End with one line on stderr and status 2, as for any command line that cannot be used."""
    sys.stderr.write(f"withallo-mcp: {' '.join(message.split())}\n")
    raise SystemExit(2)


def _run_command(arguments: list[str]) -> NoReturn:
    """Anything but a plain start: typer is loaded only here."""
    gc.enable()
    from withallo_server.cli import run

    run(arguments)


if __name__ == "__main__":
    main()
