"""HTTP as it comes: in pieces, many at once, chunked, too large, broken."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from padauk.testing.servers import ServerProcess

CREATE = b"POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: localhost\r\n"


def talk(server: ServerProcess, *pieces: bytes, until: bytes | None = None, pause: float = 0.02) -> bytes:
    """Send ``pieces`` one after the other; what comes until ``until`` or the end of the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause)
        while until is None or until not in received:
            part = sock.recv(65536)
            if not part:
                break
            received += part
    return received


def test_a_request_that_comes_byte_by_byte(server: ServerProcess) -> None:
    body = b'{"name":"bytes"}'
    whole = CREATE + b"Content-Length: %d\r\n\r\n" % len(body) + body
    found = talk(server, *(whole[n : n + 1] for n in range(len(whole))), until=b"}", pause=0)
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"experiment_id" in found


def test_a_chunked_request(server: ServerProcess) -> None:
    head = CREATE + b"Transfer-Encoding: chunked\r\n\r\n"
    found = talk(server, head, b'7\r\n{"name"\r\n', b'c\r\n:"chunked" }\r\n', b"0\r\n\r\n", until=b"}")
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")


def test_answers_come_in_the_order_of_the_requests(server: ServerProcess) -> None:
    def of(path: bytes, body: bytes = b"") -> bytes:
        method = b"POST" if body else b"GET"
        return b"%b %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (
            method,
            path,
            len(body),
            body,
        )

    paths = [
        of(b"/api/2.0/mlflow/experiments/create", b'{"name":"piped"}'),
        of(b"/version"),
        of(b"/api/2.0/mlflow/experiments/search", b'{"max_results":1,"filter":"name = \'piped\'"}'),
        of(b"/nothing"),
        of(b"/health"),
    ]
    found = talk(server, b"".join(paths), until=b"\r\n\r\nOK")
    marks = [b'{"experiment_id"', b"3.17.2", b'{"experiments"', b"ENDPOINT_NOT_FOUND", b"\r\n\r\nOK"]
    places = [found.index(mark) for mark in marks]
    assert places == sorted(places)


def test_a_client_that_asks_first_is_told_to_go_on(server: ServerProcess) -> None:
    head = CREATE + b"Expect: 100-continue\r\nContent-Length: 17\r\n\r\n"
    found = talk(server, head, b'{"name":"expect"}', until=b"}")
    assert found.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_an_old_client_gets_its_connection_closed(server: ServerProcess) -> None:
    found = talk(server, b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert found.endswith(b"OK")
    found = talk(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"connection: close" in found


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"431"),
        (CREATE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_request_is_answered_and_closed(
    server: ServerProcess, request_: bytes, status: bytes
) -> None:
    assert talk(server, request_).startswith(b"HTTP/1.1 " + status)


def test_a_body_past_the_limit_is_refused_before_it_is_read(server: ServerProcess) -> None:
    head = CREATE.replace(b"experiments/create", b"runs/log-batch") + b"Content-Length: 900000000\r\n\r\n"
    found = talk(server, head, b" " * 1_100_000)
    assert found.startswith(b"HTTP/1.1 400 ")
    assert b"at most 1000000 bytes" in found


def test_a_client_that_goes_away_harms_nobody(server: ServerProcess) -> None:
    for cut in (10, 60, 120):
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall((CREATE + b'Content-Length: 99\r\n\r\n{"name":')[:cut])
    assert talk(server, b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n").endswith(b"OK")
    assert b"Traceback" not in server.log.read_bytes()
