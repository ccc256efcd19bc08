"""The unmodified ``mlflow`` client logs, registers and loads models, and logs and reads artifacts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlflow.models.model import ModelInfo

    from padauk.testing.servers import ServerProcess

pytestmark = [
    pytest.mark.compat,
    pytest.mark.filterwarnings("ignore"),  # the client's own
]

FEATURES = np.array([[0.0, 1.0], [1.0, 0.0], [0.1, 0.9], [0.9, 0.2]])
LABELS = np.array([0, 1, 0, 1])


@pytest.fixture(scope="module")
def client(padauk: ServerProcess) -> Iterator[MlflowClient]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(padauk.url)
    mlflow.set_experiment("client-models")
    yield MlflowClient()
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def logged(client: MlflowClient) -> tuple[str, ModelInfo]:
    """A run that logged and registered a model, and what the client says about it."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(FEATURES, LABELS)
    data = mlflow.data.from_numpy(FEATURES, targets=LABELS, name="points")
    with mlflow.start_run() as run:
        mlflow.log_param("C", 1.0)
        mlflow.log_input(data, context="training")
        info = mlflow.sklearn.log_model(
            model,
            name="classifier",
            registered_model_name="client-churn",
            pip_requirements=["scikit-learn"],  # else the client starts a process to find out
        )
        mlflow.log_metric("accuracy", 0.75, model_id=info.model_id, dataset=data)
    client.set_registered_model_alias("client-churn", "champion", "1")
    return run.info.run_id, info


def predictions(uri: str) -> list[int]:
    found: list[int] = mlflow.sklearn.load_model(uri).predict(FEATURES).tolist()
    return found


def test_points_44_and_45_models_are_loaded_by_every_name(logged: tuple[str, ModelInfo]) -> None:
    run_id, info = logged
    for uri in (
        "models:/client-churn@champion",
        "models:/client-churn/1",
        "models:/client-churn/latest",
        f"runs:/{run_id}/classifier",
        f"models:/{info.model_id}",
    ):
        assert predictions(uri) == LABELS.tolist(), uri
    assert (
        mlflow.pyfunc.load_model("models:/client-churn@champion").predict(FEATURES).tolist()
        == LABELS.tolist()
    )


def test_a_logged_model_knows_its_run_params_and_metrics(
    client: MlflowClient, logged: tuple[str, ModelInfo]
) -> None:
    run_id, info = logged
    model = client.get_logged_model(info.model_id)
    assert (model.name, model.source_run_id, model.status.value) == ("classifier", run_id, "READY")
    assert model.params == {"C": "1.0"}
    metrics = [(m.key, m.value, m.dataset_name, m.run_id) for m in model.metrics]
    assert metrics == [("accuracy", 0.75, "points", run_id)]
    (found,) = mlflow.search_logged_models(
        filter_string="metrics.accuracy > 0.7 AND params.C = '1.0'", output_format="list"
    )
    assert found.model_id == info.model_id
    run = client.get_run(run_id)
    assert [output.model_id for output in run.outputs.model_outputs] == [info.model_id]
    assert [given.dataset.name for given in run.inputs.dataset_inputs] == ["points"]
    assert {file.path for file in client.list_logged_model_artifacts(info.model_id)} >= {"MLmodel"}


def test_the_registry(client: MlflowClient, logged: tuple[str, ModelInfo]) -> None:
    run_id, info = logged
    version = client.get_model_version("client-churn", "1")
    assert (version.run_id, version.source, version.aliases) == (
        run_id,
        f"models:/{info.model_id}",
        ["champion"],
    )
    assert client.get_model_version_by_alias("client-churn", "champion").version == "1"
    client.update_model_version("client-churn", "1", "the first")
    client.set_model_version_tag("client-churn", "1", "stage", "a")
    client.update_registered_model("client-churn", "who leaves")
    client.set_registered_model_tag("client-churn", "team", "b")
    again = mlflow.register_model(f"runs:/{run_id}/classifier", "client-churn", tags={"n": "2"})
    assert again.version == "2"
    assert predictions("models:/client-churn/2") == LABELS.tolist()
    copied = client.copy_model_version("models:/client-churn/1", "client-copy")
    assert (copied.name, copied.version, copied.run_id) == ("client-copy", "1", run_id)
    assert predictions("models:/client-copy/1") == LABELS.tolist()
    client.transition_model_version_stage("client-churn", "1", "Production", archive_existing_versions=True)
    assert [v.version for v in client.get_latest_versions("client-churn", ["Production"])] == ["1"]
    assert predictions("models:/client-churn/Production") == LABELS.tolist()
    found = client.search_model_versions("name = 'client-churn'", order_by=["version_number ASC"])
    assert [(v.version, v.description, v.tags) for v in found] == [
        ("1", "the first", {"stage": "a"}),
        ("2", "", {"n": "2"}),
    ]
    (model,) = client.search_registered_models("name = 'client-churn' AND tags.team = 'b'")
    assert (model.description, model.aliases) == ("who leaves", {"champion": "1"})
    client.rename_registered_model("client-copy", "client-renamed")
    client.delete_model_version("client-renamed", "1")
    client.delete_registered_model("client-renamed")
    with pytest.raises(MlflowException, match="not found"):
        client.get_registered_model("client-renamed")


def test_prompts(client: MlflowClient) -> None:
    made = mlflow.genai.register_prompt(
        "client-greeting", "Hello {{ name }}", commit_message="first", tags={"a": "b"}
    )
    mlflow.genai.register_prompt("client-greeting", "Good day {{ name }}")
    mlflow.genai.set_prompt_alias("client-greeting", "polite", 2)
    assert made.version == 1
    assert mlflow.genai.load_prompt("prompts:/client-greeting/1").format(name="you") == "Hello you"
    assert mlflow.genai.load_prompt("prompts:/client-greeting@polite").format(name="you") == "Good day you"
    assert [prompt.name for prompt in mlflow.genai.search_prompts("name LIKE 'client-%'")] == [
        "client-greeting"
    ]
    assert "client-greeting" not in {model.name for model in client.search_registered_models()}


def test_artifacts_of_every_kind(client: MlflowClient, tmp_path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "plain.bin").write_bytes(os.urandom(3_000_000))
    (source / "deep" / "ü & y.txt").write_text("y")
    with mlflow.start_run() as run:
        mlflow.log_artifact(source / "plain.bin")
        mlflow.log_artifacts(source, "folder")
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "values.json")
        mlflow.log_figure(Figure(), "figure.png")
        mlflow.log_table({"x": [1, 2]}, "table.json")
    run_id = run.info.run_id

    def listed(path: str | None = None) -> list[tuple[str, bool, Any]]:
        return [(file.path, file.is_dir, file.file_size) for file in client.list_artifacts(run_id, path)]

    assert [name for name, _, _ in listed()] == [
        "figure.png",
        "folder",
        "notes",
        "plain.bin",
        "table.json",
        "values.json",
    ]
    assert listed("folder") == [("folder/deep", True, None), ("folder/plain.bin", False, 3_000_000)]
    assert listed("plain.bin") == []
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/notes/hello.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/values.json") == {"a": [1, 2]}
    client.download_artifacts(run_id, "", str(tmp_path))
    assert (tmp_path / "folder" / "deep" / "ü & y.txt").read_text() == "y"
    assert (tmp_path / "folder" / "plain.bin").read_bytes() == (source / "plain.bin").read_bytes()
    with pytest.raises(MlflowException):
        client.download_artifacts(run_id, "nothing", str(tmp_path))
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    get_artifact_repository(run.info.artifact_uri).delete_artifacts("folder")
    assert listed("folder") == []
    assert listed()[1] == ("notes", True, None)


def test_a_large_file_in_parts(client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "1000000")
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(3_500_000))
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(source), "deep")
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    found = client.download_artifacts(run.info.run_id, "deep/large.bin", str(fetched))
    with open(found, "rb") as file:
        assert file.read() == source.read_bytes()
