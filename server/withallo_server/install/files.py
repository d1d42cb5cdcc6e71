"""Plans a change to a client's configuration file, shows it, and makes it without losing anything."""

import difflib
import errno
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from withallo_server.install import jsonc
from withallo_server.install.clients import ClientApp, InstallError, Launch

Result = TypeVar("Result")

_SECRET = re.compile(r"""((?:KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL)\w*["']?\s*[:=]\s*["'])[^"']+""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Change:
    """What a file holds and what it would hold.

    Attributes:
        path: The file itself, links followed.
        before: Its text; nothing where there is no file yet.
        after: The text to write.
    """

    path: Path
    before: str | None
    after: str

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after

    def difference(self) -> str:
        """The change as a unified diff: no line that stays, no secret."""
        old, new = (self.before or "").splitlines(), self.after.splitlines()
        lines = difflib.unified_diff(old, new, str(self.path), str(self.path), lineterm="", n=0)
        return "\n".join(_SECRET.sub(r"\1***", line) for line in lines)

    def apply(self) -> Path | None:
        """Write the file at once or not at all.

        Returns:
            The copy of what was there before, or nothing where there was no file.

        Raises:
            InstallError: The file cannot be written, or somebody changed it since it was read.
        """
        if _read(self.path) != self.before:
            raise InstallError(f"{self.path} was changed in the meantime: run the command again.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            backup = self._back_up()
            _replace(self.path, self.after)
        except OSError as error:
            raise InstallError(
                f"{self.path} cannot be written ({error.strerror}). --print shows what to put there by hand."
            ) from error
        return backup

    def _back_up(self) -> Path | None:
        if self.before is None:
            return None
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S.%f")
        backup = self.path.with_name(f"{self.path.name}.{stamp}.bak")
        _replace(backup, self.before, self.path.stat().st_mode & 0o777)
        return backup


def plan_install(client: ClientApp, launch: Launch, name: str = "allo", path: Path | None = None) -> Change:
    """The change that makes `client` start this server; what the entry holds besides the command stays.

    Raises:
        InstallError: The file cannot be read, or is not what the client would understand.
    """
    target = _target(client, path)
    before = _read(target)
    servers = read_servers(client, before or "", target)
    old = servers.get(name, {})
    entry = {**(old if isinstance(old, Mapping) else {}), **client.entry(launch)}
    return _planned(client, target, before, name, entry)


def plan_removal(client: ClientApp, name: str = "allo", path: Path | None = None) -> Change:
    """The change that makes `client` forget this server.

    Raises:
        InstallError: The file cannot be read, or is not what the client would understand.
    """
    target = _target(client, path)
    before = _read(target)
    if name not in read_servers(client, before or "", target):
        return Change(target, before, before or "") if before is not None else Change(target, "", "")
    return _planned(client, target, before, name, None)


def read_servers(client: ClientApp, text: str, path: Path) -> Mapping[str, Any]:
    """The servers that a configuration lists, by name.

    Raises:
        InstallError: It cannot be read.
    """
    content = _load(client, text, path)
    servers = content.get(client.key, {}) if isinstance(content, Mapping) else None
    if not isinstance(servers, Mapping):
        what = client.key if isinstance(content, Mapping) else "the file"
        raise InstallError(f"{path} is not what {client.title} understands: {what} is no object. Mend it first.")
    return servers


def read_configuration(client: ClientApp, path: Path | None = None) -> Mapping[str, Any] | None:
    """The servers that a client starts, or nothing where it has no file.

    Raises:
        InstallError: The file cannot be read.
    """
    target = _target(client, path)
    text = _read(target)
    return None if text is None else read_servers(client, text, target)


def _planned(client: ClientApp, target: Path, before: str | None, name: str, entry: Mapping[str, Any] | None) -> Change:
    edit = _edit_toml if client.format == "toml" else _edit_jsonc
    after = _guarded(target, lambda: edit(before or "", client.key, name, entry))
    wanted = {**_load(client, before or "", target)}
    servers = {**wanted.get(client.key, {})}
    servers.pop(name, None)
    if entry is not None:
        servers[name] = dict(entry)
    if {client.key: {}, **_load(client, after, target)} != {**wanted, client.key: servers}:
        raise InstallError(f"{target} cannot be changed safely. --print shows what to put there by hand.")
    return Change(target, before, after)


def _edit_jsonc(text: str, key: str, name: str, entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return jsonc.remove_member(text, (key, name))
    old = jsonc.loads(text).get(key, {}).get(name)
    if not isinstance(old, Mapping):
        return jsonc.set_member(text, (key, name), dict(entry))
    for member, value in entry.items():
        if member not in old or old[member] != value:
            text = jsonc.set_member(text, (key, name, member), value)
    return text


def _edit_toml(text: str, key: str, name: str, entry: Mapping[str, Any] | None) -> str:
    import tomlkit

    document = tomlkit.parse(text.replace("\r\n", "\n"))
    servers = document.setdefault(key, tomlkit.table(is_super_table=True))
    if entry is None:
        del servers[name]
    else:
        table = servers.setdefault(name, tomlkit.table())
        for member, value in entry.items():
            if table.get(member) != value:
                table[member] = value
    return tomlkit.dumps(document).replace("\n", "\r\n" if "\r\n" in text else "\n")


def _load(client: ClientApp, text: str, path: Path) -> Any:
    reader = tomllib.loads if client.format == "toml" else jsonc.loads
    return _guarded(path, lambda: reader(text))


def _guarded(path: Path, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except ValueError as error:
        raise InstallError(f"{path} cannot be read: {error}. Nothing was changed; mend it first.") from error


def _target(client: ClientApp, path: Path | None) -> Path:
    return (path or client.file()).expanduser().absolute().resolve()


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise InstallError(f"{path} is not UTF-8 text. Nothing was changed; mend it first.") from None
    except OSError as error:
        raise InstallError(f"{path} cannot be read ({error.strerror}).") from error


def _replace(path: Path, text: str, mode: int | None = None) -> None:
    """Write beside the file and move it into place, with the permissions that were there."""
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    if path.exists() and not path.stat().st_mode & 0o222:
        raise PermissionError(errno.EACCES, "it is read-only")
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
