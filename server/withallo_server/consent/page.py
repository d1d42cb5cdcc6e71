"""The approval page: one question, one link, one decision.

What keeps others out: it listens on loopback only and answers to that host alone; the link is unguessable and good
for the browser that opens it first, which gets a cookie; only that browser's own form, with its own token, decides;
no other page can frame it, read it or post to it; and it holds no script and loads nothing.
"""

import base64
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from withallo_server.consent.question import Question

MOST_BYTES = 131_072
MOST_TRIES = 5
COOKIE = "withallo_approval"

HEARD = "Your assistant waited for this and goes on now. You can close this page."
NOBODY_WAITS = (
    "Nothing has happened yet: your assistant no longer waits for this page. Ask it to go on; your approval is kept "
    "until ten minutes after you were asked."
)

_STYLE = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
_PAGE = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


@dataclass
class OpenPage:
    """A page that waits for its human.

    Attributes:
        asked: Id of the question.
        secret: What the store wants to hear with the decision.
        principal: Whose call asked.
        code: What the human has to type, where the link was shown to the model too.
        cookie: Of the browser that opened the link first.
        token: In the form given to that browser.
        void: Why the page gave up by itself.
        waiting: Calls that wait for the decision right now.
        heard: Whether one did when it was made.
        decided: Set once nothing can be decided here any more.
    """

    asked: str
    secret: str
    principal: str
    question: Question
    code: str | None = None
    cookie: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    tries: int = 0
    void: str = ""
    waiting: int = 0
    heard: bool = False
    decided: anyio.Event = field(default_factory=anyio.Event)


Decide = Callable[[OpenPage, bool, str | None], Awaitable[bool]]
"""Takes a page, yes or no, and another text; says whether the decision was taken."""


class PageApp:
    """Serves the pages that wait.

    Attributes:
        pages: By the last part of their link.
        host: The one `Host` that is answered, known once the port is.
    """

    def __init__(self, decide: Decide) -> None:
        self.pages: dict[str, OpenPage] = {}
        self.host = ""
        self._decide = decide
        self.app = Starlette(
            routes=[Route("/{link}", self._show, methods=["GET"]), Route("/{link}", self._take, methods=["POST"])]
        )

    async def _show(self, request: Request) -> Response:
        page = self._page(request)
        if page is None or not _is_opened_by_a_person(request):
            return _nothing()
        if page.decided.is_set():
            return _done("Answered", "This question has been answered, or has expired. You can close this page.")
        if page.cookie is None:
            page.cookie = secrets.token_urlsafe(32)
        elif not _same(request.cookies.get(COOKIE), page.cookie):
            page.void = "the approval link was opened a second time, elsewhere, and is void"
            await self._decide(page, False, None)
            return _done(
                "Opened elsewhere",
                "This link was opened before, in another browser or by another program. To be safe, nothing is sent "
                "and the link is void. Ask your assistant again.",
            )
        response = _html(page.question.title, _form(page))
        path = request.url.path
        response.set_cookie(COOKIE, page.cookie, path=path, httponly=True, samesite="strict", max_age=900)
        return response

    async def _take(self, request: Request) -> Response:
        page = self._page(request)
        if page is None or not self._is_own_form(request):
            return _nothing()
        fields = await _fields(request)
        if not _same(request.cookies.get(COOKIE), page.cookie) or not _same(fields.get("token"), page.token):
            return _nothing()
        yes = fields.get("decision") == "send"
        if yes and page.code is not None and not _same(fields.get("code", "").replace(" ", ""), page.code):
            return await self._wrong_code(page)
        if not await self._decide(page, yes, _edited(fields, page.question) if yes else None):
            return _done("Too late", "This was answered before, or has expired. Nothing more was sent.")
        if yes:
            return _done("Approved", HEARD if page.heard else NOBODY_WAITS)
        return _done("Cancelled", "Nothing was sent. You can close this page.")

    async def _wrong_code(self, page: OpenPage) -> Response:
        page.tries += 1
        if page.tries >= MOST_TRIES:
            page.void = "the approval page was given a wrong code too often"
            await self._decide(page, False, None)
            return _done("Too many tries", "Nothing was sent, and this link is void.")
        return _html(page.question.title, _form(page, "That is not the code. Nothing was sent."))

    def _page(self, request: Request) -> OpenPage | None:
        if request.method == "HEAD" or request.headers.get("host") != self.host:
            return None
        return self.pages.get(request.path_params["link"])

    def _is_own_form(self, request: Request) -> bool:
        headers = request.headers
        return headers.get("origin") == f"http://{self.host}" and headers.get("sec-fetch-site") == "same-origin"


def _is_opened_by_a_person(request: Request) -> bool:
    """Whether a browser shows this as a page of its own, rather than a script, a frame or a preview loading it."""
    headers = request.headers
    return (
        headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and "sec-purpose" not in headers
        and "purpose" not in headers
    )


async def _fields(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return {}
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), True, max_num_fields=10).items()}
    except ValueError:
        return {}


def _edited(fields: dict[str, str], question: Question) -> str | None:
    text = fields.get("text", "").replace("\r\n", "\n")
    if not question.editable or not text.strip() or text == (question.text or "").replace("\r\n", "\n"):
        return None
    return text


def _same(given: str | None, wanted: str | None) -> bool:
    return bool(given) and bool(wanted) and secrets.compare_digest((given or "").encode(), (wanted or "").encode())


def _form(page: OpenPage, problem: str = "") -> str:
    question = page.question
    rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in question.rows)
    parts = [f"<dl>{rows}</dl>" if rows else ""]
    if question.text is not None:
        parts.append(
            '<h2 id="text-heading">Full text</h2>'
            '<p class="text" dir="auto" tabindex="0" role="region" aria-labelledby="text-heading">'
            f"{escape(question.text)}</p>"
        )
    parts += [
        f'<p class="warning" role="note"><strong>Careful:</strong> {escape(text)}</p>' for text in question.warnings
    ]
    if problem:
        parts.append(f'<p class="warning" role="alert">{escape(problem)}</p>')
    parts.append(f'<form method="post" autocomplete="off"><input type="hidden" name="token" value="{page.token}">')
    if question.editable:
        parts.append(
            "<details><summary>Edit</summary>"
            '<label for="text">What you write here is sent instead</label>'
            f'<textarea id="text" name="text" dir="auto" maxlength="{question.longest}">'
            f"\n{escape(question.text or '')}</textarea></details>"
        )
    if page.code is not None:
        parts.append(
            '<label for="code">Code from the log of the server, which your assistant does not see</label>'
            '<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9">'
        )
    go = "Yes, do it" if question.text is None else "Send"
    parts.append(
        f'<div class="buttons"><button class="go" name="decision" value="send">{go}</button>'
        '<button name="decision" value="cancel">Cancel</button></div></form>'
        f'<p class="note">Nothing happens unless you press {go}. This page is good for ten minutes, once.</p>'
    )
    return "\n".join(filter(None, parts))


def _done(heading: str, words: str) -> Response:
    return _html(heading, f'<p role="status">{escape(words)}</p>')


def _html(heading: str, body: str) -> Response:
    return HTMLResponse(_PAGE.substitute(heading=escape(heading), style=_STYLE, body=body), headers=_HEADERS)


def _nothing() -> Response:
    return PlainTextResponse("Not found", 404, headers=_HEADERS)
