"""A proxy in front of a real server that loses answers: the request arrives, the client never hears of it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from types import TracebackType


class Flaky:
    """Forwards to ``target``; from answer ``lost`` on (the first is 0) all are lost until :meth:`heal`."""

    def __init__(self, target: str, lost: int) -> None:
        proxy = self
        self.seen = 0
        self._lost: int | None = lost
        self._lock = threading.Lock()
        backend = httpx.Client(base_url=target, timeout=30)
        self._backend = backend

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = b""
                if self.headers.get("transfer-encoding") != "chunked":
                    body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kept = {k: v for k, v in self.headers.items() if k.lower() in ("content-type", "accept")}
                answer = backend.request(self.command, self.path, content=body, headers=kept)
                with proxy._lock:
                    number, proxy.seen = proxy.seen, proxy.seen + 1
                    gone = proxy._lost is not None and number >= proxy._lost
                if gone:
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                self.send_response(answer.status_code)
                self.send_header("content-type", answer.headers.get("content-type", "application/json"))
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def heal(self) -> None:
        """Lose no more answers."""
        self._lost = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._backend.close()


def host_of(url: str) -> str:
    """``host:port`` of a URL."""
    return urlsplit(url).netloc
