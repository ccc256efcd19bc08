"""Kill ``padauk repro`` while it records: the next one finishes, and sync tells the server of both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from padauk.client import TrackingClient
from padauk.core.settings import TrackingSettings
from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault

STAGES = """\
stages:
  first:
    cmd: cp params.yaml first.out
    deps: [params.yaml]
    outs: [first.out]
  slow:
    cmd: touch going; while [ -e hold ]; do sleep 0.02; done; cp first.out slow.out
    deps: [first.out]
    outs: [slow.out]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a padauk server."""
    with padauk_server(tmp_path_factory.mktemp("killed")) as running:
        yield running.url


def padauk(root: Path, *arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "padauk", *arguments]
    return subprocess.run(
        command, cwd=root, env=os.environ | env, capture_output=True, text=True, check=False
    )


def project(root: Path) -> Path:
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    assert padauk(root, "init", env={}).returncode == 0
    (root / "dvc.yaml").write_text(STAGES)
    (root / "params.yaml").write_text("lr: 0.1\n")
    return root


def statuses(url: str, experiment: str) -> list[tuple[str, str]]:
    with TrackingClient(TrackingSettings(uri=url)) as calls:
        found = calls.experiment_by_name(experiment)
        assert found is not None
        runs = calls.runs([found.experiment_id])
        return sorted((run.info.run_name, run.info.status) for run in runs)


def test_killed_in_a_stage(tmp_path: Path, server: str) -> None:
    root = project(tmp_path / "work")
    env = {"MLFLOW_TRACKING_URI": server, "MLFLOW_EXPERIMENT_NAME": "killed in a stage"}
    (root / "hold").touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "padauk", "repro"], cwd=root, env=os.environ | env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        end = time.monotonic() + 120
        while not (root / "going").exists():
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (root / "hold").unlink()
    again = padauk(root, "repro", env=env)
    assert again.returncode == 0, again.stderr
    synced = padauk(root, "sync", "--json", env=env)
    assert synced.returncode == 0, synced.stderr
    result: dict[str, Any] = json.loads(synced.stdout)
    assert [record["status"] for record in result["sent"]] == ["KILLED"]
    assert result["known"] == 1
    assert statuses(server, "killed in a stage") == [
        ("first", "FINISHED"),
        ("repro", "FINISHED"),
        ("repro", "KILLED"),
        ("slow", "FINISHED"),
        ("slow", "KILLED"),
    ]


def test_killed_at_any_time(tmp_path: Path, server: str) -> None:
    """Whenever it dies: the same command again finishes, no record is torn, every one is sent once."""
    root = project(tmp_path / "work")
    env = {"MLFLOW_TRACKING_URI": server, "MLFLOW_EXPERIMENT_NAME": "killed at any time"}
    began = time.monotonic()
    assert padauk(root, "repro", "-f", env=env).returncode == 0
    whole = time.monotonic() - began
    for part in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        process = subprocess.Popen(
            [sys.executable, "-m", "padauk", "repro", "-f"], cwd=root, env=os.environ | env,
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(whole * part)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    again = padauk(root, "repro", "-f", env=env)
    assert again.returncode == 0, again.stderr
    for _ in range(2):
        synced = padauk(root, "sync", "--json", env=env)
        assert synced.returncode == 0, synced.stderr
    with TrackingClient(TrackingSettings(uri=server)) as calls:
        experiment = calls.ensure_experiment("killed at any time")
        runs = list(calls.runs([experiment]))
    marks = [run.tags["padauk.record"] for run in runs]
    assert len(set(marks)) == len(marks)
    records = {mark for mark in marks if ":" not in mark}
    assert records == {name for name in os.listdir(root / ".padauk" / "runs") if _told(root, name)}
    assert {run.info.status for run in runs} <= {"FINISHED", "KILLED"}


def _told(root: Path, name: str) -> bool:
    """Whether anything of a record was written before the end came."""
    path = root / ".padauk" / "runs" / name / "journal.jsonl"
    return path.exists() and b"\n" in path.read_bytes()
