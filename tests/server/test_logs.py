import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from withallo_server.logs import configure_logging
from withallo_server.settings import Settings


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def configure(tmp_path: Path) -> None:
    configure_logging(
        Settings(
            data_dir=tmp_path,
            api_key=SecretStr("canary-of-no-known-shape"),
            webhook_token=SecretStr("token_token_token"),
            database_url=SecretStr("postgresql://me:pass%2Fw%40rd@host/name"),
            state_keys=(SecretStr("a key that seals questions, of 32 characters"),),
            oauth_client_secret=SecretStr("client-secret-canary"),
            tokens=(SecretStr("desk:sha256:" + "ab" * 32),),
            log_level="INFO",
        )
    )


@pytest.mark.parametrize(
    "secret",
    [
        "canary-of-no-known-shape",
        "token_token_token",
        "postgresql://me:pass%2Fw%40rd@host/name",
        "pass%2Fw%40rd",
        "pass/w@rd",
        "a key that seals questions, of 32 characters",
        "client-secret-canary",
        "desk:sha256:" + "ab" * 32,
        "ak_live_somebody_elses",
        "whsec_c29tZWJvZHkgZWxzZXM=",
    ],
)
def test_secrets_are_masked_in_messages_and_tracebacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    configure(tmp_path)
    logger = logging.getLogger("withallo_server.test")
    logger.warning("it is %s", secret)
    logger.error("oops", exc_info=RuntimeError(f"failed with {secret}"))
    captured = capsys.readouterr()
    assert "it is" in captured.err
    assert "RuntimeError: failed with" in captured.err
    assert secret not in captured.err
    assert not captured.out


def test_an_authorization_header_is_masked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(tmp_path)
    logging.getLogger("httpx").warning("headers: {'Authorization': 'Api-Key strange', 'Accept': 'json'}")
    error = capsys.readouterr().err
    assert "strange" not in error
    assert "'Accept': 'json'" in error


def test_less_than_the_level_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(tmp_path)
    logging.getLogger("withallo_server.test").debug("chatter")
    assert not capsys.readouterr().err
