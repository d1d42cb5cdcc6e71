"""Signing secrets of the moment: no delivery is judged before they are known."""

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr

from withallo_client import WebhookSignatureError
from withallo_server.database import StorageError
from withallo_server.inbox.probe import sign
from withallo_server.inbox.signing import SigningSecrets, keep_secrets

SECRET = SecretStr("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=")

pytestmark = pytest.mark.anyio


async def test_deliveries_that_come_while_the_secrets_are_read_wait_for_them(tmp_path: Path) -> None:
    keep_secrets(tmp_path, [SECRET])
    signing = SigningSecrets(tuple, tmp_path)
    found: list[Sequence[SecretStr]] = []

    async def look() -> None:
        found.append(await signing.current())

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(look)
    assert found == [(SECRET,)] * 3


@pytest.mark.skipif(os.name != "posix", reason="file modes")
async def test_secrets_that_cannot_be_read_let_no_delivery_through(tmp_path: Path) -> None:
    keep_secrets(tmp_path, [SECRET])
    (tmp_path / "webhook-secrets").chmod(0o644)
    signing = SigningSecrets(tuple, tmp_path)
    for _ in range(2):
        with pytest.raises(StorageError, match="cannot be read"):
            await signing.current()


@pytest.mark.parametrize("kept", ["hello world", "whsec_", "whsec_a", "whsec_!!!!", f"{SECRET.get_secret_value()},x"])
async def test_what_is_kept_but_is_no_secret_lets_no_delivery_through_and_is_not_repeated(
    tmp_path: Path, kept: str
) -> None:
    keep_secrets(tmp_path, [SecretStr(kept)])
    with pytest.raises(StorageError, match="no signing secret") as caught:
        await SigningSecrets(tuple, tmp_path).current()
    assert kept not in str(caught.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "whsec_!!!!", "whsec_é", "\ud800"])
def test_what_is_no_secret_signs_nothing_and_is_not_repeated(secret: str) -> None:
    with pytest.raises(WebhookSignatureError, match="not whsec_") as caught:
        sign(SecretStr(secret), "msg_1", b"{}")
    assert caught.value.__cause__ is None
