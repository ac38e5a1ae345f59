"""The page's server: Starlette on 127.0.0.1, every request guarded (see `guard`)."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from facetds.errors import FacetdsError
from facetds.review.guard import Guard, cookie_name
from facetds.review.journal import Conflict, NotWritten
from facetds.review.session import Session

STATIC = Path(__file__).parent / "static"


def make_app(session: Session, port: int, key: str) -> Guard:
    """Return the guarded application of a session."""

    async def enter(request: Request) -> Response:
        if _parse(await request.body()).get("key") != key:
            raise FacetdsError("The key in the address is not that of this page.")
        response = _json({})
        response.set_cookie(cookie_name(port), key, httponly=True, samesite="strict")
        return response

    routes = [
        Route("/", _index),
        Route("/api/open", enter, methods=["POST"]),
        _get("/api/state", session.describe),
        _get("/api/labels", session.refresh),
        _get("/api/order/{by}", session.order),
        _get("/api/disputes", session.disputes),
        _get("/api/agreement", session.agreement),
        _post("/api/act", session.act),
        _post("/api/undo", lambda request: session.step(request, "undo")),
        _post("/api/redo", lambda request: session.step(request, "redo")),
        _post("/api/place", session.move),
        _post("/api/publish", lambda _: session.publish()),
        _get("/sheet/{seeds}", session.sheet, _picture),
        _get("/face/{seed}", session.face, _picture),
        _get("/strip/{seed}/{index}", session.strip, _picture),
        _get("/example/{au}", session.example, _picture),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    form = "The request has another form than expected."
    refusals = {
        Conflict: _refusal(409),
        NotWritten: _refusal(507),
        FacetdsError: _refusal(400),
        KeyError: _refusal(400, form),
        TypeError: _refusal(400, form),
        ValueError: _refusal(400, form),
    }
    app = Starlette(routes=routes, exception_handlers=refusals)
    app.router.redirect_slashes = False
    return Guard(app, port, key)


async def _index(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-store"})


def _get(path: str, function: Callable[..., Any], form: Callable | None = None) -> Route:
    """Return the route that answers with what `function` makes of the path's parts."""

    async def endpoint(request: Request) -> Response:
        return (form or _json)(await run_in_threadpool(function, **request.path_params))

    return Route(path, endpoint, methods=["GET"])


def _post(path: str, function: Callable[[dict[str, Any]], Any]) -> Route:
    """Return the route that answers with what `function` makes of the JSON object sent."""

    async def endpoint(request: Request) -> Response:
        return _json(await run_in_threadpool(function, _parse(await request.body())))

    return Route(path, endpoint, methods=["POST"])


def serve(session: Session, listener: socket.socket, key: str) -> None:
    """Serve until interrupted. `listener` is from `listen`."""
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        make_app(session, port, key),
        log_level="warning",
        access_log=False,
        ws="none",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(port: int) -> socket.socket:
    """Return a socket on 127.0.0.1; port 0 takes a free one.

    Raises `FacetdsError` if the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise FacetdsError(
            f"Port {port} cannot be used ({error.strerror}); perhaps another review page has it. "
            "Close that one, or give another with --port (0 takes a free one)."
        ) from None
    return listener


def _refusal(status: int, words: str | None = None) -> Callable[[Request, Exception], Response]:
    def answer(_: Request, error: Exception) -> Response:
        return PlainTextResponse(words or str(error), status)

    return answer


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise FacetdsError("The request is not JSON.") from None
    if not isinstance(request, dict):
        raise FacetdsError("The request is not a JSON object.")
    return request


def _json(value: Any) -> Response:
    return JSONResponse(value, headers={"Cache-Control": "no-store"})


def _picture(data: bytes) -> Response:
    # The page asks with the network's digest in the query, so a stored picture is never another's.
    return Response(data, 200, {"Cache-Control": "private, max-age=3600"}, "image/jpeg")
