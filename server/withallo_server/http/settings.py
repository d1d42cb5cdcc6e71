"""What the operator decides about serving over HTTP."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from withallo_server.comma_lists import CommaList, SecretList


def _https(value: str) -> str:
    parts = urlsplit(value)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
        raise ValueError("not an https address such as https://mcp.example.com")
    return value.rstrip("/")


def _state_keys(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(len(value.get_secret_value()) < 32 for value in values):
        raise ValueError("needs 32 characters or more in each key, such as `openssl rand -base64 32` gives")
    return values


def _host(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:(\d{1,5}|\*))?", value):
            raise ValueError(f"{value!r} is no host such as mcp.example.com or mcp.example.com:*")
    return values


WebAddress = Annotated[str, AfterValidator(_https)]


class HttpSettings(BaseModel):
    """The part of the settings that `withallo-mcp serve` reads; each is an environment variable with `ALLO_`."""

    public_url: WebAddress | None = Field(
        None, description="Where clients reach `withallo-mcp serve`, such as https://mcp.example.com."
    )
    allowed_hosts: Annotated[CommaList, AfterValidator(_host)] = Field(
        (), description="Host headers that are answered besides that of ALLO_PUBLIC_URL; host:* is any port."
    )
    allowed_origins: CommaList = Field(
        (), description="Origins of web pages that may call, such as https://app.example.com."
    )
    tls_cert: Path | None = Field(None, description="Certificate file, for TLS without a proxy in front.")
    tls_key: Path | None = Field(None, description="Its private key.")
    tls_in_front: bool = Field(False, description="A proxy in front takes care of TLS.")
    trusted_proxies: CommaList = Field(
        ("127.0.0.1",), description="Addresses of proxies whose X-Forwarded headers are believed."
    )
    tokens: SecretList = Field(
        (), description="Bearer tokens, hashed: name:sha256:<hex>[:scope+scope], as `withallo-mcp token` prints them."
    )
    tokens_file: Path | None = Field(None, description="File with one hashed token a line; read again when it changes.")
    oauth_issuer: WebAddress | None = Field(
        None, description="OAuth issuer whose access tokens are taken, such as https://login.example.com."
    )
    oauth_audience: str | None = Field(
        None, description="Audience those tokens must be for; default is ALLO_PUBLIC_URL with /mcp."
    )
    oauth_jwks_url: WebAddress | None = Field(
        None, description="Where the issuer's keys are; default is what its metadata says."
    )
    oauth_introspection_url: WebAddress | None = Field(
        None, description="Where opaque tokens are looked up, instead of keys."
    )
    oauth_client_id: str | None = Field(None, description="Client id for ALLO_OAUTH_INTROSPECTION_URL.")
    oauth_client_secret: SecretStr | None = Field(None, description="Its secret.")
    bring_your_own_key: bool = Field(
        False, description="Let callers use their own API key, sent as `Authorization: Api-Key <key>`."
    )
    state_keys: Annotated[SecretList, AfterValidator(_state_keys)] = Field(
        (), description="Keys that seal questions to humans, newest first; default is one kept in the database."
    )
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written: text or json.")
    stateless: bool = Field(
        False, description="No sessions for older clients: any instance answers, but none can ask or notify them."
    )
