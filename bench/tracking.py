"""The tracking server beside MLflow's and FastTrackML: the same requests to each, in one run.

``python -m bench.tracking [--rounds N] [--peers mlflow,fasttrackml] [--scale 1.0] [--big]``. Peers are
installed into
``.tools/bench-*`` venvs of their own. Figures are operations (or points) a second, and the ratio of
padauk to the
best peer; ``cpu`` is the server's processor time for one operation, which a busy machine does not distort.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.http import Load, drive, request
from padauk.testing.servers import ServerProcess, padauk_server

API = "/api/2.0/mlflow/"
ROOT = Path(__file__).parents[1]
if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Target:
    """A server under measure, and what was made on it so far."""

    name: str
    server: ServerProcess
    results: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    serial: int = 0

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
    body = {"experiment_id": experiment, "start_time": 1_700_000_000_000 + number, "run_name": f"r{number}"}
    return request("POST", API + "runs/create", body)


def batch(run: str, key: str, count: int, start: int = 0) -> bytes:
    points = [
        {"key": key, "value": n * 0.001, "timestamp": 1_700_000_000_000 + n, "step": n}
        for n in range(start, start + count)
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
            {"key": f"m{n}", "value": n + number * 0.01, "timestamp": 1, "step": 1} for n in range(99)
        ] + [{"key": "acc", "value": number % 1000 / 1000, "timestamp": 1, "step": 1}]
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


def measure(target: Target, name: str, work: Callable[[], Load], *, each: int = 1) -> None:
    """Time ``work``; ``each`` units lie in one request."""
    before = target.seconds()
    load = work()
    spent = target.seconds() - before
    target.results.setdefault(name, []).append(load.count * each / load.seconds)
    target.cpu.setdefault(name, []).append(spent / (load.count * each))


def play(target: Target, scale: float) -> None:
    """One round of all rows."""
    port = target.server.port

    def n(count: int) -> int:
        return max(2, int(count * scale))

    e = target.experiment()
    measure(target, "an empty request", lambda: drive(port, [request("GET", "/health")] * n(1000)))
    measure(target, "create run", lambda: drive(port, [new_run(e, i) for i in range(n(300))]))
    measure(
        target,
        "create run, 8 connections",
        lambda: drive(port, [new_run(e, i) for i in range(n(600))], connections=8),
    )
    run, other = target.runs(e, 2)
    points = [
        request(
            "POST",
            API + "runs/log-metric",
            {"run_id": run, "key": "a", "value": i, "timestamp": i, "step": i},
        )
        for i in range(n(1500))
    ]
    half = len(points) // 3
    measure(target, "log-metric", lambda: drive(port, points[:half]))
    measure(target, "log-metric, 8 connections", lambda: drive(port, points[half:], connections=8))
    measure(
        target, "log-batch of 10 (points)",
        lambda: drive(port, [batch(run, "b", 10, i * 10) for i in range(n(300))]), each=10,
    )  # fmt: skip
    batches = [batch(other, "loss", 1000, i * 1000) for i in range(n(100))]
    measure(target, "log-batch of 1000 (points)", lambda: drive(port, batches), each=1000)
    history = request("GET", f"{API}metrics/get-history?run_id={other}&metric_key=loss")
    measure(
        target, "read that history (points)", lambda: drive(port, [history] * 3), each=1000 * len(batches)
    )
    one = request("GET", f"{API}runs/get?run_id={run}")
    measure(target, "get run", lambda: drive(port, [one] * n(500)))
    f = target.experiment()
    measure(target, "full runs", lambda: full_runs(target, f, n(200)))
    measure(target, "search newest 100", lambda: drive(port, [search(f)] * n(20)))
    measure(target, "search filtered and ordered", lambda: drive(port, [search(f, **FILTER)] * n(20)))
    measure(
        target, "scan of all runs (runs)",
        lambda: drive(port, [search(f, max_results=1000)] * 3), each=n(200),
    )  # fmt: skip


def peer_venv(name: str, *packages: str) -> Path:
    """A venv of its own for a peer, made once."""
    folder = ROOT / ".tools" / f"bench-{name}"
    if not (folder / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *packages], check=True)
    return folder


def peer(name: str, folder: Path) -> ServerProcess:
    """A peer's server on SQLite, not started yet."""
    folder.mkdir()
    if name == "mlflow":
        program = Path(sys.executable).with_name("mlflow")
        flags = ["--backend-store-uri", "sqlite:///m.db", "--port", "{port}", "--workers", "1"]
        return ServerProcess([str(program), "server", *flags], folder, seconds=240, graceful=False)
    program = peer_venv("fasttrackml", "fasttrackml") / "bin" / "fml"
    command = [
        str(program),
        "server",
        "--listen-address",
        "127.0.0.1:{port}",
        "--database-uri",
        "sqlite://f.db",
    ]
    return ServerProcess(command, folder, seconds=60, graceful=False)


def show(targets: list[Target]) -> None:
    """The table of medians."""
    ours = targets[0]
    print(f"{'':34}" + "".join(f"{target.name:>14}{'cpu':>11}" for target in targets) + f"{'ratio':>9}")
    for row in ours.results:
        line = f"{row:34}"
        medians = [statistics.median(target.results[row]) for target in targets]
        for target, median in zip(targets, medians, strict=True):
            line += f"{median:>12,.0f}/s{statistics.median(target.cpu[row]) * 1e6:>8,.0f} µs"
        best = max(medians[1:], default=0)
        print(line + (f"{medians[0] / best:>8.1f}x" if best else ""))
    print(f"{'memory after load':34}" + "".join(f"{target.memory():>11,.0f} MB{'':11}" for target in targets))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--peers", default="mlflow,fasttrackml")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "padauk").mkdir()
        targets = [Target("padauk", padauk_server(home / "padauk").start())]
        try:
            names = filter(None, chosen.peers.split(","))
            targets += [Target(name, peer(name, home / name).start()) for name in names]
            for _ in range(chosen.rounds):
                for target in targets:
                    play(target, chosen.scale)
            show(targets)
        finally:
            for target in targets:
                target.server.kill()


if __name__ == "__main__":
    main()
