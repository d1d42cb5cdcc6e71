"""Starts `withallo-mcp`, which is the same as `python -m withallo_server`."""

import gc
import os
import sys

_COMPLETION = "_WITHALLO_MCP_COMPLETE"
"""Set by the shell when it asks typer for completions."""

WITHOUT_A_KEY = """\
withallo-mcp: there is no API key. Three ways to go on:
  1. Try it on the embedded account, no key needed:  withallo-mcp --sandbox
  2. Keep your key once:  withallo-mcp auth login
     or set ALLO_API_KEY in the environment of the MCP client
  3. Make a key: an owner or admin of the team does so in the Allo web app under Settings > API
"""

IN_SIGHT = """\
withallo-mcp: everybody on this machine can read {flags} on a command line; `withallo-mcp auth login` keeps a key \
hidden, and the environment the rest
"""


def main() -> None:
    """Serve MCP over stdio, or run a subcommand."""
    gc.disable()
    from withallo_server.credentials import CredentialError
    from withallo_server.settings import SettingsError

    try:
        _start(sys.argv[1:])
    except (SettingsError, CredentialError) as error:
        sys.stderr.write(f"withallo-mcp: {' '.join(str(error).split())}\n")
        raise SystemExit(2) from None


def _start(arguments: list[str]) -> None:
    from withallo_server.credentials import with_kept_key
    from withallo_server.settings import load_settings, options, take_flags

    given, rest = take_flags(arguments)
    os.environ.update(given)
    if given:
        flags = [option.flag for option in options() if option.is_secret and option.variable in given]
        sys.stderr.write(IN_SIGHT.format(flags=" and ".join(flags)) if flags else "")
    if rest or _COMPLETION in os.environ:
        gc.enable()
        from withallo_server.cli import run_command

        run_command(rest)
    settings = with_kept_key(load_settings())
    if settings.api_key is None and not settings.sandbox:
        sys.stderr.write(WITHOUT_A_KEY)
        raise SystemExit(2)
    from withallo_server.stdio import run

    run(settings)


if __name__ == "__main__":
    main()
