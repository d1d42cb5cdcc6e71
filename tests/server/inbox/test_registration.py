"""A webhook is set up when a signed delivery is proven to arrive; if it does not, the words say what to mend."""

import ssl
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import keyring
import pytest
from keyring.backend import KeyringBackend
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from withallo_client import AlloClient, ValidationError
from withallo_sandbox import Sandbox
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.probe import probe
from withallo_server.inbox.receiver import Endpoint, Receiver, receiver_app
from withallo_server.inbox.registration import Registration
from withallo_server.inbox.signing import SigningSecrets, keep_secrets, kept_secrets
from withallo_server.inbox.store import Store
from withallo_tools.services import EventQuery

pytestmark = pytest.mark.anyio

TOKEN = SecretStr("a-secret-path-token")
PLACE = "https://receiver.example"
PATH = f"/webhooks/allo/{TOKEN.get_secret_value()}"


class MemoryKeyring(KeyringBackend):
    """A keyring that works, and that no other test is given by accident."""

    priority = -1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
async def registration(tmp_path: Path, store: Store) -> AsyncIterator[Registration]:
    """Registers at the embedded account a receiver that its probe reaches under the public address."""
    secrets = SigningSecrets(tuple, tmp_path)

    async def lines() -> None:
        return None

    app = receiver_app(Receiver([Endpoint(TOKEN, "default", secrets.current, lines)], store.add))
    client = AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(Sandbox(scale=20, calls=20).app))
    async with client, httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        yield Registration(client, http, token=TOKEN, folder=tmp_path, given=())


async def test_setting_up_registers_keeps_the_secret_and_proves_that_deliveries_arrive(
    registration: Registration, tmp_path: Path, store: Store
) -> None:
    done = await registration.set_up(PLACE)
    assert done.is_new
    assert done.endpoint.url == PLACE + PATH
    assert {"call.completed", "sms.received"} <= set(done.endpoint.topics)
    assert done.probed is not None
    assert done.probed.reached, done.probed.finding
    file = tmp_path / "webhook-secrets"
    assert kept_secrets(tmp_path) == (done.endpoint.signing_secret,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (await AccountInbox(store, "default").list(EventQuery())).events == ()


async def test_setting_up_again_changes_the_topics_of_the_same_endpoint(registration: Registration) -> None:
    first = await registration.set_up(PLACE + PATH)
    second = await registration.set_up(PLACE, ["sms.received"])
    assert not second.is_new
    assert (second.endpoint.id, second.endpoint.topics) == (first.endpoint.id, ("sms.received",))
    assert second.kept_in == ""
    assert len(await registration.endpoints()) == 1


async def test_an_unknown_topic_is_refused_by_allo(registration: Registration) -> None:
    with pytest.raises(ValidationError):
        await registration.set_up(PLACE, ["moon.landed"])


async def test_removing_deletes_the_endpoint_and_forgets_its_secret(registration: Registration, tmp_path: Path) -> None:
    own = SecretStr("whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw==")
    keep_secrets(tmp_path, [own])
    await registration.set_up(PLACE)
    assert [each.endpoint.url for each in await registration.status()] == [PLACE + PATH]
    assert len(await registration.remove()) == 1
    assert await registration.status() == []
    assert kept_secrets(tmp_path) == (own,)


async def test_a_keyring_that_works_keeps_the_secret(tmp_path: Path) -> None:
    keyring.set_keyring(MemoryKeyring())
    secret = SecretStr("whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw==")
    assert keep_secrets(tmp_path, [secret]) == "the keyring of this system"
    assert not (tmp_path / "webhook-secrets").exists()
    assert await SigningSecrets(tuple, tmp_path).current() == (secret,)
    assert keep_secrets(tmp_path, []) == ""
    assert kept_secrets(tmp_path) == ()


def answering(status: int) -> httpx.AsyncBaseTransport:
    async def answer(_: object) -> Response:
        return Response(status_code=status)

    return httpx.ASGITransport(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])]))


class Failing(httpx.AsyncBaseTransport):
    """No connection, always for the same reason."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


def bad_certificate() -> Exception:
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    return error


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        (answering(404), "not this receiver"),
        (answering(400), "does not accept the signature"),
        (answering(302), "redirects"),
        (answering(401), "asks for a login"),
        (answering(502), "start the receiver"),
        (answering(200), "Something else answers"),
        (Failing(httpx.ConnectError("refused")), "Nothing answers"),
        (Failing(httpx.ReadTimeout("slow")), "took too long"),
        (Failing(bad_certificate()), "certificate"),
    ],
)
async def test_a_probe_that_does_not_arrive_says_what_to_mend(
    transport: httpx.AsyncBaseTransport, words: str, secret: SecretStr
) -> None:
    async with httpx.AsyncClient(transport=transport) as http:
        result = await probe(http, PLACE + PATH, secret)
    assert not result.reached
    assert words in result.finding
    assert secret.get_secret_value() not in result.finding
