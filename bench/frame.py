"""Measure commands and functions in turn, and print medians, ratios and the floor."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

OURS = "padauk"


@dataclass
class Sample:
    """One measurement: seconds of the wall clock and of the processors, and the most memory in MB."""

    wall: float
    cpu: float = 0.0
    memory: float = 0.0


@dataclass
class Case:
    """One kind of work, by name of who did it."""

    name: str
    floor: str = ""
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def ratio(self, who: str, what: str = "wall") -> float:
        """How many times as much ``who`` takes as we; processor time tells more on a busy machine."""
        return self.median(who, what) / max(self.median(OURS, what), 1e-9)

    def median(self, who: str, what: str = "wall") -> float:
        return statistics.median(getattr(sample, what) for sample in self.samples[who])


class Bench:
    """One run of one subject in ``folder``.

    Attributes:
        folder: an empty folder on the disk to measure on.
        rounds: how often each case is measured.
        quick: work with a tenth of the size.
        env: environment of commands: nothing of the person's settings, no telemetry.
    """

    def __init__(self, folder: Path, *, rounds: int = 3, only: str = "", quick: bool = False) -> None:
        self.folder = folder
        self.rounds = rounds
        self.quick = quick
        self.env = clean_environment(folder)
        self._only = only
        self._cases: list[Case] = []

    def scaled(self, number: int) -> int:
        """``number``, or a tenth of it in a quick run."""
        return max(1, number // 10) if self.quick else number

    def compare(self, name: str, work: Mapping[str, Callable[[int], Sample]], *, floor: str = "") -> None:
        """Measure ``work`` by name of who does it, in turn, ``rounds`` times.

        Args:
            name: what is done, for the table.
            work: prepares (untimed), does the work in round ``n`` and answers the sample; ``padauk`` is us.
            floor: name of the entry of ``work`` that is no peer, but the least that anybody must do.
        """
        if self._only and self._only not in name:
            return
        case = Case(name, floor)
        for number in range(self.rounds):
            for who, do in work.items():
                case.samples.setdefault(who, []).append(do(number))
        self._cases.append(case)
        print(self._line(case), flush=True)

    def command(
        self, arguments: Sequence[str | Path], cwd: Path, *, env: Mapping[str, str] | None = None
    ) -> Sample:
        """Run a command to its end and measure it; a failure stops the bench."""
        os.sync()  # what was written before is not paid for here
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(argument) for argument in arguments],
            cwd=cwd,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert child.stderr is not None
        noise = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        child.stderr.close()
        if child.returncode:
            shown = " ".join(str(argument) for argument in arguments)
            raise SystemExit(f"{shown}: exit {child.returncode}\n{noise.decode(errors='replace')[-2000:]}")
        return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)

    def timed(self, work: Callable[[], object]) -> Sample:
        """Measure a function in this process (wall clock and its processors)."""
        start, cpu = time.perf_counter(), time.process_time()
        work()
        return Sample(time.perf_counter() - start, time.process_time() - cpu)

    def finish(self) -> None:
        """Print the table as Markdown."""
        print("\n| work | padauk | peer | ratio (of cpu) | floor | memory |")
        print("| --- | --- | --- | --- | --- | --- |")
        for case in self._cases:
            ours = case.median(OURS)
            peers = [who for who in case.samples if who not in {OURS, case.floor}]
            told = ", ".join(f"{who} {_seconds(case.median(who))}" for who in peers)
            ratios = ", ".join(f"{case.ratio(who):.1f}x ({case.ratio(who, 'cpu'):.1f}x)" for who in peers)
            floor = f"{case.floor} {_seconds(case.median(case.floor))}" if case.floor else ""
            memory = f"{case.median(OURS, 'memory'):.0f} MB"
            print(f"| {case.name} | {_seconds(ours)} | {told} | {ratios} | {floor} | {memory} |")

    def to_json(self, disk: str) -> dict[str, Any]:
        """All samples, for ``bench/results``."""
        return {
            "machine": machine(),
            "disk": disk,
            "rounds": self.rounds,
            "quick": self.quick,
            "cases": [
                {
                    "name": case.name,
                    "floor": case.floor,
                    "seconds": {who: [sample.wall for sample in some] for who, some in case.samples.items()},
                    "cpu": {who: [sample.cpu for sample in some] for who, some in case.samples.items()},
                    "memory_mb": {
                        who: [sample.memory for sample in some] for who, some in case.samples.items()
                    },
                }
                for case in self._cases
            ],
        }

    def _line(self, case: Case) -> str:
        parts = [
            f"{who} {_seconds(case.median(who))}"
            + (
                ""
                if who in {OURS, case.floor}
                else f" ({case.ratio(who):.1f}x, cpu {case.ratio(who, 'cpu'):.1f}x)"
            )
            for who in case.samples
        ]
        return f"  {case.name:<34} {'   '.join(parts)}"


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of every measured command."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOME": str(home / "home"),
        "XDG_CONFIG_HOME": str(home / "home" / "config"),
        "XDG_CACHE_HOME": str(home / "home" / "cache"),
        "DVC_SITE_CACHE_DIR": str(home / "home" / "dvc"),
        "DVC_NO_ANALYTICS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench",
        "GIT_AUTHOR_EMAIL": "bench@localhost",
        "GIT_COMMITTER_NAME": "bench",
        "GIT_COMMITTER_EMAIL": "bench@localhost",
    }


def program(name: str) -> str:
    """Path of a command that is installed beside this Python (``padauk``, ``dvc``, ``mlflow``)."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    found = beside if os.path.exists(beside) else shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed; 'make bench' sets it up")
    return found


def machine() -> str:
    """Cores and memory in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return f"{os.cpu_count()} cores, {memory:.0f} GiB"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.1f} ms"
