import base64
import json
import time
from collections.abc import Callable
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from withallo_server.http.oauth import IssuerError

ISSUER = "https://login.example.com"


@pytest.mark.anyio
async def test_a_good_token_names_its_caller_and_what_it_opens(issuer: Any) -> None:
    caller = await issuer.tokens().caller(issuer.token(scope="allo:calls:read openid"))

    assert (caller.name, caller.client, caller.issuer) == ("ana", "desk", ISSUER)
    assert caller.grants.allows("calls", writing=False)
    assert not caller.grants.allows("messages", writing=False)
    assert caller.key is None


@pytest.mark.anyio
async def test_the_issuers_metadata_says_where_its_keys_are_and_they_are_kept(issuer: Any) -> None:
    tokens = issuer.tokens()

    await tokens.caller(issuer.token())
    await tokens.caller(issuer.token(sub="bob"))

    assert issuer.asked == ["/.well-known/oauth-authorization-server", "/keys"]


BAD: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://other.example.com/mcp"},
    "several audiences without ours": {"aud": ["https://a.example", "https://b.example"]},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": int(time.time()) - 600},
    "without an end": {"exp": None},
    "not yet valid": {"nbf": int(time.time()) + 600},
    "of nobody": {"sub": None, "client_id": None},
    "a subject that is no text": {"sub": 7},
}


@pytest.mark.anyio
@pytest.mark.parametrize("claims", BAD.values(), ids=BAD)
async def test_a_token_that_is_not_for_us_is_nobodys(issuer: Any, claims: dict[str, Any]) -> None:
    assert await issuer.tokens().caller(issuer.token(**claims)) is None


def _with_none(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def _of_another_key(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": "k1"})


def _changed(token: str) -> str:
    header, _, signature = token.split(".")
    body = base64.urlsafe_b64encode(json.dumps({"sub": "admin"}).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


FORGERIES: dict[str, Callable[[str], str]] = {
    "no algorithm": _with_none,
    "another key": _of_another_key,
    "changed claims": _changed,
    "cut": lambda token: token[:-5],
    "no token at all": lambda _: "hello",
    "empty": lambda _: "",
    "not text": lambda _: "\udcff\u0000.é.ß",
    "very long": lambda token: token + "a" * 10_000,
}


@pytest.mark.anyio
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_a_forged_token_is_nobodys(issuer: Any, forge: Callable[[str], str]) -> None:
    assert await issuer.tokens().caller(forge(issuer.token())) is None


@pytest.mark.anyio
async def test_the_public_key_is_no_password(issuer: Any) -> None:
    """The old attack: sign with HMAC, with the issuer's public key as the secret."""
    public = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signing = jwt.api_jws.PyJWS()
    signing.unregister_algorithm("HS256")
    from jwt.algorithms import HMACAlgorithm

    class Naive(HMACAlgorithm):
        """Takes a public key for a shared secret."""

        def prepare_key(self, key: Any) -> bytes:
            return bytes(key)

    signing.register_algorithm("HS256", Naive(HMACAlgorithm.SHA256))
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    forged = signing.encode(json.dumps(claims).encode(), public, "HS256", headers={"kid": "k1"})

    assert await issuer.tokens().caller(forged) is None


@pytest.mark.anyio
async def test_a_key_that_the_issuer_changed_is_fetched_but_not_at_every_forgers_wish(
    issuer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = issuer.tokens()
    await tokens.caller(issuer.token())
    issuer.key, issuer.key_id = rsa.generate_private_key(65537, 2048), "k2"
    asked = len(issuer.asked)

    for _ in range(5):
        assert await tokens.caller(issuer.token()) is None
    assert len(issuer.asked) == asked, "just fetched: an unknown key is not worth another request yet"

    monkeypatch.setattr("withallo_server.http.oauth.KEYS_AGAIN_SECONDS", -1)
    assert await tokens.caller(issuer.token()) is not None


@pytest.mark.anyio
async def test_an_issuer_that_is_down_is_said_unless_its_keys_are_known(
    issuer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = issuer.tokens()
    issuer.down = True
    with pytest.raises(IssuerError):
        await tokens.caller(issuer.token())

    issuer.down = False
    monkeypatch.setattr("withallo_server.http.oauth.FAILED_AGAIN_SECONDS", -1)
    assert await tokens.caller(issuer.token()) is not None
    issuer.down = True
    monkeypatch.setattr("withallo_server.http.oauth.KEYS_KEPT_SECONDS", -1)
    assert await tokens.caller(issuer.token()) is not None


@pytest.mark.anyio
@pytest.mark.parametrize("down", [False, True])
async def test_many_forgers_at_once_cost_the_issuer_one_question(issuer: Any, down: bool) -> None:
    """Tokens with made-up key names neither hammer the issuer nor, while it is down, wait for it one by one."""
    tokens = issuer.tokens()
    issuer.down = down
    refused = 0

    async def forge(number: int) -> None:
        nonlocal refused
        forged = jwt.encode({"sub": "x"}, issuer.key, "RS256", headers={"kid": f"made-up-{number}"})
        try:
            assert await tokens.caller(forged) is None
        except IssuerError:
            assert down
        refused += 1

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(forge, number)

    assert refused == 50
    assert len(issuer.asked) == 2, "the metadata and the keys, or the two places of the metadata"


@pytest.mark.anyio
async def test_a_key_that_is_known_does_not_wait_for_one_that_is_not(
    issuer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = issuer.tokens()
    assert await tokens.caller(issuer.token()) is not None
    monkeypatch.setattr("withallo_server.http.oauth.KEYS_AGAIN_SECONDS", -1)
    issuer.slow = anyio.Event()
    good = issuer.token()
    forged = jwt.encode({"sub": "x"}, issuer.key, "RS256", headers={"kid": "made-up"})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tokens.caller, forged)
        with anyio.fail_after(5):
            await anyio.wait_all_tasks_blocked()
            assert await tokens.caller(good) is not None
        issuer.slow.set()


@pytest.mark.anyio
async def test_a_key_that_cannot_be_read_does_not_close_the_others(issuer: Any) -> None:
    issuer.odd_keys = [{"kty": "RSA", "kid": ["a"]}, {"kty": "RSA", "n": 7, "e": {}}, {"kty": "EC", "crv": 3}, 5, None]

    assert await issuer.tokens().caller(issuer.token()) is not None


@pytest.mark.anyio
async def test_metadata_of_somebody_else_is_not_believed(issuer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = issuer.tokens()
    object.__setattr__(tokens.issuer, "url", "https://login.example.com/realm")

    with pytest.raises(IssuerError):
        await tokens.caller(issuer.token())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        ({"active": True, "aud": "https://mcp.example.com/mcp", "sub": "ana", "scope": "allo:read"}, True),
        ({"active": True, "aud": ["https://mcp.example.com/mcp"], "sub": "ana"}, True),
        ({"active": True, "sub": "ana"}, False),
        ({"active": True, "aud": "https://other.example.com", "sub": "ana"}, False),
        ({"active": True, "aud": "https://mcp.example.com/mcp", "sub": "ana", "iss": "https://evil.example"}, False),
        ({"active": True, "aud": "https://mcp.example.com/mcp", "sub": "ana", "exp": 1}, False),
        ({"active": False}, False),
        ({"active": "true", "aud": "https://mcp.example.com/mcp", "sub": "ana"}, False),
    ],
)
async def test_an_opaque_token_is_looked_up(issuer: Any, answer: dict[str, Any], taken: bool) -> None:
    issuer.introspected["opaque"] = answer
    tokens = issuer.tokens(
        introspection_url=f"{ISSUER}/introspect", client_id="allo", client_secret=SecretStr("canary")
    )

    assert (await tokens.caller("opaque") is not None) is taken
    await tokens.caller("opaque")
    assert issuer.asked.count("/introspect") == (1 if taken else 2), "a good answer is kept for a while"


@pytest.mark.anyio
async def test_a_token_is_in_nothing_that_is_kept_or_logged(issuer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = issuer.token()
    tokens = issuer.tokens()
    caller = await tokens.caller(token)
    await tokens.caller(token[:-2] + "xx")

    assert token[-20:-2] not in caplog.text + repr(caller) + repr(vars(tokens))
