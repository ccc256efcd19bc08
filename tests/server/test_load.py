"""Many clients on the same runs: nothing is lost, doubled or refused, on either database."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from padauk.testing.postgres import PostgresServer
from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from padauk.testing.servers import ServerProcess

API = "/api/2.0/mlflow/"
CLIENTS, TURNS, POINTS = 32, 4, 20


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[ServerProcess]:
    with padauk_server(tmp_path, "--backend-store-uri", database_url) as process:
        yield process


class Client(threading.Thread):
    """One of many; keeps what it was answered."""

    def __init__(self, server: ServerProcess, number: int, runs: list[str]) -> None:
        super().__init__()
        self.number, self.runs = number, runs
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.statuses: Counter[int] = Counter()
        self.answers: list[Any] = []
        self.made: list[str] = []

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        self.connection.request(method, API + path, None if body is None else json.dumps(body))
        response = self.connection.getresponse()
        content = response.read()
        self.statuses[response.status] += 1
        if response.status != 200:
            self.answers.append(content)
        return json.loads(content)

    def run(self) -> None:
        for turn in range(TURNS):
            run = self.runs[(self.number + turn) % len(self.runs)]
            metrics = [
                {"key": key, "value": self.number, "timestamp": turn, "step": self.number * 1000 + n}
                for n in range(POINTS // 2)
                for key in ("shared", f"own-{self.number}")
            ]
            tags = [{"key": key, "value": f"{self.number}"} for key in (f"t{self.number}", "shared-tag")]
            params = [{"key": f"p{self.number}", "value": "v"}, {"key": "shared-param", "value": "same"}]
            batch = {"run_id": run, "metrics": metrics, "tags": tags, "params": params}
            self.call("POST", "runs/log-batch", batch)
            if turn % 2:
                self.call("POST", "runs/log-batch", batch)  # as after a lost answer
            made = self.call("POST", "runs/create", {"experiment_id": "0", "start_time": 1})
            self.made.append(made["run"]["info"]["run_id"])
            self.call("GET", f"runs/get?run_id={run}")
            self.call("GET", f"metrics/get-history?run_id={run}&metric_key=shared")
            where = f"metrics.shared >= 0 AND tags.t{self.number} = '{self.number}'"
            self.call("POST", "runs/search", {"experiment_ids": ["0"], "filter": where, "max_results": 5})
        self.connection.close()


def test_many_clients_on_the_same_runs(server: ServerProcess) -> None:
    with Client(server, 0, []) as setup:
        _hammer(server, setup)


def _hammer(server: ServerProcess, setup: Client) -> None:
    runs = [
        setup.call("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"] for _ in range(3)
    ]
    clients = [Client(server, number, runs) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [answer for client in clients for answer in client.answers] == []
    # every point once: two turns may log the same (run, key, step), but at another time
    points = Counter(
        (run, point["step"], point["timestamp"])
        for run in runs
        for point in setup.call("GET", f"metrics/get-history?run_id={run}&metric_key=shared")["metrics"]
    )
    expected = {
        (runs[(number + turn) % 3], number * 1000 + n, turn)
        for number in range(CLIENTS)
        for turn in range(TURNS)
        for n in range(POINTS // 2)
    }
    assert set(points) == expected
    assert set(points.values()) == {1}
    made = {run for client in clients for run in client.made}
    assert len(made) == CLIENTS * TURNS
    found = setup.call("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 50_000})["runs"]
    assert {run["info"]["run_id"] for run in found} == made | set(runs)
    for run in runs:
        data = setup.call("GET", f"runs/get?run_id={run}")["run"]["data"]
        latest = {metric["key"]: metric["step"] for metric in data["metrics"]}
        assert latest["shared"] == (CLIENTS - 1) * 1000 + POINTS // 2 - 1
        assert sum(param["key"] == "shared-param" for param in data["params"]) == 1


@pytest.mark.fault
def test_postgresql_restarts_under_load(tmp_path: Path) -> None:
    """What was acknowledged is there; what was refused was refused in a way that clients try again."""
    with PostgresServer(tmp_path / "cluster") as database:
        url = database.new_database()
        with padauk_server(tmp_path, "--backend-store-uri", url) as server, Client(server, 0, []) as setup:
            run = setup.call("POST", "runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
            stop = threading.Event()
            acknowledged: list[int] = []
            statuses: Counter[int] = Counter()

            def log() -> None:
                step = 0
                with Client(server, 1, [run]) as client:
                    while not stop.is_set():
                        body = {"run_id": run, "key": "m", "value": 1, "timestamp": 1, "step": step}
                        client.call("POST", "runs/log-metric", body)
                        if client.answers:
                            client.answers.clear()
                        else:
                            acknowledged.append(step)
                        step += 1
                statuses.update(client.statuses)

            thread = threading.Thread(target=log)
            thread.start()
            while len(acknowledged) < 20:
                stop.wait(0.02)
            database.stop()
            database.start()
            before = len(acknowledged)
            while len(acknowledged) < before + 20:
                stop.wait(0.02)
            stop.set()
            thread.join()
            assert set(statuses) <= {200, 503}
            found = setup.call("GET", f"metrics/get-history?run_id={run}&metric_key=m")["metrics"]
            assert set(acknowledged) <= {point["step"] for point in found}
