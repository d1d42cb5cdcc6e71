"""How accounts of callers' own keys open, make room and close, without trouble for those who are being served."""

import gc
import weakref
from typing import Any

import anyio
import pytest
from pydantic import SecretStr

from withallo_server.http.tenants import TooManyTenantsError, account_name


@pytest.mark.anyio
async def test_the_account_of_a_key_is_closed_when_room_is_needed(
    served: Any, companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("withallo_server.http.tenants.MOST_TENANTS", 1)
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        for key in (companies.my_key, companies.their_key):
            async with it.client(f"Api-Key {key}") as client:
                assert not (await client.call_tool("list_numbers", {})).is_error
            assert len(it.runtime.tenants) == 1
        tasks = it.runtime._task_group()
        async with it.runtime.tenants.visiting(tasks, SecretStr("one")):
            with pytest.raises(TooManyTenantsError):
                async with it.runtime.tenants.visiting(tasks, SecretStr("two")):
                    raise AssertionError("a visitor was put out")


@pytest.mark.anyio
async def test_nobody_is_served_by_an_account_that_is_closing(
    served: Any, companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two keys that take turns for one place: each request finds an account that stays open for as long as it lasts."""
    monkeypatch.setattr("withallo_server.http.tenants.MOST_TENANTS", 1)
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        tasks = it.runtime._task_group()
        for _ in range(20):
            for key in (companies.my_key, companies.their_key):
                async with it.runtime.tenants.visiting(tasks, SecretStr(key)) as account:
                    assert await account.numbers()
                    assert it.runtime.tenants.account(account_name(SecretStr(key))) is account


@pytest.mark.anyio
async def test_an_account_that_nobody_uses_is_closed_and_leaves_nothing_behind(
    served: Any, companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("withallo_server.http.tenants.IDLE_SECONDS", 0.05)
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        tasks = it.runtime._task_group()
        async with it.runtime.tenants.visiting(tasks, SecretStr(companies.my_key)) as account:
            kept = weakref.ref(account._notifier)
            assert await account.numbers()
        del account
        with anyio.fail_after(5):
            while len(it.runtime.tenants) or kept() is not None:
                gc.collect()
                await anyio.lowlevel.checkpoint()
        assert len(it.runtime._notifiers) == 0


@pytest.mark.anyio
async def test_the_trouble_of_one_account_ends_no_other(
    served: Any, companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account whose background work fails in a way nobody foresaw still serves its tools, and so do the others."""

    async def fail(*_: Any) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr("withallo_server.inbox.upkeep.keep_up", fail)
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        for _ in range(2):
            for key in (companies.my_key, companies.their_key):
                async with it.client(f"Api-Key {key}") as client:
                    assert not (await client.call_tool("list_numbers", {})).is_error
