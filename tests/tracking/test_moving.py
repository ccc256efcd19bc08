"""Runs that go to another experiment keep all they have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError, NotFoundError
from padauk.db import open_database
from padauk.registry import logged
from padauk.testing.servers import padauk_server
from padauk.tracking import experiments, inputs, moving, runs, search
from padauk.tracking.nouns import Dataset, DatasetInput, Tag
from tests.server.test_server import ask

if TYPE_CHECKING:
    from pathlib import Path

    from padauk.db import Session


def test_a_run_moves_with_its_children_models_and_datasets(database_url: str) -> None:
    db = open_database(database_url)

    def fill(tx: Session) -> tuple[str, str, list[str], str]:
        old = experiments.create(tx, "old", root="mlflow-artifacts:/")
        new = experiments.create(tx, "new", root="mlflow-artifacts:/")
        made: list[str] = []
        for name in ("top", "child", "grandchild"):
            tags = [Tag(moving.PARENT_TAG, made[-1])] if made else []
            made.append(runs.create(tx, old, name=name, tags=tags).info.run_id)
        made.append(runs.create(tx, old, name="stays").info.run_id)
        given = [DatasetInput(Dataset("d", "1", "local", "x"), [Tag("mlflow.data.context", "train")])]
        for uid in (made[0], made[2], made[3]):
            inputs.log(tx, uid, given)
        model = logged.create_logged_model(tx, old, "x:/{model_id}", name="m", source_run_id=made[1])
        return old, new, made, model.model_id

    old, new, made, model = db.write(fill)
    with db.read() as tx:
        before = {uid: runs.get(tx, uid) for uid in made}
    for expected in (made[:3], []):  # again: nothing is left to move
        assert sorted(db.write(lambda tx: moving.move(tx, [made[0]], new))) == sorted(expected)
        with db.read() as tx:
            for uid in made:
                after = runs.get(tx, uid)
                assert after.info.experiment_id == (old if uid == made[3] else new)
                assert after.info.artifact_uri == before[uid].info.artifact_uri
                assert (after.tags, after.datasets) == (before[uid].tags, before[uid].datasets)
            assert inputs.summaries(tx, [old]) == [(old, "d", "1", "train")]
            assert inputs.summaries(tx, [new]) == [(new, "d", "1", "train")]
            assert logged.get_logged_model(tx, model).experiment_id == new
            found = search.search_runs(tx, [new], where="dataset.name = 'd'")[0]
            assert {run.info.run_name for run in found} == {"top", "grandchild"}
    db.write(lambda tx: experiments.delete(tx, old))
    with pytest.raises(InputError):
        db.write(lambda tx: moving.move(tx, [made[0]], old))
    with pytest.raises(NotFoundError):
        db.write(lambda tx: moving.move(tx, ["nobody"], new))
    db.close()


def test_moving_over_the_api(tmp_path: Path) -> None:
    with padauk_server(tmp_path) as server:
        new = ask(server, "POST", "/api/2.0/mlflow/experiments/create", '{"name": "new"}')[1]["experiment_id"]
        run = ask(server, "POST", "/api/2.0/mlflow/runs/create", '{"experiment_id": "0"}')[1]["run"]["info"]
        body = json.dumps({"runs": [run["run_id"]], "experiment": new})
        assert ask(server, "POST", "/api/v1/runs/move", body)[:2] == (200, {"runs": [run["run_id"]]})
        info = ask(server, "GET", f"/api/2.0/mlflow/runs/get?run_id={run['run_id']}")[1]["run"]["info"]
        assert (info["experiment_id"], info["artifact_uri"]) == (new, run["artifact_uri"])
        status, answer, _ = ask(server, "POST", "/api/v1/runs/move", '{"runs": ["x"], "experiment": "0"}')
        assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
