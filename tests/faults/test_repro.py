"""Repro under kill -9, signals, damaged caches and full disks: the same command again finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from padauk.testing.faults import CannotMountError, flip_bit, small_disk
from padauk.testing.killing import run_killed_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.fault

PADAUK = [sys.executable, "-m", "padauk"]
PIPELINE = """\
stages:
  one:
    cmd: mkdir -p one && cp in one/a && cp in one/b
    deps: [in]
    outs: [one]
  two:
    cmd: cat one/a one/b > two && echo '{"m":1}' > m.json
    deps: [one]
    params: [lr]
    outs: [two]
    metrics:
    - m.json: {cache: false}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    padauk(root, "init")
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("lr: 1\n")
    (root / "in").write_text("x\n")
    return root


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts padauk in the background; what still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(root: Path, *args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PADAUK, *args], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def padauk(root: Path, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*PADAUK, *args], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def objects(root: Path) -> list[Path]:
    return [path for path in (root / ".dvc/cache/files").rglob("*") if path.is_file()]


def assert_whole(root: Path) -> None:
    """Up to date, every object is what its name says, and nothing temporary is left."""
    assert "Up to date" in padauk(root, "repro").stdout
    import hashlib

    for path in objects(root):
        name = (path.parent.name + path.name).removesuffix(".dir")
        assert hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == name
    left = [path for path in root.rglob("*.tmp") if ".git" not in path.parts]
    assert left == []
    assert (root / "two").read_text() == "x\nx\n"


POINTS = [
    ("pipeline.run.cleared", 1),
    ("pipeline.run.done", 1),
    ("pipeline.run.done", 2),
    ("pipeline.save.stored", 1),
    ("pipeline.save.locked", 1),
    ("pipeline.save.locked", 2),
    ("pipeline.runcache.before", 2),
    ("objects.publish.before", 2),
    ("objects.tree.before", 1),
]


def test_killed_at_each_point(repository: Path) -> None:
    """One repository, killed again and again, each time with new input; the last run finishes the work."""
    for number, (point, count) in enumerate(POINTS):
        (repository / "params.yaml").write_text(f"lr: {number}\n")
        (repository / "in").write_text(f"{number}\n")
        assert run_killed_at(point, count, ["repro"], cwd=repository), f"{point} was not passed"
    (repository / "in").write_text("x\n")
    padauk(repository, "repro")
    assert_whole(repository)


def test_killed_while_restoring(repository: Path) -> None:
    padauk(repository, "repro")
    (repository / "two").unlink()
    (repository / "m.json").unlink()
    assert run_killed_at("pipeline.restore.one", 1, ["repro"], cwd=repository)
    padauk(repository, "repro")
    assert_whole(repository)


def test_orphan_of_a_killed_repro_is_stopped(repository: Path, start: Start) -> None:
    """kill -9 leaves the command running; the next repro stops it before it writes the same outputs."""
    (repository / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; cp in out\n"
        "    deps: [in]\n    outs: [out]\n"
    )
    first = start(repository, "repro")
    pid = wait_for_pid(repository / "pid")
    first.kill()
    first.wait()
    os.kill(pid, 0)  # it lives on
    (repository / "pid").unlink()
    second = start(repository, "repro")
    other = wait_for_pid(repository / "pid")
    assert other != pid
    assert not alive(pid)
    (repository / "go").touch()
    _, said = second.communicate(timeout=30)
    assert second.returncode == 0
    assert f"stopped process {pid}" in said
    assert (repository / "out").read_text() == "x\n"


def wait_for_pid(path: Path) -> int:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if path.exists() and path.read_text().strip():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError("the command did not start")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_reaches_the_command(repository: Path, start: Start, number: int, code: int) -> None:
    (repository / "dvc.yaml").write_text(
        "stages:\n"
        "  first: {cmd: cp in first, deps: [in], outs: [first]}\n"
        "  slow:\n"
        "    cmd: trap 'echo told; exit 3' INT TERM; echo $$ > pid; while :; do sleep 0.05; done\n"
        "    deps: [first]\n    outs: [out]\n"
    )
    process = start(repository, "repro")
    pid = wait_for_pid(repository / "pid")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "told" in out
    assert "interrupted" in err
    assert not alive(pid)
    lock = (repository / "dvc.lock").read_text()
    assert "first:" in lock
    assert "slow:" not in lock
    log = next((repository / ".padauk/logs").glob("*-slow.log")).read_text()
    assert "told" in log


def test_command_that_ends_well_after_an_interrupt_counts(repository: Path, start: Start) -> None:
    (repository / "dvc.yaml").write_text(
        "stages:\n"
        "  slow:\n"
        "    cmd: trap 'cp in out; exit 0' INT; echo $$ > pid; while :; do sleep 0.05; done\n"
        "    deps: [in]\n    outs: [out]\n"
        "  next: {cmd: cp out next, deps: [out], outs: [next]}\n"
    )
    process = start(repository, "repro")
    wait_for_pid(repository / "pid")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert not (repository / "next").exists()
    assert "slow:" in (repository / "dvc.lock").read_text()
    assert "1 ran, 1 up to date" in padauk(repository, "repro").stdout


def test_other_verbs_work_while_a_command_runs(repository: Path, start: Start) -> None:
    (repository / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: echo $$ > pid; while [ ! -e go ]; do sleep 0.05; done; cp in out\n"
        "    deps: [in]\n    outs: [out]\n"
    )
    process = start(repository, "repro")
    wait_for_pid(repository / "pid")
    (repository / "other").write_text("1\n")
    padauk(repository, "add", "other")
    busy = padauk(repository, "repro", check=False)
    assert busy.returncode == 6
    assert f"process {process.pid}" in busy.stderr
    (repository / "go").touch()
    assert process.wait(30) == 0


def test_damaged_object_is_not_restored(repository: Path) -> None:
    """An object with other bytes is dropped, and the stage runs again instead."""
    padauk(repository, "repro")
    good = (repository / "two").read_bytes()
    victim = next(path for path in objects(repository) if path.read_bytes() == good)
    (repository / "two").unlink()
    flip_bit(victim)
    said = padauk(repository, "repro").stderr
    assert "damaged" in said
    assert "running stage 'two' instead" in said
    assert_whole(repository)


def test_full_disk_says_so_and_loses_nothing(repository: Path) -> None:
    (repository / "dvc.yaml").write_text(
        "stages:\n  big: {cmd: head -c 3000000 /dev/zero > big, deps: [in], outs: [big]}\n"
    )
    cache = repository / ".dvc/cache"
    cache.mkdir(exist_ok=True)
    try:
        with small_disk(cache, 1_000_000):
            failed = padauk(repository, "repro", check=False)
            assert failed.returncode == 6
            assert "no space left" in failed.stderr
            assert len(failed.stderr.strip().splitlines()) <= 3
            assert not (repository / "dvc.lock").exists()
    except CannotMountError:
        pytest.skip("only root may mount a small disk")
    padauk(repository, "repro")
    assert "Up to date" in padauk(repository, "repro").stdout
