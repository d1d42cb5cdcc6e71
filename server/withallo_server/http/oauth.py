"""OAuth 2.1 resource server: takes access tokens of one issuer that were made for this server, and nobody else's.

A token is a JWT checked against the issuer's published keys, or an opaque string looked up by introspection
(RFC 7662). It is never passed on: requests to Allo carry the operator's key.
"""

import hashlib
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import jwt
from pydantic import SecretStr

from withallo_server.http.callers import Caller
from withallo_server.http.grants import grants_of

logger = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 30
KEYS_KEPT_SECONDS = 600
KEYS_AGAIN_SECONDS = 15
FAILED_AGAIN_SECONDS = 3
MOST_AT_ONCE = 8
LOOKED_UP_KEPT_SECONDS = 30
MOST_LOOKED_UP = 2000
MOST_TOKEN_LENGTH = 8192


class IssuerError(Exception):
    """The issuer cannot be asked just now; no token can be judged."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are taken.

    Attributes:
        url: The `iss` of its tokens.
        audience: The `aud` that names this server.
        jwks_url: Where its keys are; found in its metadata when absent.
        introspection_url: Where opaque tokens are looked up; tokens are JWTs when absent.
        client_id: Who we are to the introspection endpoint.
        client_secret: Proof of that.
    """

    url: str
    audience: str
    jwks_url: str | None = None
    introspection_url: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None


class OAuthTokens:
    """Judges access tokens of an issuer.

    Args:
        issuer: Whose tokens are taken.
        transport: Another way to the issuer, for tests.
    """

    def __init__(self, issuer: Issuer, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.issuer = issuer
        self._http = httpx.AsyncClient(timeout=5.0, transport=transport, follow_redirects=False)
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._keys_at = -math.inf
        self._asked_at = -math.inf
        self._failed = False
        self._lock = anyio.Lock()
        self._asking = anyio.CapacityLimiter(MOST_AT_ONCE)
        self._looked_up: dict[str, tuple[float, Mapping[str, Any]]] = {}

    async def caller(self, token: str) -> Caller | None:
        """Whose token it is; nobody's when it is not for us, expired, forged or of somebody else.

        Raises:
            IssuerError: The issuer cannot be asked.
        """
        if len(token) > MOST_TOKEN_LENGTH:
            return None
        if self.issuer.introspection_url is not None:
            claims = await self._introspect(token)
        else:
            claims = await self._verify(token)
        return None if claims is None else self._read(claims)

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        await self._http.aclose()

    def _read(self, claims: Mapping[str, Any]) -> Caller | None:
        subject = claims.get("sub") or claims.get("client_id")
        client = claims.get("client_id") or claims.get("azp") or subject
        if not isinstance(subject, str) or not isinstance(client, str):
            logger.info("An access token was refused: it names neither a subject nor a client")
            return None
        expires = claims.get("exp")
        return Caller(
            "oauth",
            subject,
            self.issuer.url,
            client,
            grants_of(_scopes(claims)),
            expires_at=int(expires) if isinstance(expires, int | float) else None,
        )

    async def _verify(self, token: str) -> Mapping[str, Any] | None:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise jwt.InvalidAlgorithmError("algorithm is not one of ours")
            key = await self._key(header.get("kid"))
            if key is None:
                raise jwt.InvalidKeyError("key is not one of the issuer's")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[str(header["alg"])],
                audience=self.issuer.audience,
                issuer=[self.issuer.url, self.issuer.url + "/"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            logger.info("An access token was refused: %s", type(error).__name__)
            return None
        return claims

    async def _key(self, key_id: Any) -> jwt.PyJWK | None:
        """The issuer's key of that name, fetched again when it is new, but not more often than a forger likes."""
        name = key_id if isinstance(key_id, str) else None
        if not self._is_known(name):
            async with self._lock:
                if not self._is_known(name) and self._may_ask():
                    await self._renew_keys()
        if not self._keys:
            raise IssuerError("the issuer's keys cannot be fetched")
        return self._kept_key(name)

    def _is_known(self, name: str | None) -> bool:
        return self._kept_key(name) is not None and time.monotonic() - self._keys_at <= KEYS_KEPT_SECONDS

    def _may_ask(self) -> bool:
        patience = FAILED_AGAIN_SECONDS if self._failed else KEYS_AGAIN_SECONDS
        return time.monotonic() - self._asked_at > patience

    def _kept_key(self, name: str | None) -> jwt.PyJWK | None:
        if name is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(name)

    async def _renew_keys(self) -> None:
        """Fetch the keys; while the issuer is down, those that were fetched before are good."""
        try:
            self._keys = await self._fetch_keys()
            self._keys_at = time.monotonic()
            self._failed = False
        except IssuerError as error:
            self._failed = True
            logger.warning("The keys of the issuer could not be fetched: %s", error)
        self._asked_at = time.monotonic()

    async def _fetch_keys(self) -> dict[str | None, jwt.PyJWK]:
        url = self.issuer.jwks_url or await self._discover("jwks_uri")
        found: dict[str | None, jwt.PyJWK] = {}
        rows = (await self._get(url)).get("keys")
        for row in rows if isinstance(rows, list) else []:
            try:
                if isinstance(row, dict) and row.get("use", "sig") == "sig" and row.get("kty") != "oct":
                    found[row.get("kid")] = jwt.PyJWK.from_dict(row)
            except (jwt.PyJWTError, ValueError, TypeError):
                continue
        return found

    async def _discover(self, name: str) -> str:
        """A member of the issuer's metadata (RFC 8414, OpenID Connect Discovery), which has to be its own."""
        parts = urlsplit(self.issuer.url)
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        for url in (
            f"{origin}/.well-known/oauth-authorization-server{path}",
            f"{origin}{path}/.well-known/openid-configuration",
        ):
            try:
                metadata = await self._get(url)
            except IssuerError:
                continue
            value = metadata.get(name)
            if str(metadata.get("issuer")).rstrip("/") == self.issuer.url and isinstance(value, str):
                return value
        raise IssuerError("the issuer's metadata cannot be read")

    async def _introspect(self, token: str) -> Mapping[str, Any] | None:
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        kept = self._looked_up.get(name)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        claims = await self._ask_about(token)
        if claims.get("active") is not True or not self._is_ours(claims):
            return None
        if len(self._looked_up) >= MOST_LOOKED_UP:
            self._looked_up.clear()
        self._looked_up[name] = (time.monotonic() + LOOKED_UP_KEPT_SECONDS, claims)
        return claims

    async def _ask_about(self, token: str) -> Mapping[str, Any]:
        credentials = None
        if self.issuer.client_id is not None and self.issuer.client_secret is not None:
            credentials = (self.issuer.client_id, self.issuer.client_secret.get_secret_value())
        try:
            async with self._asking:
                answer = await self._http.post(
                    str(self.issuer.introspection_url),
                    data={"token": token, "token_type_hint": "access_token"},
                    auth=credentials if credentials is not None else httpx.USE_CLIENT_DEFAULT,
                )
        except httpx.HTTPError as error:
            raise IssuerError(f"introspection failed ({type(error).__name__})") from None
        return _body(answer)

    def _is_ours(self, claims: Mapping[str, Any]) -> bool:
        audience = claims.get("aud")
        audiences: Sequence[Any] = audience if isinstance(audience, list) else [audience]
        expires = claims.get("exp")
        fresh = not isinstance(expires, int | float) or expires + LEEWAY_SECONDS > time.time()
        issuer = str(claims.get("iss", self.issuer.url)).rstrip("/")
        return self.issuer.audience in audiences and fresh and issuer == self.issuer.url

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            return _body(await self._http.get(url))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IssuerError(f"the issuer does not answer ({type(error).__name__})") from None


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json() if answer.status_code == 200 else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise IssuerError(f"the issuer answered {answer.status_code} without what was asked for")
    return body


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """`scope` as RFC 9068 and RFC 7662 have it, or `scp` as others write it."""
    value = claims.get("scope", claims.get("scp", ""))
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
