"""Signing secrets of the moment: no delivery is judged before they are known."""

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr

from withallo_server.database import StorageError
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
