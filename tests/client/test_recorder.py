"""Runs of a repro: on a server as they happen, and kept here whatever the server does."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from padauk.client import TrackingClient
from padauk.client.http import Patience
from padauk.client.journal import load, record_folders
from padauk.client.recorder import Origin, Recorder
from padauk.core.settings import TrackingSettings
from padauk.scm import Git
from tests.client.driving import Heard, drive, stage

if TYPE_CHECKING:
    from padauk.client.journal import Stored

LOGS = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_params({"lr": 0.5, "own": "yes"})
    for step in range(3):
        mlflow.log_metric("acc", 0.1 * step, step=step)
    mlflow.log_text("hello", "notes/hello.txt")
open("train.out", "w").write(run.info.run_id)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A git repository with data and code."""
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "data.txt").write_text("1 2 3")
    (folder / "train.py").write_text(LOGS)
    (folder / "params.yaml").write_text("lr: 0.1\n")
    (folder / ".gitignore").write_text("*.out\n*.log\n.padauk\n")
    for command in (
        "init -q",
        "add -A",
        "commit -qm first",
        "remote add origin https://me:secret@host/x.git",
    ):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    return folder


def recorder(root: Path, uri: str | None, heard: Heard, patience: Patience | None = None) -> Recorder:
    return Recorder(
        Origin(str(root), "padauk repro train", "ana"),
        TrackingSettings(uri=uri, experiment=f"{root.parent.name}-{root.name}"),
        git=Git(str(root)),
        reporter=heard,
        patience=patience or Patience(connect=5, read=60, attempts=2, pause=0.05),
    )


def only(root: Path) -> Stored:
    (folder,) = record_folders(str(root))
    stored = load(folder)
    assert stored is not None
    return stored


def test_a_repro_becomes_a_run_with_a_nested_run_for_each_stage(root: Path, url: str) -> None:
    (root / "params.yaml").write_text("lr: 0.2\n")
    prepare = stage(root, "prepare", "cp data.txt prepare.out", "data.txt")
    train = stage(root, "train", "cp prepare.out train.out && echo said", "prepare.out", "train.py")
    heard = Heard()
    watcher = recorder(root, url, heard)
    drive(
        watcher,
        prepare,
        train,
        skipped=(stage(root, "get", "true"),),
        params={"lr": 0.1, "opt": {"name": "adam"}},
        metrics={"acc": 0.9},
    )
    assert heard.warnings == []
    assert watcher.run_id
    assert heard.notices == [f"Recorded: {watcher.run_url}"]
    with TrackingClient(TrackingSettings(uri=url)) as client:
        parent = client.run(watcher.run_id)
        experiment = parent.info.experiment_id
        assert client.experiment(experiment).name == f"{root.parent.name}-digits"
        assert (parent.info.status, parent.info.run_name) == ("FINISHED", "repro train")
        assert parent.tags["padauk.skipped"] == "get"
        assert parent.tags["mlflow.source.git.commit"] == Git(str(root)).head()
        assert parent.tags["mlflow.source.git.repoURL"] == "https://host/x.git"
        assert "+lr: 0.2" in client.download(parent.info.artifact_uri, "padauk/dirty.patch").decode()
        children = list(
            client.runs([experiment], where=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
        )
        assert sorted(run.info.run_name for run in children) == ["prepare", "train"]
        run = next(run for run in children if run.info.run_name == "train")
        assert run.info.status == "FINISHED"
        assert run.info.end_time is not None
        assert run.info.start_time is not None
        assert run.info.end_time >= run.info.start_time
        assert run.params == {"lr": "0.1", "opt.name": "adam"}
        assert [(metric.key, metric.value) for metric in run.data.metrics] == [("acc", 0.9)]
        md5 = hashlib.md5(b"1 2 3", usedforsecurity=False).hexdigest()
        assert json.loads(run.tags["padauk.outs"]) == {"train.out": md5}
        assert json.loads(run.tags["padauk.deps"])["prepare.out"] == md5
        used = {given.dataset.name: given.dataset.digest for given in run.inputs.dataset_inputs}
        assert used == json.loads(run.tags["padauk.deps"])
        uri = run.info.artifact_uri
        assert f"md5: {md5}" in client.download(uri, "padauk/lock.yaml").decode()
        assert client.download(uri, "padauk/output.log") == b"said\n"


def test_the_client_in_a_stage_goes_on_with_its_run_and_what_it_logs_stands(root: Path, own_url: str) -> None:
    heard = Heard()
    watcher = recorder(root, own_url, heard)
    train = stage(root, "train", f"{sys.executable} train.py", "train.py")
    drive(watcher, train, params={"lr": 0.1, "depth": 3}, metrics={"acc": 0.99, "loss": float("nan")})
    assert heard.warnings == []
    run_id = (root / "train.out").read_text()
    assert only(root).sent[own_url].runs["train"] == run_id
    with TrackingClient(TrackingSettings(uri=own_url)) as client:
        run = client.run(run_id)
        assert run.params == {"lr": "0.5", "own": "yes", "depth": "3"}
        metrics = {metric.key: metric for metric in run.data.metrics}
        assert (metrics["acc"].value, metrics["acc"].step) == (pytest.approx(0.2), 2)
        assert metrics["loss"].value != metrics["loss"].value
        assert client.download(run.info.artifact_uri, "notes/hello.txt") == b"hello"
        assert run.info.status == "FINISHED"


def test_a_failed_stage_is_a_failed_run_without_outputs(root: Path, own_url: str) -> None:
    heard = Heard()
    watcher = recorder(root, own_url, heard)
    bad = stage(root, "train", "echo oh no >&2; exit 3", "data.txt")
    drive(watcher, bad, stage(root, "after", "true"))
    sent = only(root).sent[own_url]
    with TrackingClient(TrackingSettings(uri=own_url)) as client:
        parent, run = client.run(sent.runs[""]), client.run(sent.runs["train"])
        assert (parent.info.status, run.info.status) == ("FAILED", "FAILED")
        assert parent.tags["padauk.blocked"] == "after"
        assert run.tags["padauk.exit_code"] == "3"
        assert "padauk.outs" not in run.tags
        assert "padauk.lock" not in run.tags
        assert client.download(run.info.artifact_uri, "padauk/output.log") == b"oh no\n"


def test_nothing_to_do_leaves_no_record(root: Path, own_url: str) -> None:
    heard = Heard()
    drive(recorder(root, own_url, heard), skipped=(stage(root, "train", "true"),))
    assert record_folders(str(root)) == []
    assert (heard.notices, heard.warnings) == ([], [])


def test_without_a_server_the_record_stays_here(root: Path) -> None:
    heard = Heard()
    drive(recorder(root, None, heard), stage(root, "train", "echo $MLFLOW_RUN_ID > train.out"))
    assert (heard.notices, heard.warnings) == ([], [])
    assert (root / "train.out").read_text() == "\n"
    stored = only(root)
    assert (stored.record.status, list(stored.record.runs), stored.sent) == ("FINISHED", ["train"], {})


def test_a_dead_server_costs_one_warning(root: Path) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        heard = Heard()
        watcher = recorder(root, f"http://127.0.0.1:{taken.getsockname()[1]}", heard)
        stages = [stage(root, name, f"touch {name}.out") for name in ("a", "b", "c")]
        outcome = drive(watcher, *stages)
    assert outcome.status == "finished"
    assert len(heard.warnings) == 1
    assert "nothing listens there" in heard.warnings[0]
    assert "padauk sync" in heard.warnings[0]
    assert len(only(root).record.done) == 3


def test_a_server_that_never_answers_is_not_waited_for(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        heard = Heard()
        patience = Patience(connect=1, read=0.3, attempts=2, pause=0.01)
        watcher = recorder(root, f"http://127.0.0.1:{silent.getsockname()[1]}", heard, patience)
        began = time.monotonic()
        drive(watcher, *[stage(root, name, f"touch {name}.out") for name in "abcdef"])
        # one call gave up; had every call waited, it would be many times as long
        assert time.monotonic() - began < 60
    assert len(heard.warnings) == 1
    assert "no answer in time" in heard.warnings[0]
    assert only(root).record.status == "FINISHED"


def test_a_uri_that_is_no_server_is_said_once(root: Path) -> None:
    heard = Heard()
    drive(recorder(root, "sqlite:///mlflow.db", heard), stage(root, "train", "touch train.out"))
    assert len(heard.warnings) == 1
    assert "not the URL of a tracking server" in heard.warnings[0]
    assert only(root).record.status == "FINISHED"


def test_a_repository_that_cannot_be_written_is_no_obstacle(root: Path) -> None:
    (root / ".padauk").write_text("in the way")
    heard = Heard()
    outcome = drive(recorder(root, None, heard), stage(root, "train", "touch train.out"))
    assert outcome.status == "finished"
    assert len(heard.warnings) == 1
    assert "not recorded" in heard.warnings[0]


def test_credentials_stay_out_of_the_record(root: Path) -> None:
    watcher = Recorder(
        Origin(str(root)),
        TrackingSettings(uri="http://me:pass1@127.0.0.1:9", token="tok1"),
        git=Git(str(root)),
        reporter=(heard := Heard()),
        patience=Patience(connect=1, attempts=1),
    )
    drive(watcher, stage(root, "train", "touch train.out"))
    told = " ".join(heard.warnings)
    for folder in record_folders(str(root)):
        for name in ("journal.jsonl", "sent.json"):
            path = Path(folder) / name
            told += path.read_text() if path.exists() else ""
    assert not any(secret in told for secret in ("pass1", "tok1", "secret"))
