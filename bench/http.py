"""A load client that costs little: prepared requests, kept connections, one selector loop."""

from __future__ import annotations

import json
import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass
class Load:
    """What came of one load: seconds of wall time for each answer, and the answers' bodies if asked for."""

    seconds: float
    count: int
    bodies: list[bytes]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


def request(method: str, path: str, body: object = None) -> bytes:
    """The bytes of one request."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n"
    return (head + "Content-Type: application/json\r\n\r\n").encode() + data


def drive(port: int, requests: Iterable[bytes], *, connections: int = 1, keep: bool = False) -> Load:
    """Send ``requests``, one at a time on each of ``connections``, and wait for all answers.

    Raises:
        RuntimeError: an answer is no success.
    """
    waiting: Iterator[bytes] = iter(requests)
    selector = selectors.DefaultSelector()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    received: dict[socket.socket, bytearray] = {}
    bodies: list[bytes] = []
    count = 0
    start = time.perf_counter()
    for sock in sockets:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        first = next(waiting, None)
        if first is not None:
            received[sock] = bytearray()
            selector.register(sock, selectors.EVENT_READ)
            sock.sendall(first)
    while received:
        for key, _ in selector.select(60):
            sock: socket.socket = key.fileobj  # type: ignore[assignment]
            buffer = received[sock]
            buffer += sock.recv(1 << 20)
            body = _complete(buffer)
            if body is None:
                continue
            count += 1
            if keep:
                bodies.append(body)
            following = next(waiting, None)
            if following is None:
                selector.unregister(sock)
                del received[sock]
            else:
                buffer.clear()
                sock.sendall(following)
    seconds = time.perf_counter() - start
    for sock in sockets:
        sock.close()
    return Load(seconds, count, bodies)


def _complete(buffer: bytearray) -> bytes | None:
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end]).lower()
    if not head.startswith(b"http/1.1 2"):
        raise RuntimeError(bytes(buffer[:600]).decode("utf-8", "replace"))
    at = head.find(b"content-length: ")
    if at >= 0:
        length = int(head[at + 16 :].split(b"\r\n", 1)[0])
        return bytes(buffer[end + 4 :]) if len(buffer) - end - 4 >= length else None
    if buffer.endswith(b"\r\n0\r\n\r\n") or buffer[end + 4 :] == b"0\r\n\r\n":
        return _unchunked(bytes(buffer[end + 4 :]))
    return None


def _unchunked(data: bytes) -> bytes:
    parts: list[bytes] = []
    place = 0
    while True:
        line = data.index(b"\r\n", place)
        size = int(data[place:line], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(data[line + 2 : line + 2 + size])
        place = line + 4 + size
