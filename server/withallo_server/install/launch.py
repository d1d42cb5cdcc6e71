"""How a client on this machine starts this very installation."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from withallo_server.install.clients import InstallError, Launch
from withallo_server.settings import options

_PASSING_FOLDERS = ("/archive-v0/", "/environments-v2/", "/.cache/uv/", "/pipx/.cache/")


def this_server(arguments: Sequence[str] = ()) -> Launch:
    """The command of this installation by its absolute path, so that no client needs a PATH or a shell.

    Raises:
        InstallError: An argument is a secret, which would end in a file and in the list of processes.
    """
    secret = {option.flag for option in options() if option.is_secret}
    for argument in arguments:
        flag = argument.partition("=")[0]
        if flag in secret:
            raise InstallError(
                f"{flag} does not belong in a client's file: `withallo-mcp auth login` keeps the key, the environment "
                "the rest."
            )
    script = Path(sys.executable).with_name("withallo-mcp.exe" if os.name == "nt" else "withallo-mcp")
    if script.exists():
        return Launch(str(script), tuple(arguments))
    return Launch(str(Path(sys.executable).absolute()), ("-m", "withallo_server", *arguments))


def is_passing(launch: Launch) -> bool:
    """Whether the command lies in a cache that is emptied some day, as with `uvx` and `pipx run`."""
    path = Path(launch.command).as_posix()
    return any(folder in path for folder in _PASSING_FOLDERS)
