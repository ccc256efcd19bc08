"""The ASGI application: a request finds its route, is decoded, runs in its transaction, and is answered.

Written on bare ASGI: the hot requests are smaller than what a framework would add to them.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from padauk.core.errors import PadaukError
from padauk.server import errors, wire
from padauk.server.routing import Call, Reply, Router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from padauk.server.routing import Route
    from padauk.workspace.service import Service

_log = logging.getLogger("padauk.server")
_JSON = (b"content-type", b"application/json")
_READERS = 8


class App:
    """Serves one :class:`Service`. Opened by ``lifespan``, or by hand in tests."""

    def __init__(self, service: Service, routes: list[Route]) -> None:
        self.service = service
        self._router = Router(routes)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="padauk-read")

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
        call = Call(self.service, scope, receive)
        try:
            answer = await self._answer(call)
        except PadaukError as error:
            answer = errors.reply(error)
        except ConnectionError:
            return  # nobody is there to read an answer
        except Exception as error:  # noqa: BLE001 - the last line of defence
            _log.exception("%s %s failed", scope["method"], scope["path"])
            answer = errors.internal(error)
        await _send(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, call: Call) -> Any:
        scope = call.scope
        method = scope["method"]
        route, call.path, known = self._router.find(
            "GET" if method == "HEAD" else method, scope["path"], scope["raw_path"]
        )
        if route is None:
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


async def _send(send: Callable[[dict[str, Any]], Awaitable[None]], answer: Any, *, head: bool) -> None:
    if isinstance(answer, Reply):
        status, headers, body = answer.status, answer.headers, answer.body
    else:
        status, headers = 200, [_JSON]
        body = answer if isinstance(answer, bytes) else wire.encode(answer)
    if isinstance(body, bytes):
        headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else body})
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if not head:
        async for part in body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
