"""What stands before the page: only this browser, on this machine, with the key, gets in."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 1_000_000
BODY_SECONDS = 10.0
OPEN_PATHS = ("/", "/api/open")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Refuses what does not come from the page itself, and adds the security headers.

    421: another Host, as after DNS rebinding; 403: another Origin, or another site's page; 401: no
    key; 415, 413, 408: a body that is not JSON, too large, or too slow. The key is in a cookie that
    is named after the port, as cookies do not tell ports apart.
    """

    def __init__(self, app: ASGIApp, port: int, key: str) -> None:
        self.app, self.key, self.cookie = app, key, cookie_name(port)
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        refusal = self._refuse(scope)
        # Of a refused request, too: closing on unread bytes would take the answer along.
        if scope["method"] == "POST" and (refusal is None or refusal[0] != 413):
            try:
                body = await asyncio.wait_for(_read_body(receive), BODY_SECONDS)
            except TimeoutError:
                refusal = refusal or (408, "The request came too slowly.")
            else:
                if body is None:
                    refusal = (413, f"The request is larger than {BODY_LIMIT:,} bytes.")
                else:
                    receive = _replay(body)
        if refusal is not None:
            status, words = refusal
            response = PlainTextResponse(words + "\n", status, {**HEADERS, "Connection": "close"})
            return await response(scope, receive, send)
        return await self.app(scope, receive, _with_headers(send))

    def _refuse(self, scope: Scope) -> tuple[int, str] | None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        if headers.get("host") not in self.hosts:
            return 421, "This page answers at its own address only."
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return 403, "Requests of other pages are refused."
        top = scope["path"] == "/" and headers.get("sec-fetch-dest") == "document"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not top:
            return 403, "Requests of other pages are refused."
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "This method is not served."
        if scope["method"] == "POST":
            if headers.get("content-type", "").split(";")[0] != "application/json":
                return 415, "JSON is expected."
            length = headers.get("content-length", "0")
            if not length.isdigit() or int(length) > BODY_LIMIT:
                return 413, f"The request is larger than {BODY_LIMIT:,} bytes."
        is_open = scope["path"] in OPEN_PATHS or scope["path"].startswith("/static/")
        if not is_open and not self._has_key(headers.get("cookie", "")):
            return 401, "Open the address with the key that the terminal shows."
        return None

    def _has_key(self, cookies: str) -> bool:
        pairs = (part.strip().partition("=") for part in cookies.split(";"))
        found = next((value for name, _, value in pairs if name == self.cookie), "")
        return hmac.compare_digest(found.encode(), self.key.encode())


def cookie_name(port: int) -> str:
    """Return the name of the cookie that holds the key."""
    return f"facetds-{port}"


async def _read_body(receive: Receive) -> bytes | None:
    """Return the whole body, None for one that is too large."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes) -> Callable[[], Awaitable[Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def wrapped(message: Any) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.encode().lower(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return wrapped
