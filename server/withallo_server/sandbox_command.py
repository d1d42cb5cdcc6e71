"""`withallo-mcp sandbox`: the embedded account on a port."""

import contextlib
from typing import Annotated

import anyio
import typer

from withallo_sandbox import Sandbox
from withallo_sandbox.serve import serve


def sandbox(
    *,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 takes a free one.")] = 8790,
    seed: Annotated[int, typer.Option(help="What the data grows from.")] = 2026,
    scale: Annotated[int, typer.Option(min=1, max=100_000, help="How many contacts.")] = 250,
    deliver_outside: Annotated[
        bool, typer.Option("--deliver-outside", help="Let webhooks leave this machine.")
    ] = False,
) -> None:
    """Serve the embedded account: an API that answers as Allo's does, with controls under /_sandbox/."""
    account = Sandbox(seed=seed, scale=scale, deliver_outside=deliver_outside)
    failed: list[OSError] = []
    with contextlib.suppress(KeyboardInterrupt):
        anyio.run(_serve, account, host, port, failed)
    if failed:
        raise typer.BadParameter(f"cannot listen on {host}:{port}: {failed[0].strerror}")


async def _serve(account: Sandbox, host: str, port: int, failed: list[OSError]) -> None:
    async with anyio.create_task_group() as tasks:
        try:
            url = await tasks.start(serve, account, host, port)
        except OSError as error:
            failed.append(error)
        else:
            typer.echo(f"The embedded account answers at {url} for the key ak_live_sandbox. Ctrl-C ends it.", err=True)
