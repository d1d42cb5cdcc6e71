"""The server is killed at every step of a send and started again; the agent repeats itself; texts are counted."""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitRequestParams, ElicitResult

from withallo_sandbox import Sandbox, serve
from withallo_sandbox.faults import Fault

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")

TO, TEXT = "+12125550133", "The van comes at nine."
KEYED = {"to": TO, "message": TEXT, "idempotency_key": "van-1"}
APPROVE = ElicitResult(action="accept", content={"approve": True})


class Killable:
    """A server process on a data folder, with a client that says yes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.asked: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        pid = self.folder / "pid"
        environment = {
            "ALLO_API_KEY": "ak_live_sandbox",
            "ALLO_BASE_URL": self.url,
            "ALLO_DATA_DIR": str(self.folder),
            "ALLO_REGION": "US",
            "ALLO_APPROVAL_PAGE": "off",
        }
        command = f'echo $$ > "{pid}"; exec "{sys.executable}" -m withallo_server'
        server = StdioServerParameters(command="sh", args=["-c", command], env=environment)
        async with Client(server, elicitation_callback=self._answer) as client:
            yield client

    def kill(self) -> None:
        os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)

    async def die_sending(self) -> str:
        """Send in a process of its own; what the model hears."""
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(self.client())
            try:
                return await send(client)
            except Exception:  # noqa: BLE001  # however a dead server shows itself
                return "died"

    async def _answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if self.asked is not None:
            await self.asked()
        return APPROVE


async def send(client: Client) -> str:
    result = await client.call_tool("send_sms", KEYED)
    return "error" if result.is_error else str((result.structured_content or {})["state"])


async def state_of(client: Client) -> str:
    result = await client.call_tool("get_send", {"idempotency_key": "van-1"})
    return str((result.structured_content or {}).get("state", "nothing"))


@pytest.fixture
async def account() -> AsyncIterator[tuple[Sandbox, str]]:
    """The embedded account on a port."""
    sandbox = Sandbox(rate_limits=False, calls=20, scale=20)
    async with anyio.create_task_group() as tasks:
        yield sandbox, await tasks.start(serve, sandbox)
        tasks.cancel_scope.cancel()


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():  # noqa: ASYNC110  # the account has no event to wait for
            await anyio.sleep(0.002)


async def _recover(server: Killable, sandbox: Sandbox) -> None:
    """What must hold after any kill: a true state, at most one text, and a repetition that adds none to one."""
    before = len(sandbox.sent)
    server.asked = None
    async with server.client() as client:
        state = await state_of(client)
        again = await send(client)
        after = await state_of(client)
    assert before <= 1
    if before == 1:
        assert (state, again, after) == ("sent", "replayed", "sent")
    elif state == "unknown":
        assert (again, after) == ("error", "unknown")
    else:
        assert state in {"nothing", "waiting", "not_sent"}
        assert (again, after) == ("sent", "sent")
    assert len(sandbox.sent) == (0 if after == "unknown" else 1)


@pytest.mark.anyio
@pytest.mark.parametrize("step", ["asked", "left", "taken", "answered"])
async def test_a_kill_at_a_known_step(account: Any, tmp_path: Path, step: str) -> None:
    sandbox, url = account
    server = Killable(tmp_path, url)

    async def killed_when_asked() -> None:
        server.kill()

    async def kill_when(condition: Callable[[], bool]) -> None:
        await _until(condition)
        server.kill()

    async with anyio.create_task_group() as tasks:
        if step == "asked":
            server.asked = killed_when_asked
        if step in {"left", "taken"}:
            fault = Fault(path="/v1/api/sms", kind="hang" if step == "left" else "hang-after")
            sandbox.state.faults.add(fault)
            tasks.start_soon(kill_when, lambda: bool(sandbox.sent) if step == "taken" else fault.times == 0)
        heard = await server.die_sending()
    assert heard == ("sent" if step == "answered" else "died")
    assert len(sandbox.sent) == {"asked": 0, "left": 0, "taken": 1, "answered": 1}[step]
    await _recover(server, sandbox)


@pytest.mark.anyio
@pytest.mark.parametrize("milliseconds", [0, 8, 20])
async def test_a_kill_at_any_moment_after_the_yes(account: Any, tmp_path: Path, milliseconds: int) -> None:
    sandbox, url = account
    server = Killable(tmp_path, url)
    async with anyio.create_task_group() as tasks:

        async def kill_later() -> None:
            await anyio.sleep(milliseconds / 1000)
            server.kill()

        async def start_the_clock() -> None:
            tasks.start_soon(kill_later)

        server.asked = start_the_clock
        await server.die_sending()
    await _recover(server, sandbox)
