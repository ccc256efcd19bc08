"""The server as a process: what it answers to good and bad requests, and how it starts and stops."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from padauk.testing.servers import free_port, padauk_server

if TYPE_CHECKING:
    from pathlib import Path

    from padauk.testing.servers import ServerProcess


def ask(
    server: ServerProcess, method: str, path: str, body: bytes | str | None = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        content = response.read()
        found = {name.lower(): value for name, value in response.getheaders()}
        kind = found.get("content-type", "")
        return response.status, json.loads(content) if "json" in kind and content else content, found
    finally:
        connection.close()


def test_what_every_client_asks_first(server: ServerProcess) -> None:
    assert ask(server, "GET", "/health")[:2] == (200, b"OK")
    assert ask(server, "GET", "/version")[1] == b"3.17.2"
    for prefix in ("/api", "/ajax-api"):
        status, info, _ = ask(server, "GET", f"{prefix}/3.0/mlflow/server-info")
        assert (status, info["store_type"]) == (200, "SqlStore")
    status, page, headers = ask(server, "GET", "/")
    assert status == 200
    assert b"padauk" in page
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert ask(server, "HEAD", "/health")[:2] == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/2.0/mlflow/runs/create", 405),
        ("POST", "/api/2.0/mlflow/nothing", 404),
        ("POST", "/api/3.0/mlflow/scorers/register", 501),
        ("GET", "/api/2.0/mlflow/users/get", 501),
        ("POST", "/graphql", 501),
        ("GET", "/api/2.0/mlflow/../../etc/passwd", 404),
    ],
)
def test_unknown_paths(server: ServerProcess, method: str, path: str, status: int) -> None:
    found, body, _ = ask(server, method, path)
    assert found == status
    assert set(body) == {"error_code", "message"}


HOSTILE = [
    b"[" * 50_000,
    b'{"name":' * 5000,
    b'{"name": "\xff\xfe"}',
    b'{"name": "\\ud800"}',
    b'{"name": {"a": 1}}',
    b'{"name": "x", "tags": [1, 2]}',
    b'{"name": "x", "tags": [{"key": "../../x"}]}',
    b'{"name": "x", "tags": [{"key": "a\'; DROP TABLE runs; --"}]}',
    b'{"name": "x", "tags": [{"key": "a\\u0000b"}]}',
    b"\x00" * 100,
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_are_the_clients_fault(server: ServerProcess, body: bytes) -> None:
    status, answer, _ = ask(server, "POST", "/api/2.0/mlflow/experiments/create", body)
    assert status == 400
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_batch_larger_than_mlflow_takes_is_refused(server: ServerProcess) -> None:
    body = json.dumps({"run_id": "a", "params": [{"key": "k", "value": "v" * 1_000_001}]})
    status, answer, _ = ask(server, "POST", "/api/2.0/mlflow/runs/log-batch", body)
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_point_09_foreign_hosts_and_origins(server: ServerProcess) -> None:
    path = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    status, answer, _ = ask(server, "GET", path, Host="evil.example")
    assert status == 403
    assert answer["message"].startswith("Invalid Host header - possible DNS rebinding attack detected")
    assert ask(server, "GET", "/health", Host="evil.example")[0] == 200
    for host in (f"localhost:{server.port}", "10.1.2.3", "192.168.0.9:80", "[::1]:5000"):
        assert ask(server, "GET", path, Host=host)[0] == 200
    create = "/api/2.0/mlflow/experiments/create"
    assert ask(server, "POST", create, '{"name":"o1"}', Origin="https://evil.example")[0] == 403
    assert ask(server, "POST", create, '{"name":"o2"}', Origin="http://localhost:3000")[0] == 200
    same = ask(server, "POST", create, '{"name":"o3"}', Origin="http://10.0.0.5", Host="10.0.0.5")
    assert same[0] == 200
    assert "access-control-allow-origin" not in same[2]


def test_many_requests_in_one_connection(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        received = b""
        while received.count(b"HTTP/1.1 200") < 20 or not received.endswith(b"OK"):
            received += sock.recv(65536)
    assert received.count(b"OK") == 40  # in the status line and in the body


def test_the_flags_of_mlflow_server(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "er.db"
    flags = (
        "--backend-store-uri", f"sqlite:///{database}", "--default-artifact-root", "./art",
        "--artifacts-destination", "./dest", "--allowed-hosts", "example.com,localhost*,127.0.0.1*",
        "--static-prefix", "/mlflow", "--workers", "4", "--gunicorn-opts", "--timeout 60",
    )  # fmt: skip
    process = padauk_server(tmp_path, *flags)
    process.url += "/mlflow"
    with process as server:
        create = "/mlflow/api/2.0/mlflow/experiments/create"
        status, made, _ = ask(server, "POST", create, '{"name":"x"}', Host="example.com:8443")
        assert status == 200
        get = f"/mlflow/api/2.0/mlflow/experiments/get?experiment_id={made['experiment_id']}"
        found = ask(server, "GET", get)[1]["experiment"]
        assert found["artifact_location"] == f"{tmp_path}/art/1"
        assert ask(server, "GET", get, Host="10.0.0.1")[0] == 403
        log = server.log.read_text()
        assert "--gunicorn-opts means nothing here" in log
        assert "--workers means nothing with SQLite" in log
    assert database.exists()


def test_it_ends_when_asked_and_starts_again_with_what_was_there(tmp_path: Path) -> None:
    with padauk_server(tmp_path) as server:
        assert ask(server, "POST", "/api/2.0/mlflow/experiments/create", '{"name":"kept"}')[0] == 200
        assert server.stop() == 0
    with padauk_server(tmp_path) as server:
        status, _, _ = ask(server, "GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept")
        assert status == 200
    assert not (tmp_path / "padauk.db-wal").exists()


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--backend-store-uri", "mysql://u:p@h/d"], 8, "no data in MySQL"),
        (["--backend-store-uri", "./mlruns"], 8, "is a file store"),
        (["--backend-store-uri", "nonsense://x"], 2, "unknown database 'nonsense'"),
        (["--backend-store-uri", "sqlite:////proc/none/x.db"], 6, "cannot keep the database at"),
        (["--app-name", "basic-auth"], 8, "--app-name"),
        (["--enable-workspaces"], 8, "--enable-workspaces"),
        (["--registry-store-uri", "sqlite:///other.db"], 8, "kept in one database"),
        (["--host", "203.0.113.1"], 2, "cannot listen on 203.0.113.1"),
        (["--port", "99999"], 2, "99999 is no port"),
        (["--artifacts-destination", "ftp://x/y"], 8, "artifacts cannot be kept at"),
        (["--no-serve-artifacts", "--default-artifact-root", "mlflow-artifacts:/"], 2, "leaves nobody"),
    ],
)
def test_bad_flags_get_a_line_or_two(tmp_path: Path, flags: list[str], code: int, said: str) -> None:
    done = _run(tmp_path, "--port", str(free_port()), *flags)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = _run(tmp_path, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 4
    assert re.fullmatch(r"error: port \d+ on 127\.0\.0\.1 is in use\nhint: .*--port\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "padauk.db").write_bytes(b"not a database at all" * 100)
    done = _run(tmp_path, "--port", str(free_port()))
    assert done.returncode == 7
    assert "not a database" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def _run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "padauk", "server", *flags],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
