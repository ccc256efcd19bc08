"""HTTP/1.1 on a socket: parsed by httptools, handed to the :class:`App`, answered in one write.

It takes the place of uvicorn's own protocol under uvicorn's server. A small request costs no task and no
queue: its route runs as soon as its last byte is there, and head and body leave together. What takes longer
(a route that reads its body as it comes, an answer in many parts) runs in a task with back pressure both
ways.
"""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools

from padauk.core.errors import BadRequestError, InputError
from padauk.server import errors
from padauk.server.routing import Call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from padauk.server.app import App
    from padauk.server.routing import Route

_IDLE = 75.0  # seconds after which a connection that does nothing is closed
_AHEAD = 1 << 20  # bytes of a body that are held before the client is told to wait
_MAX_HEAD = 64 << 10
_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class _Exchange:
    """One request and its answer."""

    __slots__ = ("call", "chunks", "complete", "expect", "keep_alive", "route", "size", "wake")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.route: Route | None = None
        self.chunks: list[bytes] = []
        self.size = 0
        self.complete = False
        self.keep_alive = True
        self.expect = False
        self.wake: asyncio.Event | None = None


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        app: App,
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.app = app
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._client: tuple[str, int] | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_size = 0
        self._reading: _Exchange | None = None  # the request whose body is coming in
        self._waiting: deque[_Exchange] = deque()  # requests that came before the one under way was answered
        self._current: _Exchange | None = None  # the request that is being answered
        self._writable = asyncio.Event()
        self._writable.set()
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._closing = False
        self._paused = False

    # -- the connection -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._client = transport.get_extra_info("peername")
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._timer = self._loop.call_later(_IDLE, self._check_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._closing = True
        if self._timer:
            self._timer.cancel()
        self._writable.set()
        for exchange in (self._current, self._reading):
            if exchange and exchange.wake:
                exchange.wake.set()

    def shutdown(self) -> None:
        """Answer what was accepted, then close (called by uvicorn)."""
        if self._current is None and not self._waiting:
            self._close()
        elif self._current:
            self._current.keep_alive = False

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _check_idle(self) -> None:
        idle = self._loop.time() - self._last
        if self._current is None and idle >= _IDLE:
            self._close()
            return
        self._timer = self._loop.call_later(max(1.0, _IDLE - idle), self._check_idle)

    def _close(self) -> None:
        self._closing = True
        if not self._transport.is_closing():
            self._transport.close()

    # -- parsing ------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._last = self._loop.time()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(errors.body(400, "BAD_REQUEST", "upgrades are not served"))
        except httptools.HttpParserError:
            if not self._closing:
                self._refuse(errors.reply(BadRequestError("The request is no valid HTTP/1.1.")))

    def eof_received(self) -> None:
        return None

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._head_size = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))
        self._grow(len(name) + len(value))

    def _grow(self, size: int) -> None:
        self._head_size += size
        if self._head_size > _MAX_HEAD:
            self._refuse(errors.body(431, "BAD_REQUEST", "The request's head is too large."))
            raise ValueError("head too large")  # ends the parsing of this connection

    def on_headers_complete(self) -> None:
        path, _, query = self._url.partition(b"?")
        if not path.startswith(b"/"):  # a whole URL, as to a proxy
            path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
        text = path.decode("latin-1")
        scope = {
            "type": "http",
            "method": self._parser.get_method().decode("ascii"),
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query.partition(b"#")[0],
            "headers": self._headers,
            "scheme": "http",
            "client": self._client,
        }
        exchange = _Exchange(Call(self.app.service, scope, self._receive_nothing))
        exchange.keep_alive = self._parser.should_keep_alive()
        exchange.expect = any(
            name == b"expect" and value.lower() == b"100-continue" for name, value in self._headers
        )
        self._reading = exchange
        try:
            exchange.route = self.app.begin(exchange.call)
        except Exception as error:  # noqa: BLE001 - every error is an answer
            exchange.route = errors.answering(self.app.failed(exchange.call, error))
        if exchange.route.kind == "raw":
            exchange.call.receive = _Receiver(self, exchange)
            self._take(exchange)
        elif exchange.expect:
            self._go_on(exchange)

    async def _receive_nothing(self) -> dict[str, Any]:
        raise RuntimeError("the body of this request is given to its handler")

    def on_body(self, body: bytes) -> None:
        exchange = self._reading
        if exchange is None:
            return
        exchange.chunks.append(body)
        exchange.size += len(body)
        route = exchange.route
        if route is not None and route.kind != "raw":
            if exchange.size > route.limit:
                limit = route.limit
                text = f"Requests must be at most {limit} bytes, got one of at least {exchange.size} bytes."
                self._reading = None
                exchange.route = errors.answering(errors.reply(InputError(text)))
                exchange.keep_alive = False
                self._take(exchange)
            return
        if exchange.size > _AHEAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if exchange.wake:
            exchange.wake.set()

    def on_message_complete(self) -> None:
        exchange = self._reading
        self._reading = None
        if exchange is None:
            return
        exchange.complete = True
        if exchange.route is not None and exchange.route.kind == "raw":
            if exchange.wake:
                exchange.wake.set()
        else:
            self._take(exchange)

    def _go_on(self, exchange: _Exchange) -> None:
        """Tell a client that asked first that its body is wanted."""
        exchange.expect = False
        if not self._closing:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _resume(self) -> None:
        if self._paused and not self._closing:
            self._paused = False
            self._transport.resume_reading()

    # -- answering ----------------------------------------------------------------------------------------

    def _take(self, exchange: _Exchange) -> None:
        """Answer now, or after those that came before."""
        if self._current is None:
            self._start(exchange)
        else:
            self._waiting.append(exchange)

    def _start(self, exchange: _Exchange) -> None:
        self._current = exchange
        self._state.total_requests += 1
        body = b""
        if exchange.complete:
            chunks = exchange.chunks
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        assert exchange.route is not None  # noqa: S101 - set before it is taken
        try:
            answer = self.app.respond(exchange.call, exchange.route, body)
        except Exception as error:  # noqa: BLE001 - every error is an answer
            self._write(exchange, self.app.failed(exchange.call, error))
            return
        if asyncio.iscoroutine(answer):
            self._spawn(self._run(exchange, answer))
        elif asyncio.isfuture(answer):
            answer.add_done_callback(lambda future: self._settled(exchange, future))
        else:
            self._write(exchange, answer)

    def _spawn(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    def _settled(self, exchange: _Exchange, future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            self._close()
            return
        error = future.exception()
        self._write(exchange, future.result() if error is None else self.app.failed(exchange.call, error))

    async def _run(self, exchange: _Exchange, coroutine: Any) -> None:
        try:
            answer = await coroutine
        except ConnectionError:
            self._close()
            return
        except Exception as error:  # noqa: BLE001 - every error is an answer
            answer = self.app.failed(exchange.call, error)
        self._write(exchange, answer)

    def _write(self, exchange: _Exchange, answer: Any) -> None:
        if self._closing:
            return
        try:
            status, headers, body = self.app.finish(exchange.call, answer)
        except Exception as error:  # noqa: BLE001 - an answer that cannot be encoded
            status, headers, body = self.app.finish(exchange.call, self.app.failed(exchange.call, error))
        if not exchange.complete:
            exchange.keep_alive = False  # the rest of the body is not waited for
        parts = [_STATUS.get(status) or b"HTTP/1.1 %d \r\n" % status]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        if not exchange.keep_alive:
            parts.append(b"connection: close\r\n")
        head = exchange.call.scope["method"] == "HEAD"
        if isinstance(body, bytes):
            parts.append(b"\r\n")
            if not head:
                parts.append(body)
            self._transport.write(b"".join(parts))
            self._done(exchange)
        elif head:
            parts.append(b"\r\n")
            self._transport.write(b"".join(parts))
            self._done(exchange)
        else:
            known = any(name == b"content-length" for name, _ in headers)
            if not known:
                parts.append(b"transfer-encoding: chunked\r\n")
            parts.append(b"\r\n")
            self._transport.write(b"".join(parts))
            self._spawn(self._stream(exchange, body, chunked=not known))

    async def _stream(self, exchange: _Exchange, body: AsyncIterator[bytes], *, chunked: bool) -> None:
        try:
            async for part in body:
                await self._writable.wait()
                if self._closing:
                    break
                if part:
                    self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
                    self._last = self._loop.time()
            else:
                if chunked:
                    self._transport.write(b"0\r\n\r\n")
                self._done(exchange)
                return
        except Exception as error:  # noqa: BLE001 - the head is gone: the broken end tells the client
            self.app.failed(exchange.call, error)
        finally:
            close = getattr(body, "aclose", None)
            if close is not None:
                await close()
        self._transport.abort()

    def _done(self, exchange: _Exchange) -> None:
        self._current = None
        self._last = self._loop.time()
        self._resume()
        if not exchange.keep_alive:
            self._close()
        elif self._waiting:
            # not from inside of this call: a thousand requests in a row must not be a thousand calls deep
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        if self._current is None and self._waiting and not self._closing:
            self._start(self._waiting.popleft())

    def _refuse(self, answer: Any) -> None:
        """Answer what does not parse, and close."""
        if self._closing:
            return
        self._transport.write(
            _STATUS[answer.status]
            + b"content-type: application/json\r\nconnection: close\r\ncontent-length: "
            + str(len(answer.body)).encode()
            + b"\r\n\r\n"
            + answer.body
        )
        self._close()


class _Receiver:
    """The ASGI channel of a body that its handler reads as it comes."""

    def __init__(self, protocol: HttpProtocol, exchange: _Exchange) -> None:
        self._protocol = protocol
        self._exchange = exchange
        self._ended = False

    async def __call__(self) -> dict[str, Any]:
        exchange, protocol = self._exchange, self._protocol
        while self._ended:  # nothing more can come but the end of the connection
            if protocol._closing:
                return {"type": "http.disconnect"}
            exchange.wake = asyncio.Event()
            await exchange.wake.wait()
        if exchange.expect:
            protocol._go_on(exchange)
        while not exchange.chunks and not exchange.complete:
            if protocol._closing:
                return {"type": "http.disconnect"}
            exchange.wake = asyncio.Event()
            await exchange.wake.wait()
            exchange.wake = None
        body = b"".join(exchange.chunks)
        exchange.chunks.clear()
        exchange.size = 0
        protocol._resume()
        self._ended = exchange.complete
        return {"type": "http.request", "body": body, "more_body": not exchange.complete}
