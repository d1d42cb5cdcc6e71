"""Settings: one class that the environment, the command line, the help and the README are read from.

A field `data_dir` is the environment variable `ALLO_DATA_DIR` and the flag `--data-dir`; its description is what the
help says. The flag wins over the environment.
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from withallo_client import AlloClient, InvalidArgumentError
from withallo_server.comma_lists import CommaList, SecretList
from withallo_server.guardrails.settings import SendingSettings
from withallo_server.http.settings import HttpSettings
from withallo_server.inbox.settings import InboxSettings

PREFIX = "ALLO_"


class SettingsError(Exception):
    """A setting cannot be used; the message is one line that names it."""


def _taken_by_client(**arguments: Any) -> None:
    """Refuse what the client would refuse, by its own rules."""
    try:
        AlloClient(**{"api_key": "unused", **arguments})
    except InvalidArgumentError as error:
        raise ValueError(str(error).removeprefix(f"{error.field} ")) from None


def _base_url(value: str) -> str:
    _taken_by_client(base_url=value)
    return value.rstrip("/")


def _api_key(value: SecretStr) -> SecretStr:
    key = SecretStr(value.get_secret_value().strip())
    if key.get_secret_value().startswith("${"):
        raise ValueError("holds a placeholder that the MCP client did not fill in")
    _taken_by_client(api_key=key)
    return key


def _secrets(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    for position, value in enumerate(values, start=1):
        encoded = value.get_secret_value().removeprefix("whsec_")
        try:
            base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            encoded = ""
        if not encoded or encoded == value.get_secret_value():
            raise ValueError(f"secret number {position} is not whsec_ and base64, as Allo shows it")
    return values


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,128}", value.get_secret_value()):
        raise ValueError("needs 16 to 128 letters, digits, - or _")
    return value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Paris") from None


def _country(value: str) -> str:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    known = {line[:2] for line in table.splitlines() if not line.startswith("#")}
    if value.upper() not in known:
        raise ValueError(f"{value!r} is not a country code such as FR or US")
    return value.upper()


def _toolsets(values: tuple[str, ...]) -> tuple[str, ...]:
    if set(values) <= {"default", "all"}:
        return values
    from withallo_server.availability import known_toolsets

    known = known_toolsets()
    if unknown := sorted(set(values) - known):
        raise ValueError(f"unknown toolset {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return values


def _database(value: SecretStr) -> SecretStr:
    address = value.get_secret_value()
    if not address.startswith(("postgresql://", "postgres://", "postgresql+psycopg://", "sqlite:///")):
        raise ValueError("not a database address such as postgresql://user:password@host/name")
    if address.startswith("postgres") and address.count("@") > 1:
        raise ValueError("has several @: write those of the password as %40")
    return value


def host_and_port(value: str) -> tuple[str, int]:
    """Read `HOST:PORT`; an IPv6 address stands in brackets.

    Raises:
        ValueError: It is something else.
    """
    host, colon, port = value.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise ValueError(f"{value!r} is not HOST:PORT such as 127.0.0.1:8787")
    return host.strip("[]"), int(port)


def _listen(value: str) -> str:
    host_and_port(value)
    return value


class Settings(BaseSettings, SendingSettings, HttpSettings, InboxSettings):
    """What the operator decides; nothing a client or a model says changes it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    api_key: Annotated[SecretStr, AfterValidator(_api_key)] | None = Field(
        None, description="API key, made in the Allo web app under Settings > API."
    )
    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        "https://api.withallo.com", description="Where the Allo API answers."
    )
    auth_scheme: Literal["Api-Key", "raw"] = Field(
        "Api-Key", description="How the key is sent: `Authorization: Api-Key <key>`, or the key alone (raw)."
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("withallo-mcp", appauthor=False),
        description="Folder of the inbox, the outbox and the secrets kept; default is the user's data folder.",
    )
    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        None, description="PostgreSQL to use instead of SQLite in the data folder."
    )
    webhook_secrets: Annotated[SecretList, AfterValidator(_secrets)] = Field(
        (), description="Signing secrets of webhook endpoints (whsec_...), separated by commas."
    )
    webhook_token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        None, description="Secret last part of the webhook path; made and kept in the data folder when absent."
    )
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, description="Time zone of the account, such as Europe/Paris; default is this machine's."
    )
    region: Annotated[str, AfterValidator(_country)] | None = Field(
        None, description="Country of numbers written without a country code, such as FR; default is that of the lines."
    )
    toolsets: Annotated[CommaList, AfterValidator(_toolsets)] = Field(
        ("default",), description="Groups of tools to offer, separated by commas: default, all, or their names."
    )
    read_only: bool = Field(False, description="Offer no tool that changes anything.")
    answer_tokens: int = Field(6000, ge=500, le=10_000, description="Tokens that one answer may take, about.")
    sandbox: bool = Field(False, description="Work on the embedded account: no key, no network, nothing is real.")
    listen: Annotated[str, AfterValidator(_listen)] | None = Field(
        None, description="HOST:PORT at which to receive webhooks beside the stdio server."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "WARNING", description="Least severity of what is written to stderr."
    )

    @model_validator(mode="after")
    def _place_data(self) -> Self:
        folder = self.data_dir.expanduser().absolute()
        if self.sandbox and folder.name != "sandbox":
            folder /= "sandbox"
        object.__setattr__(self, "data_dir", folder)
        return self

    @property
    def account(self) -> str:
        """Name of the account in shared tables, for the operator's own key."""
        return "sandbox" if self.sandbox else "default"

    @property
    def database(self) -> str | Path:
        """Where rooms keep their tables: a PostgreSQL URL or the path of the SQLite file."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return self.data_dir / "withallo.sqlite3"


@dataclass(frozen=True, slots=True)
class Option:
    """A setting as people meet it.

    Attributes:
        field: Attribute of `Settings`.
        variable: Environment variable.
        flag: Command line flag.
        is_switch: Whether it is on or off and takes no value.
        is_secret: Whether nobody else may see its value.
        description: What it does.
        default: What it is when nobody says anything; empty for nothing.
    """

    field: str
    variable: str
    flag: str
    is_switch: bool
    is_secret: bool
    description: str
    default: str


def options() -> Iterator[Option]:
    """Every setting: first those of this class, then those of its parts."""
    for name in sorted(Settings.model_fields, key=lambda name: name not in Settings.__annotations__):
        field = Settings.model_fields[name]
        kind = field.annotation
        flag, text = "--" + name.replace("_", "-"), field.description or ""
        yield Option(name, PREFIX + name.upper(), flag, kind is bool, _holds_secret(kind), text, _default(field))


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.default_factory is not None or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def take_flags(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Take the flags of settings from the beginning of a command line.

    Returns:
        The values given, by environment variable; and the arguments from the first one that is no such flag.

    Raises:
        SettingsError: A flag lacks its value.
    """
    known = {option.flag: option for option in options()}
    given: dict[str, str] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("--"):
        flag, equals, value = rest[0].partition("=")
        switched_off = flag.startswith("--no-") and flag not in known
        option = known.get(flag.replace("--no-", "--", 1) if switched_off else flag)
        if option is None or (switched_off and (equals or not option.is_switch)):
            break
        rest.pop(0)
        if option.is_switch:
            value = "false" if switched_off else value or "true"
        elif not equals:
            if not rest:
                raise SettingsError(f"{flag} needs a value")
            value = rest.pop(0)
        given[option.variable] = value
    return given, rest


def misspelt() -> Iterator[str]:
    """What to say about variables that look like settings and are none; a slip there may leave something open."""
    of_serve = ("ALLO_HOST", "ALLO_PORT")
    known = {*of_serve, *(option.variable for option in options())}
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        from difflib import get_close_matches

        near = get_close_matches(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], 1, 0.7)
        yield f"{name} is no setting and changes nothing" + (f"; did you mean {PREFIX}{near[0]}?" if near else "")


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: A value cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(map(explain, error.errors(include_input=False)))) from None


def explain(problem: ErrorDetails) -> str:
    """One line about a setting that cannot be used."""
    name = str(problem["loc"][0]) if problem["loc"] else ""
    flag = "--" + name.replace("_", "-")
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()} ({flag}): {message}"
