"""The approval page, reached as a browser, another page, a script and a stranger would."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}
LINK = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{43}")


def base_of(link: str) -> str:
    return link.rsplit("/", 1)[0]


@asynccontextmanager
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(headers=BROWSER, timeout=10) as client:
        yield client


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(token)" value="([^"]+)"', page))


async def press(window: httpx.AsyncClient, link: str, page: str, decision: str = "send", **more: str) -> httpx.Response:
    headers = {"origin": base_of(link), "sec-fetch-site": "same-origin"}
    return await window.post(link, headers=headers, data={**fields(page), "decision": decision, **more})


async def link_of(client: Any, words: Any, call: Any) -> str:
    result = await client.call_tool("send_sms", call)
    assert result.is_error
    match = LINK.search(words(result))
    assert match, words(result)
    return match[0]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["memory", "http"])
async def test_send_on_the_page_lets_the_next_call_send(
    world: Any, words: Any, call: Any, code: Any, *, era: Any, transport: Any
) -> None:
    async with world.client(era=era, transport=transport, approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        assert call["message"] in page
        answered = (await press(window, link, page, code=code())).text
        assert "Approved" in answered
        assert "Nothing has happened yet" in answered
        assert "Ask it to go on" in answered
        assert world.sent == []
        assert not (await client.call_tool("send_sms", call)).is_error
        assert (await client.call_tool("send_sms", call)).is_error
    assert world.sent == [(call["to"], call["message"])]


@pytest.mark.anyio
async def test_a_call_that_waits_sends_as_soon_as_the_human_decides(
    world: Any, words: Any, call: Any, code: Any
) -> None:
    results = []
    waits = anyio.Event()

    async def progress(done: float, total: float | None, message: str | None) -> None:
        waits.set()

    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)

        async def wait() -> None:
            results.append(await client.call_tool("send_sms", call, progress_callback=progress))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            page = (await window.get(link)).text
            with anyio.fail_after(10):
                await waits.wait()
            answered = (await press(window, link, page, code=code(), text="Ten.\r\nSorry!")).text
        assert "Your assistant waited for this and goes on now" in answered
    assert not results[0].is_error
    assert world.sent == [(call["to"], "Ten.\nSorry!")]


@pytest.mark.anyio
async def test_an_edit_on_the_page_keeps_what_its_marks_stand_for(world: Any, words: Any, call: Any, code: Any) -> None:
    text = "\u0645\u06cc\u200c\u0622\u06cc\u0645\r\n\u2028" * 100
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, {**call, "message": text})
        page = (await window.get(link)).text
        area = re.search(r'maxlength="(\d+)">\n(.*)</textarea>', page, re.DOTALL)
        assert area
        assert len(area[2]) + 1 <= int(area[1])
        edited = f"{area[2]}!".replace("\n", "\r\n")
        assert "Approved" in (await press(window, link, page, code=code(), text=edited)).text
        assert not (await client.call_tool("send_sms", {**call, "message": text})).is_error
    assert world.sent == [(call["to"], text.replace("\r\n", "\n") + "!")]


@pytest.mark.anyio
async def test_a_call_that_was_given_up_is_not_said_to_wait(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        with anyio.move_on_after(0.3):
            await client.call_tool("send_sms", call)
        await client.call_tool("get_send", {"idempotency_key": "another-call-of-this-client"})
        assert "Ask it to go on" in (await press(window, link, page, code=code())).text
    assert world.sent == []


@pytest.mark.anyio
async def test_cancel_on_the_page_is_told_to_the_next_call(world: Any, words: Any, call: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        assert "Cancelled" in (await press(window, link, page, "cancel")).text
        keyed = {**call, "idempotency_key": "van-1"}
        assert "declined" in words(await client.call_tool("send_sms", keyed))
        assert LINK.search(words(await client.call_tool("send_sms", keyed)))
    assert world.sent == []


@pytest.mark.anyio
async def test_without_the_code_a_printed_link_approves_nothing(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        right = code()
        for wrong in ("", "000000" if right != "000000" else "111111", right[:5], " "):
            assert "not the code" in (await press(window, link, page, code=wrong)).text
        assert "void" in (await press(window, link, page, code="x")).text
        assert "expired" in (await press(window, link, page, code=right)).text
        assert (await client.call_tool("send_sms", call)).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_a_link_opened_twice_is_void(world: Any, words: Any, call: Any, code: Any) -> None:
    async with (
        world.client(approval_page="print") as client,
        browser() as agent,
        browser() as human,
    ):
        link = await link_of(client, words, call)
        stolen = (await agent.get(link)).text
        assert "Opened elsewhere" in (await human.get(link)).text
        assert "Approved" not in (await press(agent, link, stolen, code=code())).text
        assert "opened a second time" in words(await client.call_tool("send_sms", call))
    assert world.sent == []


@pytest.mark.anyio
async def test_the_same_browser_may_reload(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        await window.get(link)
        page = (await window.get(link)).text
        assert "Approved" in (await press(window, link, page, code=code())).text


@pytest.mark.anyio
async def test_strangers_and_scripts_get_nothing(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, httpx.AsyncClient() as script:
        link = await link_of(client, words, call)
        for headers in (
            {},
            {**BROWSER, "host": "attacker.example"},
            {**BROWSER, "host": "localhost"},
            {**BROWSER, "sec-fetch-dest": "iframe"},
            {**BROWSER, "sec-fetch-mode": "cors"},
            {**BROWSER, "sec-purpose": "prefetch"},
        ):
            assert (await script.get(link, headers=headers)).status_code == 404
        assert (await script.head(link, headers=BROWSER)).status_code == 404
        assert (await script.get(base_of(link) + "/guess", headers=BROWSER)).status_code == 404
        page = await script.get(link, headers=BROWSER)
        assert page.status_code == 200, "nothing of that used the link up"
        token, own = fields(page.text), {"origin": base_of(link), "sec-fetch-site": "same-origin"}
        right = {**token, "decision": "send", "code": code()}
        for headers in (
            {},
            {"origin": "https://attacker.example", "sec-fetch-site": "cross-site"},
            {**own, "origin": "null"},
            {**own, "sec-fetch-site": "same-site"},
            {**own, "host": "attacker.example"},
        ):
            assert (await script.post(link, headers=headers, data=right)).status_code == 404
        assert (await script.post(link, headers=own, data={**right, "token": "x"})).status_code == 404
        async with httpx.AsyncClient() as without_cookie:
            assert (await without_cookie.post(link, headers=own, data=right)).status_code == 404
        assert (await script.post(link, headers=own, content=b"x" * 100_000)).status_code == 404
        assert (await script.put(link, headers=own, data=right)).status_code == 405
        assert "Approved" in (await script.post(link, headers=own, data=right)).text
        assert "Too late" in (await script.post(link, headers=own, data=right)).text


@pytest.mark.anyio
async def test_the_page_can_be_neither_framed_read_nor_scripted(world: Any, words: Any, call: Any) -> None:
    hostile = "</p><script>alert(1)</script>\u202egnirts</textarea><img src=x onerror=alert(1)>"
    async with world.client(approval_page="print") as client, browser() as window:
        answer = await window.get(await link_of(client, words, {**call, "message": hostile}))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "⟨U+202E⟩" in answer.text


@pytest.mark.anyio
async def test_the_button_says_what_it_does(world: Any, words: Any) -> None:
    webhook = {"url": "https://hooks.example/x", "topics": ["sms.received"]}
    async with world.client(approval_page="print") as client, browser() as window:
        link = LINK.search(words(await client.call_tool("create_webhook", webhook)))
        assert link
        page = (await window.get(link[0])).text
    assert 'value="send">Yes, do it</button>' in page
    assert "Send" not in page


@pytest.mark.anyio
async def test_a_late_decision_sends_nothing(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        world.sandbox.clock.advance(601)
        assert "Too late" in (await press(window, link, page, code=code())).text
        assert (await client.call_tool("send_sms", call)).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_an_approval_that_nobody_used_expires(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        await press(window, link, page, code=code())
        world.sandbox.clock.advance(601)
        assert (await client.call_tool("send_sms", call)).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_an_approval_is_good_for_nothing_else(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        link = await link_of(client, words, call)
        page = (await window.get(link)).text
        await press(window, link, page, code=code())
        assert (await client.call_tool("send_sms", {**call, "message": "Other words"})).is_error
        assert (await client.call_tool("send_sms", {**call, "to": "+14155550136"})).is_error
    assert world.sent == []


@pytest.mark.anyio
async def test_an_agent_cannot_flood_the_human_with_pages(world: Any, words: Any, call: Any) -> None:
    async with world.client(approval_page="print") as client:
        for number in range(5):
            await link_of(client, words, {**call, "message": f"text {number}"})
        refused = words(await client.call_tool("send_sms", {**call, "message": "text 5"}))
        assert "wait for the user already" in refused
        assert LINK.search(refused) is None
        world.sandbox.clock.advance(601)
        await link_of(client, words, {**call, "message": "text 6"})


@pytest.mark.anyio
async def test_pages_that_were_answered_are_not_counted(world: Any, words: Any, call: Any, code: Any) -> None:
    async with world.client(approval_page="print") as client, browser() as window:
        for number in range(7):
            arguments = {**call, "message": f"text {number}"}
            link = await link_of(client, words, arguments)
            await press(window, link, (await window.get(link)).text, code=code())
            assert not (await client.call_tool("send_sms", arguments)).is_error
    assert len(world.sent) == 7


@pytest.mark.anyio
async def test_a_remote_client_gets_no_page(world: Any, call: Any, serve_http: Any) -> None:
    async with serve_http(world.server(approval_page="print")) as url, httpx.AsyncClient() as client:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": "send_sms",
                "arguments": call,
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": {"name": "remote", "version": "1"},
                },
            },
        }
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": "send_sms",
            "x-forwarded-for": "203.0.113.9",
        }
        answer = await client.post(url, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert "no way to ask" in answer.text
        assert LINK.search(answer.text) is None
    assert world.sent == []
