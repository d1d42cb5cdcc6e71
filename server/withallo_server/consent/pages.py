"""Puts up approval pages on this machine and waits for what the human decides there."""

import logging
import os
import secrets
import sys
import webbrowser
from collections.abc import Callable
from typing import Any, Literal

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from mcp.server.mcpserver import Context

from withallo_server.consent.callers import principal_of
from withallo_server.consent.decision import Approval, NotAsked, Refusal
from withallo_server.consent.page import OpenPage, PageApp
from withallo_server.consent.question import Question
from withallo_server.consent.store import Caller, Consents
from withallo_server.listening import bind, serve
from withallo_server.outbox.errors import NotSentError
from withallo_server.settings import SettingsError

logger = logging.getLogger(__name__)

WAIT_SECONDS = 50.0
"""Shorter than the minute after which many clients give a call up: so they hear that the human is still thinking."""

MOST_OPEN = 5

_PROGRESS_SECONDS = 5.0
_BROWSER_SECONDS = 10.0

TOO_MANY = (
    f"Not sent: {MOST_OPEN} approval pages wait for the user already. Have them decide on those first; do not ask for "
    "more at once."
)

STILL_OPEN = (
    "Nothing has been sent yet: an approval page is open in the user's browser and waits for them, for ten minutes at "
    "most. Tell them to look at it, then call this tool again with the same arguments to hear what they decided."
)
LINK = (
    "Nothing has been sent yet. Only the user can approve this, on a page of this machine: show them {link} and tell "
    "them that the page wants a code which is in the log of this server (stderr), where only they can read it. Then "
    "call this tool again with the same arguments to wait for what they decide."
)


class ApprovalPages:
    """The approval pages of one account.

    Args:
        consents: Where questions and decisions are kept.
        tasks: Where the pages are served; it outlives a call.
        mode: Whether to open the user's browser or only to print the link.
        open_browser: Opens a link and says whether that worked.
    """

    def __init__(
        self,
        consents: Consents,
        tasks: TaskGroup,
        mode: Literal["open", "print"],
        open_browser: Callable[[str], bool] | None = None,
    ) -> None:
        self._consents = consents
        self._tasks = tasks
        self._mode = mode
        self._open_browser = open_browser or _open_browser
        self._app = PageApp(self._decide)
        self._putting_up = anyio.Lock()
        self._waiting: dict[tuple[str, str], OpenPage] = {}
        self.wait_seconds = WAIT_SECONDS

    async def ask(self, ctx: Context[Any, Any], question: Question, key: str) -> Approval | Refusal | NotAsked:
        """Put a page up, or go on waiting for the one that is up, and take the decision.

        Raises:
            NotSentError: The human has not decided yet; the text says where they can.
        """
        principal = principal_of(ctx)
        try:
            async with self._putting_up:
                page = await self._standing(principal, question) or await self._put_up(principal, question, key)
        except (OSError, SettingsError) as error:
            logger.warning("No approval page can be served: %s", error)
            return NotAsked("the approval page cannot be served on this machine")
        page.waiting += 1
        try:
            with anyio.move_on_after(self.wait_seconds):
                await self._wait(ctx, page)
        finally:
            page.waiting -= 1
        if not page.decided.is_set():
            raise NotSentError(STILL_OPEN, "a human is asked")
        self._waiting.pop((principal, question.binding), None)
        return await self._take(page, principal, key)

    async def _standing(self, principal: str, question: Question) -> OpenPage | None:
        """The page that is up for exactly this, if there is one; forgets pages that are answered or out of time."""
        for place, page in list(self._waiting.items()):
            if page.decided.is_set() or await self._consents.get(page.asked) is None:
                page.decided.set()
                self._waiting.pop(place, None)
        self._app.pages = {link: page for link, page in self._app.pages.items() if not page.decided.is_set()}
        return self._waiting.get((principal, question.binding))

    async def _put_up(self, principal: str, question: Question, key: str) -> OpenPage:
        if len(self._waiting) >= MOST_OPEN:
            raise NotSentError(TOO_MANY, "too many pages wait")
        if not self._app.host:
            bound = bind("127.0.0.1:0")
            await self._tasks.start(serve, self._app.app, bound)
            self._app.host = f"127.0.0.1:{bound.getsockname()[1]}"
        asked, secret = await self._consents.ask(principal=principal, question=question, channel="page", key=key)
        code = f"{secrets.randbelow(1_000_000):06d}"
        page = OpenPage(asked, secret, principal, question, code if self._mode == "print" else None)
        link = secrets.token_urlsafe(32)
        self._app.pages[link] = self._waiting[principal, question.binding] = page
        address = f"http://{self._app.host}/{link}"
        if self._mode == "open" and await self._opens(address):
            return page
        page.code = code
        sys.stderr.write(f"withallo-mcp: code for the approval page {link[:6]}…: {code}\n")
        sys.stderr.flush()
        raise NotSentError(LINK.format(link=address), "a human is asked")

    async def _opens(self, address: str) -> bool:
        """Whether the human's browser took the link; one that runs in a terminal may never come back."""
        with anyio.move_on_after(_BROWSER_SECONDS):
            return await anyio.to_thread.run_sync(self._open_browser, address, abandon_on_cancel=True)
        return False

    async def _wait(self, ctx: Context[Any, Any], page: OpenPage) -> None:
        waited = 0.0
        while not page.decided.is_set():
            await ctx.report_progress(waited, None, "waiting for the human to decide on the approval page")
            with anyio.move_on_after(_PROGRESS_SECONDS):
                await page.decided.wait()
            waited += _PROGRESS_SECONDS

    async def _take(self, page: OpenPage, principal: str, key: str) -> Approval | Refusal:
        asked = await self._consents.get(page.asked)
        used = Refusal("the decision was used by another call, or came too late")
        if asked is None:
            return used
        yes = asked.state == "approved"
        if not await self._consents.use(asked.id, principal, asked.binding, was=asked.state, yes=yes):
            return used
        if yes:
            return Approval("page", asked.key, asked.edited)
        return Refusal(asked.note or "the human declined")

    async def _decide(self, page: OpenPage, yes: bool, edited: str | None) -> bool:
        caller = Caller("page", page.principal)
        asked = await self._consents.decide(page.asked, page.secret, caller, yes=yes, edited=edited, note=page.void)
        page.heard = page.waiting > 0
        page.decided.set()
        return asked is not None


def _open_browser(link: str) -> bool:
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        return webbrowser.open(link)
    except (webbrowser.Error, OSError):
        return False
