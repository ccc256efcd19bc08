"""Sending records later: as often as one likes, interrupted anywhere, with answers lost."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from padauk.client import TrackingClient
from padauk.client.http import Patience
from padauk.client.journal import SENT, load, record_folders
from padauk.client.recorder import Origin, Recorder
from padauk.client.sync import plan_sync, sync
from padauk.core.errors import NotFoundError, UnavailableError
from padauk.core.settings import TrackingSettings
from tests.client.driving import Heard, drive, stage
from tests.client.flaky import Flaky

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Patience(connect=5, read=60, attempts=1)


def record(root: Path, count: int = 1, experiment: str | None = None) -> None:
    """Records of ``count`` repros of two stages, sent nowhere."""
    root.mkdir(exist_ok=True)
    (root / "data.txt").write_text("1 2 3")
    settings = TrackingSettings(experiment=experiment or root.parent.name)
    for _ in range(count):
        watcher = Recorder(Origin(str(root), "padauk repro", "ana"), settings, reporter=Heard())
        drive(
            watcher,
            stage(root, "prepare", "cp data.txt prepare.out", "data.txt"),
            stage(root, "train", "cp prepare.out train.out; echo done", "prepare.out"),
            params={"lr": 0.1},
            metrics={"acc": 0.5},
        )


@dataclass
class Seen:
    """What a server holds of an experiment."""

    names: list[str]
    facts: list[Any]


def on_server(url: str, experiment: str) -> Seen:
    with TrackingClient(TrackingSettings(uri=url)) as client:
        found = client.experiment_by_name(experiment)
        if found is None:
            return Seen([], [])
        runs = sorted(client.runs([found.experiment_id]), key=lambda run: run.tags["padauk.record"])
        ids = {run.info.run_id: place for place, run in enumerate(runs)}
        return Seen(
            [run.info.run_name for run in runs],
            [
                (
                    run.info.run_name,
                    run.info.status,
                    run.info.start_time,
                    run.info.end_time,
                    run.params,
                    [(m.key, m.value, m.step, m.timestamp) for m in run.data.metrics],
                    sorted((i.dataset.name, i.dataset.digest) for i in run.inputs.dataset_inputs),
                    {
                        key: str(ids.get(value, value))
                        for key, value in run.tags.items()
                        if not key.startswith("mlflow.user")
                    },
                    sorted(entry.path for entry in client.artifacts(run.info.run_id, "padauk")),
                )
                for run in runs
            ],
        )


def send(root: Path, url: str, patience: Patience = QUICK) -> int:
    settings = TrackingSettings(uri=url)
    return len(sync(plan_sync(str(root), settings), settings, patience=patience).sent)


def test_sending_twice_changes_nothing(tmp_path: Path, url: str) -> None:
    root = tmp_path / "work"
    record(root, 2)
    assert send(root, url) == 2
    once = on_server(url, tmp_path.name)
    assert sorted(once.names) == ["prepare", "prepare", "repro", "repro", "train", "train"]
    assert send(root, url) == 0
    # even with no memory of having sent anything
    for folder in record_folders(str(root)):
        (root / folder / SENT).unlink()
    assert send(root, url) == 2
    assert on_server(url, tmp_path.name) == once


@pytest.mark.fault
def test_a_lost_answer_anywhere_makes_no_second_run(tmp_path: Path, own_url: str) -> None:
    """The connection breaks after the n-th request arrived, for every n there is; then it is sent again."""
    wanted = None
    for lost in range(100):
        root = tmp_path / f"work{lost}"
        record(root, experiment=f"{tmp_path.name}-{lost}")
        with Flaky(own_url, lost) as proxy:
            settings = TrackingSettings(uri=proxy.url)
            plan = plan_sync(str(root), settings)
            try:
                sync(plan, settings, patience=QUICK)
            except UnavailableError:
                proxy.heal()
            else:
                assert lost > 10, "the proxy lost nothing"
                break
            assert len(sync(plan_sync(str(root), settings), settings, patience=QUICK).sent) == 1
        found = on_server(own_url, f"{tmp_path.name}-{lost}")
        assert sorted(found.names) == ["prepare", "repro", "train"], lost
        shape = [(fact[0], fact[1], fact[4], fact[6], fact[8]) for fact in found.facts]
        wanted = wanted or shape
        assert shape == wanted, lost


@pytest.mark.fault
def test_killed_while_sending_the_next_sync_finishes(tmp_path: Path, own_url: str) -> None:
    root = tmp_path / "work"
    record(root, 6)
    program = (
        "from padauk.client.sync import plan_sync, sync\n"
        "from padauk.core.settings import TrackingSettings\n"
        f"settings = TrackingSettings(uri={own_url!r})\n"
        f"plan = plan_sync({str(root)!r}, settings)\n"
        "print('go', flush=True)\n"
        "sync(plan, settings)\n"
    )
    for pause in (0.05, 0.15, 0.3):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert process.stdout is not None
        with process:
            assert process.stdout.readline() == b"go\n"
            try:
                process.wait(pause)
            except subprocess.TimeoutExpired:
                process.kill()
    send(root, own_url)
    assert sorted(on_server(own_url, tmp_path.name).names) == ["prepare"] * 6 + ["repro"] * 6 + ["train"] * 6
    assert plan_sync(str(root), TrackingSettings(uri=own_url)).waiting == ()


@pytest.mark.fault
def test_a_killed_repro_is_sent_as_killed(tmp_path: Path, own_url: str) -> None:
    root = tmp_path / "work"
    record(root)
    (folder,) = record_folders(str(root))
    path = root / folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["type"] in ("begin", "started")]
    path.write_bytes(b"".join(kept) + b'{"type":"done","sta')
    assert send(root, own_url) == 1
    found = on_server(own_url, tmp_path.name)
    assert [(fact[0], fact[1]) for fact in found.facts] == [
        ("repro", "KILLED"), ("prepare", "KILLED"), ("train", "KILLED"),
    ]  # fmt: skip
    assert all(fact[3] >= fact[2] for fact in found.facts)


def test_a_server_with_a_new_database_gets_everything_again(tmp_path: Path, own_url: str) -> None:
    root = tmp_path / "work"
    record(root)
    (folder,) = record_folders(str(root))
    stored = load(folder)
    assert stored is not None
    sent = stored.sent_to(own_url)
    sent.experiment_id, sent.runs = "987654", {"": "0" * 32, "prepare": "1" * 32}
    stored.remember()
    assert send(root, own_url) == 1
    assert sorted(on_server(own_url, tmp_path.name).names) == ["prepare", "repro", "train"]


def test_a_record_of_a_living_repro_is_left_alone(tmp_path: Path, own_url: str) -> None:
    root = tmp_path / "work"
    root.mkdir()
    watcher = Recorder(Origin(str(root)), TrackingSettings(experiment=tmp_path.name))
    from padauk.pipeline import PlanStep, ReproPlan

    one = stage(root, "train", "true")
    watcher.begin(ReproPlan((PlanStep(one, "run"),)))
    watcher.stage_started(one)
    settings = TrackingSettings(uri=own_url)
    result = sync(plan_sync(str(root), settings), settings, patience=QUICK)
    assert (len(result.running), result.sent) == (1, [])
    assert on_server(own_url, tmp_path.name).names == []
    watcher.close()
    assert send(root, own_url) == 1


def test_one_record_is_sent_by_name(tmp_path: Path, own_url: str) -> None:
    root = tmp_path / "work"
    record(root, 2)
    settings = TrackingSettings(uri=own_url)
    name = record_folders(str(root))[1].rpartition("/")[2]
    plan = plan_sync(str(root), settings, [name])
    assert [stored.record.id for stored in plan.waiting] == [name]
    with pytest.raises(NotFoundError, match="no record 'nope'"):
        plan_sync(str(root), settings, ["nope"])
