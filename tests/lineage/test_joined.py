"""Repository and server joined by hashes, through the command a person types."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from padauk.client import TrackingClient
from padauk.core.settings import TrackingSettings
from tests.lineage.repos import padauk, project

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Story:
    """A project whose runs are on a server, with a model made of its first training."""

    root: Path
    url: str
    shas: list[str]
    train: str
    model: str

    @property
    def env(self) -> dict[str, str]:
        return {"MLFLOW_TRACKING_URI": self.url, "MLFLOW_EXPERIMENT_NAME": "story", "COLUMNS": "80"}

    def lineage(self, *arguments: str, code: int = 0) -> str:
        return padauk(self.root, "lineage", *arguments, env=self.env, code=code)

    def graph(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lineage(*arguments, "--json"))
        return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, lineage_url: str) -> Story:
    """Three recorded versions; the newest model is logged, registered and the champion."""
    root = tmp_path_factory.mktemp("joined") / "digits"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", lineage_url)
        patch.setenv("MLFLOW_EXPERIMENT_NAME", "story")
        shas = project(root, record=True)
    with TrackingClient(TrackingSettings(uri=lineage_url)) as calls:
        experiment = calls.ensure_experiment("story")
        train = next(calls.runs([experiment], where="tags.`padauk.stage` = 'train'")).info
        body = {"experiment_id": experiment, "name": "model", "source_run_id": train.run_id}
        api = "/api/2.0/mlflow"
        model = calls.post(f"{api}/logged-models", dict[str, Any], body)["model"]["info"]
        model_id = model["model_id"]
        calls.upload(model["artifact_uri"], "model.bin", (root / "model.bin").read_bytes())
        calls.post(f"{api}/registered-models/create", dict, {"name": "digits"})
        version = {"name": "digits", "source": f"models:/{model_id}", "model_id": model_id}
        calls.post(f"{api}/model-versions/create", dict, {**version, "run_id": train.run_id})
        alias = {"name": "digits", "alias": "champion", "version": "1"}
        calls.post(f"{api}/registered-models/alias", dict, alias)
    return Story(root, lineage_url, shas, train.run_id, model_id)


def test_every_stage_that_ran_is_a_run_and_none_that_did_not(story: Story) -> None:
    with TrackingClient(TrackingSettings(uri=story.url)) as calls:
        runs = list(calls.runs([calls.ensure_experiment("story")]))
    names = sorted(run.info.run_name for run in runs)
    assert names == ["clean"] * 2 + ["evaluate"] * 3 + ["repro"] * 3 + ["train"] * 3
    assert {run.info.status for run in runs} == {"FINISHED"}
    newest = next(run for run in runs if run.info.run_name == "evaluate")
    assert [metric.key for metric in newest.data.metrics] == ["acc"]
    # the last repro ran before its commit was made
    assert newest.tags["mlflow.source.git.commit"] == story.shas[1]
    assert newest.tags["padauk.dirty"] == "true"
    parent = next(run for run in runs if run.info.run_id == newest.tags["mlflow.parentRunId"])
    assert parent.tags["padauk.skipped"] == "clean"


def test_from_the_champion_down_to_the_files(story: Story) -> None:
    said = story.lineage("models:/digits@champion", "--up")
    lines = [line.rstrip() for line in said.splitlines()]
    assert lines[0].startswith("models:/digits/1 @champion  registered ")
    assert re.search(r"└─ model m-[0-9a-f]{8} 'model'", said)
    assert f"from run train {story.train[:8]}" in said
    assert "params   lr=0.3" in said
    assert '"More data" + uncommitted changes' in said
    assert re.search(r"data/raw/  4 files, 32 B  md5 [0-9a-f]{8}", said)
    assert "in data/raw.dvc since" in said
    assert "What came of it" not in said
    assert max(map(len, lines)) <= 80, max(lines, key=len)


def test_from_the_data_up_to_the_champion(story: Story) -> None:
    graph = story.graph("data/raw", "--down")
    nodes = {node["key"]: node for node in graph["nodes"]}
    assert "version:digits/1" in nodes
    assert nodes["version:digits/1"]["aliases"] == ["champion"]
    assert f"model:{story.model}" in nodes
    edges = {(edge["source"], edge["target"], edge["kind"]) for edge in graph["edges"]}
    assert (f"run:{story.train}", f"model:{story.model}", "logged") in edges
    assert (f"model:{story.model}", "version:digits/1", "registered") in edges
    # the first data led to no model
    assert "version:digits/1" not in {
        node["key"] for node in story.graph(f"data/raw@{story.shas[0]}", "--down")["nodes"]
    }


def test_the_same_bytes_under_another_roof_are_the_same_node(story: Story) -> None:
    """The artifact of the logged model is the stage's output: no annotation says so, their md5 does."""
    graph = story.graph("model.bin", "--down")
    edge = {"source": graph["start"], "target": f"model:{story.model}", "kind": "logged", "path": "model.bin"}
    assert edge in graph["edges"]


@pytest.mark.parametrize("form", ["{train}", "runs:/{train}", "{short}", "{model}", "models:/{model}"])
def test_runs_and_models_by_id(story: Story, form: str) -> None:
    ref = form.format(train=story.train, short=story.train[:12], model=story.model)
    start = story.graph(ref)["start"]
    assert start == (f"model:{story.model}" if "model" in form else f"run:{story.train}")


def test_the_run_of_a_whole_repro_leads_to_its_stages(story: Story) -> None:
    with TrackingClient(TrackingSettings(uri=story.url)) as calls:
        parent = calls.run(story.train).tags["mlflow.parentRunId"]
    graph = story.graph(parent, "--down")
    ran = {edge["target"] for edge in graph["edges"] if edge["kind"] == "ran"}
    nodes = {node["key"]: node for node in graph["nodes"]}
    assert sorted(nodes[key]["name"] for key in ran) == ["evaluate", "train"]
    assert "version:digits/1" in nodes


@pytest.mark.parametrize("ref", ["models:/digits", "models:/digits/1", "models:/digits@champion"])
def test_versions_by_every_name(story: Story, ref: str) -> None:
    assert story.graph(ref)["start"] == "version:digits/1"


@pytest.mark.parametrize(
    ("ref", "code", "words"),
    [
        ("models:/digits@nobody", 3, "model 'digits' has no alias 'nobody'"),
        ("models:/digits/9", 3, "model 'digits' has no version 9"),
        ("models:/digit", 3, "did you mean models:/digits?"),
        ("runs:/0123456789", 3, "there is no such run"),
        ("data/rwa", 3, "did you mean data/raw"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(story: Story, ref: str, code: int, words: str) -> None:
    said = story.lineage(ref, code=code)
    assert words in said
    assert len(said.splitlines()) == 2


def test_the_server_answers_the_same_by_itself(story: Story) -> None:
    with TrackingClient(TrackingSettings(uri=story.url)) as calls:
        query = {"ref": "models:/digits@champion", "direction": "up"}
        own = calls.get("/api/v1/lineage", dict[str, Any], query)
        by_path = calls.get("/api/v1/lineage", dict[str, Any], {"ref": "model.bin", "depth": 1})
        objects = calls.get(f"/api/v1/runs/{story.train}/objects", dict[str, Any])["objects"]
    mine = story.graph("models:/digits@champion", "--up")
    runs = {node["key"] for node in own["nodes"] if node["key"].startswith("run:")}
    assert runs
    assert runs <= {node["key"] for node in mine["nodes"]}
    assert {"data/raw", "clean.py", "params.yaml"} - {
        path for node in own["nodes"] for path in node.get("paths", ())
    } == {"params.yaml"}
    assert by_path["start"].startswith("data:")
    assert sorted((found["role"], found["path"]) for found in objects) == [
        ("in", "data/clean"), ("in", "train.py"), ("out", "model.bin"),
    ]  # fmt: skip


def test_without_the_server_the_records_here_tell(story: Story) -> None:
    graph = story.graph("model.bin", "--offline")
    runs = {(node["name"], node["where"]) for node in graph["nodes"] if node["kind"] == "execution"}
    assert runs == {("clean", "local"), ("train", "local"), ("evaluate", "local")}
    said = padauk(story.root, "lineage", "model.bin", env={"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"})
    assert "warning: the tracking server at http://127.0.0.1:9 does not answer" in said
    assert "run train" in said


def test_outside_of_a_repository_the_server_tells(story: Story, tmp_path: Path) -> None:
    said = padauk(tmp_path, "lineage", "models:/digits/1", env=story.env)
    assert "run train" in said
    nothing = padauk(tmp_path, "lineage", "x", code=3)
    assert "no repository here and no tracking server is set" in nothing
    assert "none is set" in padauk(tmp_path, "lineage", "models:/digits/1", code=2)


def test_bad_requests_to_the_server_are_refused(story: Story) -> None:
    from padauk.core.errors import InputError, NotFoundError

    with TrackingClient(TrackingSettings(uri=story.url)) as calls:
        path = f"/api/v1/runs/{story.train}/objects"
        good = {"role": "in", "path": "x", "md5": "0" * 32}
        for bad in ({"md5": "x"}, {"role": "both"}, {"path": "a\0b"}, {"size": -1}):
            with pytest.raises(InputError):
                calls.post(path, dict[str, Any], {"objects": [{**good, **bad}]})
        with pytest.raises(NotFoundError):
            calls.post(f"/api/v1/runs/{'0' * 32}/objects", dict[str, Any], {"objects": [good]})
        for query in ({}, {"ref": "x", "depth": 0}, {"ref": "x", "direction": "sideways"}):
            with pytest.raises(InputError):
                calls.get("/api/v1/lineage", dict[str, Any], query)
