"""The tracking server beside MLflow's and FastTrackML: the same requests to each, in turn.

Each server runs on SQLite, as one process, on this machine, which the load client shares. FastTrackML has an
environment of its own, since it needs an old mlflow. Times are of the wall clock for all requests of a
row; the processor time is the server's.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.frame import OURS, Sample
from bench.http import Load, drive, request
from bench.peers import own_environment
from padauk.testing.servers import ServerProcess, padauk_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.frame import Bench

NOW = 1_700_000_000_000
API = "/api/2.0/mlflow/"


@dataclass
class Target:
    """A server under measure, and what was made on it so far."""

    name: str
    server: ServerProcess
    serial: int = 0
    prepared: float = 0.0
    history: str = ""
    forest: str = ""

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        load = drive(self.server.port, [request(method, API + path, body)], keep=True)
        found: dict[str, object] = json.loads(load.bodies[0] or b"{}")
        return found

    def experiment(self) -> str:
        self.serial += 1
        made = self.call("POST", "experiments/create", {"name": f"bench-{self.serial}"})
        return str(made["experiment_id"])

    def runs(self, experiment: str, count: int) -> list[str]:
        load = drive(self.server.port, [new_run(experiment, n) for n in range(count)], keep=True)
        return [json.loads(body)["run"]["info"]["run_id"] for body in load.bodies]

    def pids(self) -> list[Path]:
        """``/proc`` folders of the server and its children: the session that it leads."""
        process = self.server.process
        assert process is not None
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == process.pid:
                found.append(folder)
        return found

    def seconds(self) -> float:
        """Processor time of the server and its children so far."""
        total = 0
        for folder in self.pids():
            for task in folder.glob("task/*/schedstat"):
                total += int(task.read_text().split()[0])
        return total / 1e9

    def memory(self) -> float:
        """Resident megabytes of the server and its children."""
        pages = sum(int((folder / "statm").read_text().split()[1]) for folder in self.pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def new_run(experiment: str, number: int) -> bytes:
    body = {"experiment_id": experiment, "start_time": NOW + number, "run_name": f"r{number}"}
    return request("POST", API + "runs/create", body)


def batch(run: str, key: str, count: int, start: int = 0) -> bytes:
    points = [
        {"key": key, "value": n * 0.001, "timestamp": NOW + n, "step": n} for n in range(start, start + count)
    ]
    return request("POST", API + "runs/log-batch", {"run_id": run, "metrics": points})


def search(experiment: str, **more: object) -> bytes:
    return request("POST", API + "runs/search", {"experiment_ids": [experiment], "max_results": 100, **more})


FILTER = {"filter": "metrics.acc > 0.5 and params.lr = '0.01'", "order_by": ["metrics.acc DESC"]}


def full_runs(target: Target, experiment: str, count: int, start: int = 0) -> Load:
    """Create, 100 metrics, 20 params, 10 tags, finish: three requests a run."""
    total = Load(0, 0, [])
    for number in range(start, start + count):
        one = drive(target.server.port, [new_run(experiment, number)], keep=True)
        run = json.loads(one.bodies[0])["run"]["info"]["run_id"]
        metrics = [
            {"key": f"m{n}", "value": n + number * 0.01, "timestamp": NOW, "step": 1} for n in range(99)
        ] + [{"key": "acc", "value": number % 1000 / 1000, "timestamp": NOW, "step": 1}]
        params = [{"key": f"p{n}", "value": str(n)} for n in range(19)]
        params.append({"key": "lr", "value": ("0.1", "0.01", "0.001")[number % 3]})
        tags = [{"key": f"t{n}", "value": "some text"} for n in range(10)]
        body = {"run_id": run, "metrics": metrics, "params": params, "tags": tags}
        rest = drive(
            target.server.port,
            [
                request("POST", API + "runs/log-batch", body),
                request("POST", API + "runs/update", {"run_id": run, "status": "FINISHED", "end_time": 9}),
            ],
        )
        total.seconds += one.seconds + rest.seconds
        total.count += 1
    return total


@dataclass(frozen=True)
class Row:
    """One kind of work: prepared untimed, then driven."""

    name: str
    count: int
    work: Callable[[Target, int], Load]


def run(bench: Bench) -> None:
    """All rows on all servers."""
    targets = [Target(OURS, padauk_server(_folder(bench, OURS)))]
    targets += [Target(name, peer(name, _folder(bench, name))) for name in ("mlflow", "fasttrackml")]
    try:
        for target in targets:
            target.server.start()
        for row in ROWS:
            count = bench.scaled(row.count)
            bench.compare(
                f"{row.name} ({count:,})",
                {target.name: lambda _, t=target, r=row, c=count: measure(t, r, c) for target in targets},
            )
    finally:
        for target in targets:
            target.server.kill()


def measure(target: Target, row: Row, count: int) -> Sample:
    """Wall clock of the answers, processor time and memory of the server."""
    load = row.work(target, count)
    return Sample(load.seconds, target.seconds() - target.prepared, target.memory())


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.folder / name
    folder.mkdir()
    return folder


def peer(name: str, folder: Path) -> ServerProcess:
    """A peer's server on SQLite, not started yet."""
    if name == "mlflow":
        program = Path(sys.executable).with_name("mlflow")
        flags = ["--backend-store-uri", "sqlite:///m.db", "--port", "{port}", "--workers", "1"]
        return ServerProcess([str(program), "server", *flags], folder, seconds=240, graceful=False)
    program = own_environment("fasttrackml", "fasttrackml") / "fml"
    flags = ["--listen-address", "127.0.0.1:{port}", "--database-uri", f"sqlite://{folder}/f.db"]
    return ServerProcess([str(program), "server", *flags], folder, seconds=120, graceful=False)


def _sent(target: Target, requests: list[bytes], *, connections: int = 1) -> Load:
    target.prepared = target.seconds()
    return drive(target.server.port, requests, connections=connections)


def _create(target: Target, count: int, *, connections: int = 1) -> Load:
    experiment = target.experiment()
    return _sent(target, [new_run(experiment, n) for n in range(count)], connections=connections)


def _log_metric(target: Target, count: int, *, connections: int = 1) -> Load:
    run = target.runs(target.experiment(), 1)[0]
    point = {"run_id": run, "key": "loss"}
    requests = [
        request("POST", API + "runs/log-metric", {**point, "value": n * 0.1, "timestamp": NOW + n, "step": n})
        for n in range(count)
    ]
    return _sent(target, requests, connections=connections)


def _batches(target: Target, count: int, *, size: int) -> Load:
    target.history = run = target.runs(target.experiment(), 1)[0]
    return _sent(target, [batch(run, "loss", size, n * size) for n in range(count)])


def _history(target: Target, count: int) -> Load:
    path = f"{API}metrics/get-history?run_id={target.history}&metric_key=loss"
    return _sent(target, [request("GET", path)] * count)


def _get(target: Target, count: int) -> Load:
    return _sent(target, [request("GET", f"{API}runs/get?run_id={target.history}")] * count)


def _full(target: Target, count: int) -> Load:
    target.forest = target.experiment()
    target.prepared = target.seconds()
    return full_runs(target, target.forest, count)


def _search(target: Target, count: int, **more: object) -> Load:
    return _sent(target, [search(target.forest, **more)] * count)


ROWS = (
    Row("an empty request", 2000, lambda t, n: _sent(t, [request("GET", "/health")] * n)),
    Row("create run", 300, _create),
    Row("create run, 8 connections", 600, lambda t, n: _create(t, n, connections=8)),
    Row("log-metric", 500, _log_metric),
    Row("log-metric, 8 connections", 1000, lambda t, n: _log_metric(t, n, connections=8)),
    Row("log-batch of 10 points", 300, lambda t, n: _batches(t, n, size=10)),
    Row("get run", 500, _get),
    Row("log-batch of 1000 points", 100, lambda t, n: _batches(t, n, size=1000)),
    Row("read that history", 5, _history),
    Row("full runs (130 values each)", 200, _full),
    Row("search the newest 100", 20, _search),
    Row("search with filter and order", 20, lambda t, n: _search(t, n, **FILTER)),
    Row("scan of all runs", 5, lambda t, n: _search(t, n, max_results=1000)),
)
