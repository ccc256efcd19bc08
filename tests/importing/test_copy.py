"""Runs copied from an unmodified MLflow server to padauk's, and from there to another of padauk's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from padauk.client.http import TrackingClient
from padauk.client.wire import Dataset, DatasetInput, Metric, Pair
from padauk.core.settings import TrackingSettings
from padauk.testing.servers import mlflow_server, padauk_server

if TYPE_CHECKING:
    from pathlib import Path


def client(url: str) -> TrackingClient:
    return TrackingClient(TrackingSettings(uri=url))


def fill(url: str) -> list[str]:
    with client(url) as server:
        experiment = server.ensure_experiment("trees")
        parent = server.create_run(experiment, name="sweep", start_time=1000, tags={"team": "a"})
        child = server.create_run(
            experiment, name="one", start_time=900, tags={"mlflow.parentRunId": parent.info.run_id}
        )
        points = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(1500)]
        points += [Metric("odd", value, 5, step) for step, value in enumerate([float("nan"), float("inf")])]
        run_id = child.info.run_id
        server.log_batch(run_id, metrics=points, params={"depth": "3"}, tags={"kind": "tree"})
        used = DatasetInput(
            Dataset("rows", "abc", "local", "{}"), tags=[Pair("mlflow.data.context", "training")]
        )
        server.log_inputs(run_id, [used])
        server.upload(child.info.artifact_uri, "notes/a b é.txt", b"text")
        server.upload(child.info.artifact_uri, "big.bin", b"x" * 3_000_000)
        server.update_run(run_id, status="FAILED", end_time=2000)
        return [parent.info.run_id, run_id]


def sync(cwd: Path, *args: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "padauk", "sync", *args, "--json"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def facts(url: str, run_id: str) -> dict:
    with client(url) as server:
        run = server.run(run_id)
        own = {key: value for key, value in run.tags.items() if not key.startswith(("padauk.", "mlflow."))}
        return {
            "head": [run.info.run_name, run.info.status, run.info.start_time, run.info.end_time],
            "params": run.params,
            "tags": own,
            "history": {
                metric.key: [[repr(p.value), p.timestamp, p.step] for p in server.history(run_id, metric.key)]
                for metric in run.data.metrics
            },
            "datasets": [[used.dataset.name, used.tags] for used in run.inputs.dataset_inputs],
            "files": {path: b"".join(server.stream(run_id, path)) for path in ("notes/a b é.txt", "big.bin")}
            if run.params
            else {},
        }


@pytest.mark.parametrize("kind", ["own", pytest.param("mlflow", marks=pytest.mark.compat)])
def test_runs_are_copied_with_all_they_have_and_once(kind: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    start = padauk_server if kind == "own" else mlflow_server
    with start(tmp_path / "a") as one, padauk_server(tmp_path / "b") as two:
        parent, child = fill(one.url)
        first = sync(tmp_path, one.url, two.url, "--experiment", "trees")
        assert set(first["copied"]) == {parent, child}
        assert (first["points"], first["files"]) == (1502, 2)
        for old, new in first["copied"].items():
            assert facts(one.url, old) == facts(two.url, new)
        with client(two.url) as server:
            above = server.run(first["copied"][child]).tags["mlflow.parentRunId"]
        assert above == first["copied"][parent]
        # the parent still runs: it is brought up to date, the child is left alone
        with client(one.url) as server:
            server.log_batch(parent, metrics=[Metric("late", 1.0, 1, 1)])
            server.update_run(parent, status="FINISHED", end_time=3000)
        second = sync(tmp_path, one.url, two.url)
        assert second["copied"] == {parent: first["copied"][parent]}
        assert second["known"] == 1
        assert facts(one.url, parent) == facts(two.url, first["copied"][parent])
        third = sync(tmp_path, one.url, two.url, "--run", child)
        assert (third["copied"], third["known"]) == ({}, 1)
