"""A server that is killed while spans come in keeps every export that it answered, and no half of another."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.request
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from pathlib import Path

SPANS = 5


def _request(number: int) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for place in range(1, SPANS + 1):
        span = scope.spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=place.to_bytes(8, "big"),
            name=f"step {place}",
            start_time_unix_nano=10**18,
            end_time_unix_nano=10**18 + 1,
        )
        if place > 1:
            span.parent_span_id = (1).to_bytes(8, "big")
    return request.SerializeToString()


@pytest.mark.fault
def test_every_export_that_was_answered_is_there(tmp_path: Path) -> None:
    answered: list[int] = []
    ready = threading.Event()
    server = padauk_server(tmp_path)

    def send(first: int) -> None:
        for number in range(first, first + 10_000):
            call = urllib.request.Request(f"{server.url}/v1/traces", data=_request(number), method="POST")
            call.add_header("Content-Type", "application/x-protobuf")
            call.add_header("x-mlflow-experiment-id", "0")
            try:
                with urllib.request.urlopen(call, timeout=30):
                    answered.append(number)
            except (OSError, http.client.HTTPException):
                return
            if len(answered) > 150:
                ready.set()

    server.start()
    senders = [threading.Thread(target=send, args=(place * 10_000 + 1,)) for place in range(4)]
    for sender in senders:
        sender.start()
    assert ready.wait(120)
    server.kill()
    for sender in senders:
        sender.join(60)
    with server.start():
        for number in answered:
            url = f"{server.url}/api/3.0/mlflow/traces/get?trace_id=tr-{number:032x}"
            with urllib.request.urlopen(url, timeout=30) as answer:
                trace = json.load(answer)["trace"]
            assert len(trace["spans"]) == SPANS
            assert trace["trace_info"]["state"] == "OK"
        search = urllib.request.Request(
            f"{server.url}/api/3.0/mlflow/traces/search",
            data=json.dumps(
                {"locations": [{"mlflow_experiment": {"experiment_id": "0"}}], "max_results": 500}
            ).encode(),
            method="POST",
        )
        with urllib.request.urlopen(search, timeout=30) as answer:
            found = json.load(answer)["traces"]
        assert {one["state"] for one in found} == {"OK"}
