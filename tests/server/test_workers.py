"""Several server processes on one PostgreSQL."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from padauk.testing.postgres import PostgresServer

CREATE = "/api/2.0/mlflow/experiments/create"


def children(pid: int) -> set[int]:
    return {int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.mark.fault
def test_workers_share_the_work_and_the_fallen_are_replaced(postgres: PostgresServer, tmp_path: Path) -> None:
    flags = ("--backend-store-uri", postgres.new_database(), "--workers", "3")
    with padauk_server(tmp_path, *flags) as server:
        assert server.process is not None
        time.sleep(2.5)  # one that falls at once would not be replaced
        first = children(server.process.pid)
        assert len(first) == 3
        fallen = first.pop()
        os.kill(fallen, signal.SIGKILL)
        end = time.monotonic() + 20
        while len(children(server.process.pid) - {fallen}) < 3 and time.monotonic() < end:
            time.sleep(0.05)
        assert len(children(server.process.pid) - {fallen}) == 3

        def client(number: int) -> int:
            made = 0
            for turn in range(10):
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
                connection.request("POST", CREATE, json.dumps({"name": f"e{number}-{turn}"}))
                made += connection.getresponse().status == 200
                connection.close()
            return made

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(client, range(6))) == 60
        assert server.stop() == 0
