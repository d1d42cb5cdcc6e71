"""Whatever happens in whatever order, a key is delivered at most once and its state is what the account did."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Literal, get_args

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Step = Literal["send", "look", "restart", "later", "cut-before", "cut-after", "500", "500-after", "hang", "hang-after"]
KEYS = ("one", "two", "")
TEXTS = ("The van comes at nine.", "It comes at ten.")

steps = st.lists(
    st.tuples(st.sampled_from(get_args(Step)), st.sampled_from(KEYS), st.sampled_from(TEXTS)), min_size=3, max_size=12
)


@given(history=steps)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.timeout(180)
def test_histories(make_world: Any, history: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder))
        world.settings["consent"] = "allow"
        world.patience = 0.15
        anyio.run(play, world, history)


async def play(world: Any, history: Any) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(world.client())
        for step, key, text in history:
            if step == "restart":
                await stack.aclose()
                client = await stack.enter_async_context(world.client())
            elif step == "later":
                world.sandbox.clock.advance(700)
            elif step == "send":
                await send(world, client, key, f"{text} ({key})")
            elif step != "look":
                world.fail(step)
            await check(world, client)


async def send(world: Any, client: Any, key: str, text: str) -> None:
    before = len(world.sent)
    arguments = {"to": "+12125550133", "message": text, **({"idempotency_key": key} if key else {})}
    result = await client.call_tool("send_sms", arguments)
    delivered = len(world.sent) - before
    assert delivered <= 1
    if not result.is_error:
        assert result.structured_content["state"] == ("sent" if delivered else "replayed")


async def check(world: Any, client: Any) -> None:
    """The state of every key is what the account did with its texts."""
    for key in filter(None, KEYS):
        result = await client.call_tool("get_send", {"idempotency_key": key})
        state = (result.structured_content or {}).get("state", "nothing")
        delivered = sum(text.endswith(f"({key})") for _, text in world.sent)
        assert (delivered, state) in {(1, "sent"), (0, "nothing"), (0, "not_sent"), (0, "unknown")}
