"""The sandbox on a port."""

import anyio
from anyio.abc import TaskStatus

from withallo_sandbox.sandbox import Sandbox


async def serve(
    sandbox: Sandbox,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled, and deliver webhooks meanwhile. Prints nothing.

    Args:
        sandbox: What to serve; its links point to this address from now on.
        host: Address to bind.
        port: Port to bind; 0 takes a free one.
        task_status: Told the base URL once connections are taken: `url = await group.start(serve, sandbox)`.

    Raises:
        OSError: When the address cannot be bound.
    """
    from withallo_sandbox import port as ports

    bound = ports.bind(host, port)
    name = f"[{host}]" if ":" in host else host
    sandbox.base_url = f"http://{name}:{bound.getsockname()[1]}"
    server = ports.server(sandbox.app)
    async with sandbox.running(), anyio.create_task_group() as group:
        group.start_soon(ports.stop_when_cancelled, server)
        with anyio.CancelScope(shield=True):
            task_status.started(sandbox.base_url)
            await server.serve(sockets=[bound])
        group.cancel_scope.cancel()
