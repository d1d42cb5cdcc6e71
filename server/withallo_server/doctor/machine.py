"""Checks of this machine: Python, the package, the data folder and the database."""

import os
import platform
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from withallo_client import __version__
from withallo_server.doctor.findings import Finding, amber, green, red
from withallo_server.install.launch import is_passing, this_server
from withallo_server.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from withallo_server.database import Schema

PACKAGE = "withallo-mcp"
_LITTLE_SPACE = 200 * 1024 * 1024


def check_python(_settings: Settings) -> Finding:
    """Which Python runs, and whether it starts as fast as it can."""
    running = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.dont_write_bytecode:
        text = f"{running} keeps no compiled modules: every start takes about twice as long."
        return amber("python", text, "unset PYTHONDONTWRITEBYTECODE")
    return green("python", f"{running}.")


def check_package(_settings: Settings) -> Finding:
    """The package is whole, and the one that the shell finds."""
    missing = sorted(name for name in _requirements() if not _is_installed(name))
    if missing:
        mend = "uv tool install --reinstall withallo-mcp"
        return red("package", f"withallo-mcp {__version__} lacks {', '.join(missing)}.", mend)
    launch = this_server()
    if is_passing(launch):
        text = f"withallo-mcp {__version__} runs from a cache ({launch.command}) that is emptied some day."
        return amber("package", text, "uv tool install withallo-mcp")
    found = shutil.which(PACKAGE)
    if found and Path(found).resolve() != Path(launch.command).resolve() and not launch.args:
        text = f"The shell starts another installation ({found}) than this one ({launch.command})."
        return amber("package", text, f"uv tool uninstall {PACKAGE}, or remove one of the two from PATH")
    return green("package", f"withallo-mcp {__version__} at {launch.command}.")


def check_data_folder(settings: Settings) -> Finding:
    """The data folder can be written, belongs to its owner alone, and has room."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".doctor-{os.getpid()}"
        probe.write_bytes(bytes(4096))
        probe.unlink()
    except OSError as error:
        text = f"{folder} cannot be written: {error.strerror}."
        return red("data folder", text, "set ALLO_DATA_DIR to a folder of yours")
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        return amber("data folder", f"{folder} can be read by other users.", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_SPACE:
        text = f"The disk of {folder} has only {free // 1024**2} MiB left: events will be refused."
        return amber("data folder", text, "free some space, or set ALLO_DATA_DIR to another disk")
    return green("data folder", f"{folder} can be written.")


async def check_database(settings: Settings) -> Finding:
    """The database opens, can be written, and holds nothing that this program cannot work with."""
    from withallo_server.database import Database, StorageError

    try:
        database = await Database.open(settings.database)
        try:
            await database.write(_write_something)
            await database.rehearse(_schemas())
            place = database.place
        finally:
            await database.close()
    except StorageError as error:
        return red("database", str(error), _mend(settings, str(error)))
    return green("database", f"{place} opens and can be written.")


def _mend(settings: Settings, trouble: str) -> str:
    if "upgrade" in trouble:
        return "uv tool upgrade withallo-mcp, or set ALLO_DATA_DIR to a folder of its own"
    return "check ALLO_DATABASE_URL" if settings.database_url else "set ALLO_DATA_DIR to a folder of yours"


def _schemas() -> "list[Schema]":
    """What every room of the server keeps in the database."""
    from withallo_server import teams
    from withallo_server.consent import tables as consent
    from withallo_server.directory import tables as directory
    from withallo_server.guardrails import shared_readings
    from withallo_server.guardrails import tables as guardrails
    from withallo_server.http import state_keys
    from withallo_server.inbox import tables as inbox
    from withallo_server.outbox import tables as outbox

    return [room.SCHEMA for room in (consent, directory, guardrails, shared_readings, state_keys, inbox, outbox, teams)]


def _write_something(connection: "Connection") -> None:
    """Really write, and leave nothing behind."""
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {int(version)}")
        return
    undone = connection.begin_nested()
    connection.exec_driver_sql("CREATE TABLE withallo_doctor (looked integer)")
    undone.rollback()


def _requirements() -> set[str]:
    try:
        lines = requires(PACKAGE) or []
    except PackageNotFoundError:
        return {PACKAGE}
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if ";" not in line)
    return {match.group() for match in found if match}


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
