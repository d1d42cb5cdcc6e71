import datetime as dt
import ipaddress
import socket
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from withallo_server.doctor.findings import Finding, Level
from withallo_server.doctor.network import check_answer, check_dns, check_tls, proxy_for
from withallo_server.settings import Settings

JSON = {"content-type": "application/json"}
Serve = Callable[..., str]


def at(url: str) -> Settings:
    return Settings(base_url=url)


def http_date(seconds: float = 0) -> str:
    return format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds), usegmt=True)


async def answers(url: str) -> dict[str, Finding]:
    return {finding.check: finding for finding in await check_answer(at(url))}


@pytest.mark.anyio
async def test_an_answer_of_the_api_is_green_and_the_clock_agrees(serve: Serve) -> None:
    url = serve(lambda _: (401, {**JSON, "date": http_date()}, b"{}"))

    found = await answers(url)

    assert {finding.level for finding in found.values()} == {Level.GREEN}


@pytest.mark.anyio
async def test_a_firewall_that_dislikes_the_user_agent_is_named(serve: Serve) -> None:
    def answer(user_agent: str) -> tuple[int, dict[str, str], bytes]:
        return (401, JSON, b"{}") if "Mozilla" in user_agent else (403, {"content-type": "text/html"}, b"<h1>Blocked")

    found = (await answers(serve(answer)))["answer"]

    assert found.level is Level.RED
    assert "User-Agent" in found.text
    assert "withallo-mcp/*" in found.mend


@pytest.mark.anyio
async def test_a_firewall_that_refuses_everybody_is_told_apart(serve: Serve) -> None:
    found = (await answers(serve(lambda _: (403, {"content-type": "text/html"}, b"<h1>Blocked"))))["answer"]

    assert found.level is Level.RED
    assert "status 403" in found.text


@pytest.mark.anyio
async def test_a_sign_in_page_of_the_network_is_recognised(serve: Serve) -> None:
    found = (await answers(serve(lambda _: (302, {"location": "https://portal.hotel.example/login"}, b""))))["answer"]

    assert found.level is Level.RED
    assert "portal.hotel.example" in found.text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("seconds", "level"), [(-3600, Level.RED), (3600, Level.RED), (-120, Level.AMBER), (5, Level.GREEN)]
)
async def test_a_clock_that_is_off_is_measured(serve: Serve, seconds: int, level: Level) -> None:
    found = (await answers(serve(lambda _: (401, {**JSON, "date": http_date(seconds)}, b"{}"))))["clock"]

    assert found.level is level


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [JSON, {**JSON, "date": "yesterday"}])
async def test_an_answer_without_a_date_says_that_nothing_could_be_compared(
    serve: Serve, headers: dict[str, str]
) -> None:
    found = (await answers(serve(lambda _: (401, headers, b"{}"))))["clock"]

    assert found.level is Level.AMBER


@pytest.mark.anyio
async def test_nobody_listening_is_red_with_what_to_look_at() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = (await answers(f"http://127.0.0.1:{taken.getsockname()[1]}"))["answer"]

    assert found.level is Level.RED
    assert "firewall" in found.mend


@pytest.mark.anyio
async def test_a_name_that_does_not_exist_is_red() -> None:
    found = await check_dns(at("https://allo.invalid"))

    assert found.level is Level.RED
    assert "allo.invalid" in found.text


@pytest.mark.anyio
async def test_a_certificate_that_nobody_vouches_for_is_red(serve: Serve, tmp_path: Path) -> None:
    url = serve(lambda _: (401, JSON, b"{}"), certificate=_self_signed(tmp_path))

    tls, answer = await check_tls(at(url)), (await answers(url))["answer"]

    assert tls.level is Level.RED
    assert "not believed" in tls.text
    assert "SSL_CERT_FILE" in tls.mend
    assert "SSL_CERT_FILE" in answer.mend


@pytest.mark.anyio
async def test_a_certificate_that_the_machine_trusts_is_green(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = _self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    found = await check_tls(at(serve(lambda _: (401, JSON, b"{}"), certificate=certificate)))

    assert found.level is Level.GREEN
    assert "TLS" in found.text


@pytest.mark.anyio
async def test_plain_http_behind_an_https_address_is_red(serve: Serve) -> None:
    url = serve(lambda _: (200, {}, b"")).replace("http://", "https://")

    assert (await check_tls(at(url))).level is Level.RED


@pytest.mark.anyio
async def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:canary@proxy.example:3128")

    assert proxy_for(at("https://api.withallo.com")) == "http://proxy.example:3128"
    assert "canary" not in (await check_dns(at("https://api.withallo.com"))).text


@pytest.mark.anyio
async def test_a_proxy_that_does_not_answer_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{taken.getsockname()[1]}")
        found = (await answers("https://api.withallo.com"))["answer"]

    assert found.level is Level.RED


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
