"""kill -9 of a server under load: what it acknowledged is there, and nothing is half there."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from pathlib import Path

    from padauk.testing.servers import ServerProcess

pytestmark = pytest.mark.fault

API = "/api/2.0/mlflow/"
CLIENTS = 6


class Client(threading.Thread):
    """Logs batches until the server is gone; remembers which were acknowledged."""

    def __init__(self, server: ServerProcess, run_id: str, number: int) -> None:
        super().__init__()
        self.port, self.run_id, self.number = server.port, run_id, number
        self.acknowledged: list[int] = []
        self.sent = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while True:
                turn = self.sent
                self.sent += 1
                key = f"m{self.number}"
                metrics = [{"key": key, "value": turn, "timestamp": turn, "step": n} for n in range(10)]
                tags = [{"key": f"last{self.number}", "value": str(turn)}]
                body = json.dumps({"run_id": self.run_id, "metrics": metrics, "tags": tags})
                connection.request("POST", f"{API}runs/log-batch", body)
                response = connection.getresponse()
                response.read()
                assert response.status == 200
                self.acknowledged.append(turn)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


def call(server: ServerProcess, method: str, path: str, body: object = None) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, API + path, None if body is None else json.dumps(body))
    found: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return found


@pytest.mark.parametrize("after", [0.3, 0.8, 1.5])
def test_acknowledged_writes_survive(tmp_path: Path, after: float) -> None:
    with padauk_server(tmp_path) as server:
        made = call(server, "POST", "runs/create", {"experiment_id": "0"})
        run_id = made["run"]["info"]["run_id"]  # type: ignore[index]
        clients = [Client(server, run_id, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(after)
        server.kill()
        for client in clients:
            client.join()
    assert sum(len(client.acknowledged) for client in clients) > CLIENTS
    with padauk_server(tmp_path) as server:
        for client in clients:
            found = call(server, "GET", f"metrics/get-history?run_id={run_id}&metric_key=m{client.number}")
            points: list[dict[str, int]] = found.get("metrics", [])  # type: ignore[assignment]
            turns = [point["timestamp"] for point in points]
            # every batch is whole, and at most the one that was under way is more than was acknowledged
            assert {turns.count(turn) for turn in turns} <= {10}
            assert set(client.acknowledged) <= set(turns) <= set(range(client.sent))
        call(server, "POST", "runs/update", {"run_id": run_id, "status": "FINISHED"})
