"""What operators see of a server, and a server that only shows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from padauk.testing.servers import padauk_server
from tests.server.test_server import ask

if TYPE_CHECKING:
    from pathlib import Path

CREATE = "/api/2.0/mlflow/experiments/create"
SEARCH = "/api/2.0/mlflow/experiments/search"


def test_a_read_only_server_shows_and_refuses_changes(tmp_path: Path) -> None:
    with padauk_server(tmp_path) as server:
        assert ask(server, "POST", CREATE, '{"name": "old"}')[0] == 200
    with padauk_server(tmp_path, "--read-only") as server:
        status, found, _ = ask(server, "POST", SEARCH, '{"max_results": 5}')
        assert status == 200
        assert {one["name"] for one in found["experiments"]} == {"Default", "old"}
        for method, path in (
            ("POST", CREATE),
            ("POST", "/api/2.0/mlflow/runs/log-batch"),
            ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/x/artifacts/a.txt"),
            ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/1/x/artifacts/a.txt"),
            ("POST", "/v1/traces"),
        ):
            status, answer, _ = ask(server, method, path, b"{}")
            assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED"), path
            assert "read-only" in answer["message"]


def test_metrics_for_prometheus(tmp_path: Path) -> None:
    with padauk_server(tmp_path) as server:
        for name in ("a", "b", "a"):
            ask(server, "POST", CREATE, json.dumps({"name": name}))
        ask(server, "GET", "/nothing/at/all")
        status, text, headers = ask(server, "GET", "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = text.decode().splitlines()
    shape = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.]+')
    assert [line for line in lines if not line.startswith("# ") and not shape.fullmatch(line)] == []
    labels = f'method="POST",route="{CREATE}"'
    assert f'padauk_requests_total{{{labels},status="200"}} 2' in lines
    assert f'padauk_requests_total{{{labels},status="400"}} 1' in lines
    assert 'padauk_requests_total{method="",route="none",status="404"} 1' in lines
    assert f'padauk_request_seconds_bucket{{{labels},le="+Inf"}} 3' in lines
    assert f"padauk_request_seconds_count{{{labels}}} 3" in lines


def test_the_access_log_names_each_request(tmp_path: Path) -> None:
    with padauk_server(tmp_path, "--access-log") as server:
        given = ask(server, "GET", "/health?token=secret", x_request_id="from-proxy-1")[2]
        made = ask(server, "POST", CREATE, "{", x_request_id="two words")[2]
        log = server.log
    assert given["x-request-id"] == "from-proxy-1"
    assert re.fullmatch("[0-9a-f]{16}", made["x-request-id"])
    text = log.read_text()
    assert "secret" not in text
    found = [json.loads(line) for line in text.splitlines() if line.startswith('{"time"')]
    one, two = (line for line in found if line["id"] in {"from-proxy-1", made["x-request-id"]})
    assert (one["method"], one["path"], one["status"], one["bytes"]) == ("GET", "/health", 200, 2)
    assert one["client"] == "127.0.0.1"
    assert (two["path"], two["status"]) == (CREATE, 400)
