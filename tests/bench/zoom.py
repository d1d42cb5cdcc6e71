"""What questions cost: tokens beside the API's own answers, and requests where there are many calls.

The raw answer of a question is that of the route which holds the facts for it. Where two routes do, both are told: the
one of v1, which is all that some keys have and brings every word that was said, and the leanest search of v2, which
leaves the words out. The factor of ten is asked of the first; of the second no answer that names people, times, ids and
what it was about can be a tenth, so the bound in tokens is what counts there.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, TextContent
from tests.bench import report
from tests.bench.tokens import count

from withallo_client import AlloClient
from withallo_sandbox import AGREEMENT, LINES, ROBERT, SARAH, Sandbox
from withallo_server.factory import build_server
from withallo_server.settings import Settings

KEY = {"Authorization": "Api-Key ak_live_readonly"}
FIVE_A_SECOND = 0.25
SEARCH = "/v2/api/conversations/items/search"
INBOX = "/v2/api/conversations"
CALLS = "/v1/api/calls"
LATENCY = 0.25
PAGE = 100


async def main(server: StdioServerParameters, base_url: str) -> None:
    """Count tokens on the account at `base_url`, and requests on one with ten lines and 10,000 calls."""
    async with Client(server) as client, httpx.AsyncClient(base_url=base_url, headers=KEY, timeout=30) as api:
        await _tokens(client, api)
    await _many_calls()


@dataclass
class Cost:
    """Tokens of the answers to one question: their text, and their structured content."""

    text: int = 0
    facts: int = 0
    said: str = ""

    def add(self, result: CallToolResult) -> Mapping[str, Any]:
        """Count one more answer and give its facts."""
        assert not result.is_error, result
        text = "".join(block.text for block in result.content if isinstance(block, TextContent))
        self.text += count(text)
        self.facts += count(json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":")))
        self.said += text
        return result.structured_content or {}


async def _tokens(client: Client, api: httpx.AsyncClient) -> None:
    async def ask(**calls: Any) -> Cost:
        cost = Cost()
        for name, arguments in calls.items():
            cost.add(await client.call_tool(name, arguments))
        return cost

    async def raw(method: str, path: str, **request: Any) -> int:
        await anyio.sleep(FIVE_A_SECOND)
        answer = await api.request(method, path, **request)
        answer.raise_for_status()
        return count(answer.text)

    async def search(**members: Any) -> int:
        return await raw("POST", SEARCH, json={"page": 1, **members})

    on_lines = [{"allo_number": line.number} for line in LINES]
    recent = sum([await raw("GET", CALLS, params={**line, "size": 10}) for line in on_lines])
    bare = await search(type="CALL", size=10)
    _row(
        "ten recent calls",
        await ask(search_calls={"limit": 10}),
        recent,
        "v1 calls of each line",
        leanest=bare,
        most=900,
    )

    agreed = Cost()
    found = agreed.add(await client.call_tool("search_calls", {"contact": SARAH.full_name, "since": "last 14 days"}))
    longest = max(found["calls"], key=lambda call: call.get("seconds", 0))
    agreed.add(await client.call_tool("get_call", {"call_id": longest["id"]}))
    assert AGREEMENT in agreed.said
    one_call = await raw("GET", f"/v2/api/conversations/items/{longest['id']}", params={"extend": "transcript"})
    _row("what did we agree with Sarah last week", agreed, one_call, "that call with its transcript", most=2000)

    month = {"contact": ROBERT.full_name, "kind": "text", "since": "last 30 days", "limit": 100}
    bare = sum([await search(contact_number=number, type="SMS", size=100) for number in ROBERT.numbers])
    contact = await _contact_id(client, ROBERT.numbers[0])
    talk = await raw("GET", f"/v1/api/contact/{contact}/conversation", params={"size": 100})
    texts = await ask(search_conversations=month)
    _row("all texts with Robert this month", texts, talk, "v1 conversation, which has no texts alone", leanest=bare)

    words = {"query": "oak delivery", "limit": 10}
    hits = await search(search=words["query"], size=10, extend="transcript")
    _row("ten search hits, with the words found", await ask(search_conversations=words), hits, "v2 with transcripts")

    both = [{}, {"unread": "true"}]
    pages = [await raw("GET", INBOX, params={**line, **which, "size": 20}) for line in on_lines for which in both]
    _row("inbox view of 20", await ask(list_conversations={"limit": 20}), sum(pages), "each line, and its unread")


async def _contact_id(client: Client, number: str) -> str:
    found = await client.call_tool("search_contacts", {"query": number})
    return str((found.structured_content or {})["people"][0]["id"])


def _row(
    question: str, cost: Cost, raw: int, route: str, *, leanest: int | None = None, most: int | None = None
) -> None:
    """Tell what a question costs; `leanest` is what a route without the words would answer."""
    ratio = raw / cost.text
    limit = f"<= {most}, " if most else ""
    lean = f"; leanest v2 search {leanest:,}: {leanest / cost.text:.1f}x" if leanest else ""
    report.row(
        question,
        f"{cost.text} tokens (structured content {cost.facts}); raw {raw:,} ({route}): {ratio:.0f}x{lean}",
        f"{limit}>= 10x",
        ratio >= 10 and (most is None or cost.text <= most),
    )


@dataclass
class SlowAllo(httpx.AsyncBaseTransport):
    """Answers for calls from what it answered before, each after a while, so that only the server's own time shows.

    Attributes:
        v2: Off for a key that lacks the scope for it.
        asked: Requests for calls since the last `begin`.
    """

    inner: httpx.AsyncBaseTransport
    v2: bool
    answers: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    asked: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def begin(self) -> None:
        """Count from here on."""
        self.asked = self.most_at_once = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path not in (CALLS, SEARCH):
            return await self.inner.handle_async_request(request)
        if request.url.path == SEARCH and not self.v2:
            error = {"type": "permission_error", "code": "API_KEY_INSUFFICIENT_SCOPE", "message": "no"}
            return httpx.Response(403, json={"error": error}, request=request)
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await anyio.sleep(LATENCY)
        self.at_once -= 1
        key = request.url.raw_path + request.content
        if key not in self.answers:
            answer = await self.inner.handle_async_request(request)
            self.answers[key] = (answer.status_code, await answer.aread())
        status, content = self.answers[key]
        return httpx.Response(status, content=content, headers={"Content-Type": "application/json"}, request=request)


async def _many_calls() -> None:
    sandbox = Sandbox(lines=10, calls=10_000, scale=100)
    for v2, result in ((True, "any"), (False, "any"), (False, "transferred")):
        allo = SlowAllo(httpx.ASGITransport(app=sandbox.app), v2)
        with tempfile.TemporaryDirectory() as folder:
            async with AlloClient("ak_live_sandbox", transport=allo) as api:
                settings = Settings(data_dir=Path(folder), sandbox=True, timezone="UTC")
                async with Client(build_server(settings, client=api, sandbox=sandbox)) as client:
                    await _week(client, allo, sandbox, result)


async def _week(client: Client, allo: SlowAllo, sandbox: Sandbox, result: str) -> None:
    """Ask twice: the first time fills what `SlowAllo` answers from and lets the server learn what the key may do."""
    limit = 50 if result == "any" else 100
    asked = {"since": "last 7 days", "limit": limit, "result": result}
    await client.call_tool("search_calls", asked)
    await anyio.sleep(2)
    allo.begin()
    began, computed = time.perf_counter(), time.process_time()
    answer = await client.call_tool("search_calls", asked)
    seconds, busy = time.perf_counter() - began, time.process_time() - computed
    assert not answer.is_error, answer
    found = len((answer.structured_content or {})["calls"])
    fewest = _fewest(sandbox, v2=allo.v2, every_call=found < limit)
    api, in_turn = "v2" if allo.v2 else "v1", allo.asked * LATENCY
    report.row(
        f"ten lines, 10,000 calls: search_calls of a week on {api}, result={result}, {found} shown",
        f"{allo.asked} requests, {allo.most_at_once} at once: {seconds:.2f} s, {busy:.2f} s of it computing; "
        f"requests x latency {in_turn:.2f} s",
        f"{fewest} requests",
        allo.asked <= fewest,
    )


def _fewest(sandbox: Sandbox, *, v2: bool, every_call: bool) -> int:
    """Requests the routes need: one page on v2; on v1 a page of each line, or all pages up to the first older call."""
    if v2:
        return 1
    if not every_call:
        return len(sandbox.account.lines)
    midnight = (sandbox.clock.now() - timedelta(days=7)).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = [call.allo_number for call in sandbox.account.timeline.calls() if call.date >= midnight]
    return sum(recent.count(line.number) // PAGE + 1 for line in sandbox.account.lines)
