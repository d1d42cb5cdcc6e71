"""Which process a row in flight belongs to, and whether that process still lives."""

import os
import secrets
import socket

_THIS_RUN = secrets.token_hex(8)


def this_process() -> str:
    """Names this run of this process, even after its id was given to another."""
    return f"{socket.gethostname()}/{os.getpid()}/{_THIS_RUN}"


def is_gone(holder: str) -> bool:
    """Whether a process of this machine has ended; of other machines nothing is known, so they count as alive."""
    host, _, rest = holder.partition("/")
    pid, _, run = rest.partition("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return run != _THIS_RUN
    return os.name == "posix" and not _is_alive(int(pid))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
