"""Stands between an MCP client and a stdio server and keeps what passes: python -m tests.evals.recorder LOG COMMAND."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import IO


def relay(source: IO[bytes], target: IO[bytes], log: IO[bytes], mark: bytes) -> None:
    """Pass every line on at once, and write it down."""
    try:
        for line in source:
            log.write(mark + line)
            log.flush()
            target.write(line)
            target.flush()
    except (BrokenPipeError, ValueError):
        return
    finally:
        if target is not sys.stdout.buffer:
            target.close()


def main() -> int:
    """Run the server until its input ends."""
    path, *command = sys.argv[1:]
    with (
        Path(path).open("ab") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        there = (sys.stdin.buffer, server.stdin, log, b"> ")
        threading.Thread(target=relay, args=there, daemon=True).start()
        relay(server.stdout, sys.stdout.buffer, log, b"< ")
        return server.wait()


if __name__ == "__main__":
    sys.exit(main())
