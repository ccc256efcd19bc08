"""Artifacts and the model registry, through the server, beside MLflow's: the same requests to each."""

from __future__ import annotations

import http.client
import json
import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from bench.frame import OURS, Bench, Sample
from padauk.testing.servers import ServerProcess, mlflow_server, padauk_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

API = "/api/2.0/mlflow/"
PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
MIB = 1 << 20


class Target:
    """A server, and one kept connection to it."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600, blocksize=MIB)
        self.serial = 0

    def send(self, method: str, path: str, body: Any = None) -> bytes:
        headers = {}
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        self.web.request(method, path, body, headers)
        answer = self.web.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:500]!r}")
        return data

    def drain(self, path: str) -> int:
        """Download without keeping; the number of bytes."""
        self.web.request("GET", path)
        answer = self.web.getresponse()
        size = 0
        while piece := answer.read(MIB):
            size += len(piece)
        return size

    def next(self) -> int:
        self.serial += 1
        return self.serial

    def measured(self, work: Callable[[], object]) -> Sample:
        """Wall time of ``work``, processor time and memory of the server."""
        cpu, start = self._cpu(), time.perf_counter()
        work()
        return Sample(time.perf_counter() - start, self._cpu() - cpu, self._memory())

    def _processes(self) -> list[str]:
        assert self.server.process is not None
        leader, found = self.server.process.pid, []
        for pid in os.listdir("/proc"):
            if pid.isdigit():
                try:
                    with open(f"/proc/{pid}/stat") as file:
                        fields = file.read().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[3]) == leader:  # its session
                    found.append(pid)
        return found

    def _cpu(self) -> float:
        ticks = 0
        for pid in self._processes():
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _memory(self) -> float:
        pages = 0
        for pid in self._processes():
            with open(f"/proc/{pid}/statm") as file:
                pages += int(file.read().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def run(bench: Bench) -> None:
    """Measure."""
    with ExitStack() as stack:
        targets = {}
        for name, make in ((OURS, padauk_server), ("mlflow", mlflow_server)):
            folder = bench.folder / name
            folder.mkdir()
            flags = ("--backend-store-uri", "sqlite:///bench.db")
            targets[name] = Target(stack.enter_context(make(folder, *flags)))

        def compare(name: str, prepare: Callable[[Target], Callable[[], object]]) -> None:
            def of(target: Target) -> Callable[[int], Sample]:
                def measure(_: int) -> Sample:
                    target.web.close()  # the other server's turn may have outlasted the connection
                    return target.measured(prepare(target))

                return measure

            bench.compare(name, {who: of(target) for who, target in targets.items()})

        files = bench.scaled(300)
        large = bench.folder / "large.bin"
        size = bench.scaled(500)
        _fill(large, size)
        compare(f"upload {files} files of 10 kB", lambda target: _small(target, files))
        compare(f"list {files} files", lambda target: _list(target, files))
        compare(f"upload {size} MB", lambda target: lambda: _put(target, large))
        compare(f"upload the same {size} MB again", lambda target: lambda: _put(target, large))
        compare(f"download {size} MB", lambda target: _download(target, large))
        versions = bench.scaled(200)
        compare(f"create {versions} model versions", lambda target: _versions(target, versions))
        compare(f"get by alias, {versions} times", lambda target: _aliases(target, versions))
        compare("search 100 of 1000 models by three tags", _search)


def _fill(path: Path, mebibytes: int) -> None:
    block = os.urandom(MIB)
    with open(path, "wb") as file:
        for number in range(mebibytes):
            file.write(number.to_bytes(8, "big") + block[8:])


def _small(target: Target, count: int) -> Callable[[], object]:
    folder, data = target.next(), [os.urandom(10_000) for _ in range(count)]

    def work() -> None:
        for number, body in enumerate(data):
            target.send("PUT", f"{PROXY}small/{folder}/{number}", body)

    return work


def _list(target: Target, count: int) -> Callable[[], object]:
    _small(target, count)()
    path = f"{PROXY.rstrip('/')}?path=small/{target.serial}"

    def work() -> None:
        for _ in range(20):
            found = json.loads(target.send("GET", path))["files"]
            assert len(found) == count

    return work


def _put(target: Target, large: Path) -> None:
    with open(large, "rb") as file:
        target.send("PUT", f"{PROXY}large/{target.next()}", file)


def _download(target: Target, large: Path) -> Callable[[], object]:
    _put(target, large)
    path = f"{PROXY}large/{target.serial}"

    def work() -> None:
        assert target.drain(path) == large.stat().st_size

    return work


def _versions(target: Target, count: int) -> Callable[[], object]:
    name = f"model-{target.next()}"
    target.send("POST", f"{API}registered-models/create", {"name": name})

    def work() -> None:
        for _ in range(count):
            target.send("POST", f"{API}model-versions/create", {"name": name, "source": "s3://bucket/m"})

    return work


def _aliases(target: Target, count: int) -> Callable[[], object]:
    name = f"model-{target.next()}"
    target.send("POST", f"{API}registered-models/create", {"name": name})
    target.send("POST", f"{API}model-versions/create", {"name": name, "source": "s3://bucket/m"})
    target.send("POST", f"{API}registered-models/alias", {"name": name, "alias": "best", "version": "1"})

    def work() -> None:
        for _ in range(count):
            target.send("GET", f"{API}registered-models/alias?name={name}&alias=best")

    return work


def _search(target: Target) -> Callable[[], object]:
    if target.serial < 100_000:
        target.serial = 100_000
        for number in range(1000):
            tags = [{"key": key, "value": str(number % part)} for key, part in (("a", 2), ("b", 5), ("c", 1))]
            target.send("POST", f"{API}registered-models/create", {"name": f"tagged-{number}", "tags": tags})
    what = "tags.a%20%3D%20'0'%20AND%20tags.b%20%3D%20'0'%20AND%20tags.c%20%3D%20'0'"

    def work() -> None:
        for _ in range(10):
            found = json.loads(target.send("GET", f"{API}registered-models/search?filter={what}"))
            assert len(found["registered_models"]) == 100

    return work
