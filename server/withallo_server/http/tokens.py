"""Static bearer tokens: hashed where they are kept, compared in constant time, rotated without a restart."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from withallo_server.http.callers import Caller
from withallo_server.http.grants import WRITE, grants_of

logger = logging.getLogger(__name__)

PREFIX = "wam_"
MOST_TOKENS = 1000


class TokenLineError(ValueError):
    """A line is no hashed token; the message never repeats it."""


@dataclass(frozen=True, slots=True)
class HashedToken:
    """A token as it is kept."""

    name: str
    digest: bytes
    scopes: tuple[str, ...]

    @property
    def line(self) -> str:
        """The form for ALLO_TOKENS and for a line of ALLO_TOKENS_FILE."""
        scopes = "" if self.scopes == (WRITE,) else ":" + "+".join(self.scopes)
        return f"{self.name}:sha256:{self.digest.hex()}{scopes}"


def make_token(name: str, scopes: Sequence[str] = (WRITE,)) -> tuple[SecretStr, HashedToken]:
    """A new random token, and what to keep of it."""
    token = PREFIX + secrets.token_urlsafe(32)
    return SecretStr(token), HashedToken(name, _digest(token), tuple(scopes))


def read_line(line: str) -> HashedToken:
    """Read `name:sha256:<hex>[:scope+scope]`.

    Raises:
        TokenLineError: It is something else.
    """
    name, _, rest = line.strip().partition(":sha256:")
    digest, _, scopes = rest.partition(":")
    try:
        raw = bytes.fromhex(digest)
    except ValueError:
        raw = b""
    if not name or len(raw) != 32 or not name.isprintable():
        raise TokenLineError("not name:sha256:<64 hex digits>[:scope+scope], as `withallo-mcp token` prints it")
    wanted = tuple(scopes.split("+")) if scopes else (WRITE,)
    if grants_of(wanted).nothing:
        raise TokenLineError(f"token {name!r} opens nothing: its scopes are none of ours")
    return HashedToken(name, raw, wanted)


class StaticTokens:
    """The tokens of the settings and of a file, which is read again whenever it changed.

    Args:
        lines: Hashed tokens of the settings.
        file: File with one more a line; empty lines and lines with # are skipped.

    Raises:
        TokenLineError: A line is wrong at the start; later, a wrong file leaves the tokens as they were.
    """

    def __init__(self, lines: Iterable[SecretStr] = (), file: Path | None = None) -> None:
        self._fixed = tuple(read_line(line.get_secret_value()) for line in lines)
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._of_file: tuple[HashedToken, ...] = ()
        if file is not None:
            self._of_file = _read_file(file)
            self._stamp = _stamp(file)

    def __len__(self) -> int:
        return len(self._fixed) + len(self._of_file)

    def caller(self, token: str) -> Caller | None:
        """Whose token it is, or nobody's; takes as long for every token."""
        self._refresh()
        given = _digest(token)
        found: HashedToken | None = None
        for known in (*self._fixed, *self._of_file):
            if hmac.compare_digest(known.digest, given):
                found = known
        if found is None:
            return None
        return Caller("token", found.name, "this server", found.name, grants_of(found.scopes))

    def _refresh(self) -> None:
        if self._file is None:
            return
        try:
            stamp = _stamp(self._file)
            if stamp != self._stamp:
                self._of_file = _read_file(self._file)
                self._stamp = stamp
                logger.info("%d bearer tokens read from %s", len(self._of_file), self._file)
        except FileNotFoundError:
            if self._of_file:
                logger.warning("ALLO_TOKENS_FILE is gone: its tokens are refused from now on")
            self._of_file, self._stamp = (), None
        except (OSError, TokenLineError) as error:
            logger.warning("ALLO_TOKENS_FILE was not read again, the tokens stay as they were: %s", error)


def _read_file(file: Path) -> tuple[HashedToken, ...]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenLineError(f"{file} cannot be read ({type(error).__name__})") from error
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(read_line(line) for line in wanted[:MOST_TOKENS])


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
