"""The ASGI application: a request finds its route, is decoded, runs in its transaction, and is answered.

Written on bare ASGI: the hot requests are smaller than what a framework would add to them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError, PadaukError, PermissionDeniedError
from padauk.server import errors, wire
from padauk.server.guard import Guard
from padauk.server.meters import AccessLog, Meters
from padauk.server.mlflow_api import absent
from padauk.server.routing import Call, Reply, Route, Router

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.db import Session
    from padauk.workspace.service import Service

_log = logging.getLogger("padauk.server")
_JSON = (b"content-type", b"application/json")
_READERS = 8


async def _preflight(call: Call) -> Reply:
    return Reply(
        status=204,
        headers=[
            (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", b"content-type, authorization"),
        ],
    )


_PREFLIGHT = Route("OPTIONS", "", "raw", _preflight)


class App:
    """Serves one :class:`Service`. Opened by ``lifespan``, or by hand in tests."""

    def __init__(self, service: Service, routes: list[Route]) -> None:
        self.service = service
        self._router = Router([*routes, Route("GET", "/metrics", "raw", self._metrics)])
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="padauk-read")
        self._guard = Guard(service.settings)
        self._meters = Meters()
        self._access = AccessLog() if service.settings.access_log else None
        self._prefix = service.settings.static_prefix.rstrip("/")

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """For any ASGI server; ours (``protocol``) calls ``begin``, ``respond`` and ``finish`` itself."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        call = Call(self.service, scope, receive)
        try:
            route = self.begin(call)
            answer = self.respond(call, route, b"" if route.kind == "raw" else await call.body(route.limit))
            if isinstance(answer, Awaitable):
                answer = await answer
        except ConnectionError:
            return  # nobody is there to read an answer
        except Exception as error:  # noqa: BLE001 - every error is an answer
            answer = self.failed(call, error)
        status, headers, body = self.finish(call, answer)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        head = scope["method"] == "HEAD"
        if isinstance(body, bytes):
            await send({"type": "http.response.body", "body": b"" if head else body})
            return
        if not head:
            async for part in body:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def begin(self, call: Call) -> Route:
        """The route of a request whose headers have come.

        Raises:
            PadaukError: it may not pass, or nothing answers there.
        """
        if self._prefix:
            call.scope = _below(self._prefix, call.scope)
        scope = call.scope
        self._guard.check(scope)
        method = scope["method"]
        route, call.path, known = self._router.find(
            "GET" if method == "HEAD" else method, scope["path"], scope["raw_path"]
        )
        if route is not None:
            call.route = route
            if self.service.settings.read_only and route.changes:
                raise PermissionDeniedError(f"This server is read-only: {method} {scope['path']} is refused.")
            return route
        if method == "OPTIONS" and known:
            return _PREFLIGHT
        path = scope["path"]
        return absent.route(method, path) or errors.no_route(method, path, known=known)

    def respond(self, call: Call, route: Route, body: bytes) -> Any:
        """What a route answers, or an awaitable of it. ``body`` is whole, but for a ``raw`` route empty.

        Raises:
            PadaukError: the request is wrong.
        """
        handler = route.handler
        if route.kind == "raw":
            return handler(call)
        scope = call.scope
        if scope["query_string"] and scope["method"] in {"GET", "HEAD"}:
            request = wire.decode_query(route.request, scope["query_string"])
        else:
            request = wire.decode_body(route.request, body)
        db = self.service.db
        if route.kind == "write":

            def work(tx: Session) -> Any:
                call._tx = tx
                return handler(call, request)

            return db.submit(work)

        def read() -> Any:
            with db.read() as call._tx:
                answer = handler(call, request)
                # encoded in the thread that read: a large answer must not hold up the event loop
                return answer if isinstance(answer, Reply | bytes) else wire.encode(answer)

        if route.quick and db.quick:
            return read()
        return asyncio.get_running_loop().run_in_executor(self._readers, read)

    def failed(self, call: Call, error: BaseException) -> Reply:
        """The answer for an error."""
        if isinstance(error, PadaukError):
            return errors.reply(error)
        if isinstance(error, UnicodeEncodeError):
            return errors.reply(InputError("The request holds text that is not valid Unicode."))
        _log.error("%s %s failed", call.scope["method"], call.scope["path"], exc_info=error)
        return errors.internal(error)

    def finish(
        self, call: Call, answer: Any
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes | AsyncIterator[bytes]]:
        """Status, headers and body of an answer; the length is among the headers where it is known."""
        if isinstance(answer, Reply):
            status, headers, body = answer.status, answer.headers + self._guard.headers, answer.body
        else:
            status, headers = 200, [_JSON, *self._guard.headers]
            body = answer if isinstance(answer, bytes) else wire.encode(answer)
        for name, value in call.scope["headers"]:
            if name == b"origin" and self._guard.allows_origin(value):
                headers += [(b"access-control-allow-origin", value), (b"vary", b"origin")]
        if isinstance(body, bytes):
            headers.append((b"content-length", str(len(body)).encode()))
        seconds = perf_counter() - call.began
        self._meters.count(call.route, status, seconds)
        if self._access is not None:
            headers.append((b"x-request-id", self._access.write(call, status, seconds, body)))
        return status, headers, body

    async def _metrics(self, call: Call) -> Reply:
        return Reply(self._meters.text(), headers=[(b"content-type", b"text/plain; version=0.0.4")])

    async def _lifespan(
        self,
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self._readers.shutdown()
                self.service.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _below(prefix: str, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope of a request as if ``prefix`` were the root; paths outside of it are left as they are."""
    path: str = scope["path"]
    if not path.startswith(prefix):
        return scope
    return {
        **scope,
        "path": path[len(prefix) :] or "/",
        "raw_path": scope["raw_path"][len(prefix) :] or b"/",
    }
