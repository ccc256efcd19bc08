"""The ASGI application: a request finds its route, is decoded, runs in its transaction, and is answered.

Written on bare ASGI: the hot requests are smaller than what a framework would add to them.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError, PadaukError
from padauk.server import errors, wire
from padauk.server.guard import Guard
from padauk.server.routing import Call, Reply, Router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from padauk.server.routing import Route
    from padauk.workspace.service import Service

_log = logging.getLogger("padauk.server")
_JSON = (b"content-type", b"application/json")
_READERS = 8
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"content-type, authorization"),
]


class App:
    """Serves one :class:`Service`. Opened by ``lifespan``, or by hand in tests."""

    def __init__(self, service: Service, routes: list[Route]) -> None:
        self.service = service
        self._router = Router(routes)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="padauk-read")
        self._guard = Guard(service.settings)
        self._prefix = service.settings.static_prefix.rstrip("/")

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        if self._prefix:
            scope = _below(self._prefix, scope)
        call = Call(self.service, scope, receive)
        try:
            self._guard.check(scope)
            answer = await self._answer(call)
        except PadaukError as error:
            answer = errors.reply(error)
        except UnicodeEncodeError:
            answer = errors.reply(InputError("The request holds text that is not valid Unicode."))
        except ConnectionError:
            return  # nobody is there to read an answer
        except Exception as error:  # noqa: BLE001 - the last line of defence
            _log.exception("%s %s failed", scope["method"], scope["path"])
            answer = errors.internal(error)
        await self._send(send, scope, answer)

    async def _answer(self, call: Call) -> Any:
        scope = call.scope
        method = scope["method"]
        route, call.path, known = self._router.find(
            "GET" if method == "HEAD" else method, scope["path"], scope["raw_path"]
        )
        if route is None:
            if method == "OPTIONS" and known:
                return Reply(status=204, headers=_PREFLIGHT)
            return errors.no_route(method, scope["path"], known=known)
        if route.kind == "raw":
            return await route.handler(call)
        request = await wire.read_request(route.request, call, limit=route.limit)
        handler = route.handler
        db = self.service.db
        if route.kind == "write":

            def work(tx: Any) -> Any:
                call._tx = tx
                return handler(call, request)

            return await db.submit(work)

        def read() -> Any:
            with db.read() as call._tx:
                return _encoded(handler(call, request))

        if route.quick and db.quick:
            return read()
        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def _send(
        self, send: Callable[[dict[str, Any]], Awaitable[None]], scope: dict[str, Any], answer: Any
    ) -> None:
        if isinstance(answer, Reply):
            status, headers, body = answer.status, answer.headers, answer.body
        else:
            status, headers = 200, [_JSON]
            body = answer if isinstance(answer, bytes) else wire.encode(answer)
        headers = headers + self._guard.headers
        for name, value in scope["headers"]:
            if name == b"origin" and self._guard.allows_origin(value):
                headers += [(b"access-control-allow-origin", value), (b"vary", b"origin")]
        head = scope["method"] == "HEAD"
        if isinstance(body, bytes):
            headers.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if head else body})
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if not head:
            async for part in body:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

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


def _encoded(answer: Any) -> Any:
    """Encode in the thread that read: a large answer must not hold up the event loop."""
    return answer if isinstance(answer, Reply | bytes) else wire.encode(answer)


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
