"""Where a model version may come from (point 55)."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from padauk.core.errors import InputError
from padauk.registry.sources import ModelUri, Source, check_prompt_source, check_source, parse_model_uri
from padauk.registry.values import LoggedModel, ModelVersion

RUN = "a" * 32
MODEL = "m-" + "b" * 32


@dataclass
class Known:
    """A server with one run, one logged model and one version."""

    run_root: str = f"mlflow-artifacts:/0/{RUN}/artifacts"
    model_root: str = f"mlflow-artifacts:/0/models/{MODEL}/artifacts"
    versions: dict[ModelUri, ModelVersion] = field(default_factory=dict)

    def run_artifact_uri(self, run_id: str) -> str | None:
        return self.run_root if run_id == RUN else None

    def find_logged_model(self, model_id: str) -> LoggedModel | None:
        return (
            LoggedModel(MODEL, "0", "m", self.model_root, 1, 1, source_run_id=RUN)
            if model_id == MODEL
            else None
        )

    def version_of(self, uri: ModelUri) -> ModelVersion:
        return self.versions[uri]


def test_point_44_a_logged_model_is_resolved_to_its_files_and_run() -> None:
    found = check_source(f"models:/{MODEL}", None, MODEL, Known())
    assert found == Source(f"models:/{MODEL}", Known().model_root, RUN, MODEL)


@pytest.mark.parametrize(
    "source",
    [
        f"runs:/{RUN}/model",
        f"mlflow-artifacts:/0/{RUN}/artifacts",
        f"mlflow-artifacts:/0/{RUN}/artifacts/model",
        "s3://bucket/somewhere/model",
        "dbfs:/models/x",
    ],
)
def test_point_55_sources_of_a_run_taken(source: str) -> None:
    assert check_source(source, RUN, None, Known()) == Source(source, source, RUN, "")


@pytest.mark.parametrize(
    "source",
    [
        "/etc",
        "relative/model",
        "file:///etc",
        "file://elsewhere/etc",
        f"runs:/{'c' * 32}/model",
        f"runs://host/{RUN}/model",
        f"models:/{MODEL}",
        "models:/",
        "models:/a/b/c",
        "mlflow-artifacts:/0/other/artifacts/model",
        f"mlflow-artifacts:/0/{RUN}/artifacts-too",
        f"mlflow-artifacts:/0/{RUN}/artifacts/../../x",
        f"mlflow-artifacts:/0/{RUN}/artifacts/%2e%2e/%2e%2e/x",
        f"mlflow-artifacts:/0/{RUN}/artifacts/%252e%252e/x",
        f"mlflow-artifacts:/0/{RUN}/artifacts/a%00",
        f"mlflow-artifacts://evil:80/0/{RUN}/artifacts/model",
        "http://evil/api/2.0/mlflow-artifacts/artifacts/x",
        "https://evil/model",
        "ftp://evil/model",
        "hdfs://evil:9000/model",
        "s3://bucket/a/../b",
        "s3://bucket/a/./b",
        "s3:relative/model",
        "s3://[bad/model",
        "file://[bad/model",
    ],
)
def test_point_55_sources_of_a_run_refused(source: str) -> None:
    with pytest.raises(InputError, match="Invalid model version source"):
        check_source(source, RUN, None, Known())


@pytest.mark.parametrize("source", [f"runs:/{RUN}/model", f"mlflow-artifacts:/0/{RUN}/artifacts/model"])
@pytest.mark.parametrize("run_id", [None, "", "d" * 32])
def test_point_55_the_run_must_be_named_and_there(source: str, run_id: str | None) -> None:
    with pytest.raises(InputError, match="The run_id request parameter must identify the resource"):
        check_source(source, run_id, None, Known())


@pytest.mark.parametrize(
    "source",
    [
        f"models:/m-{'c' * 32}",
        f"runs:/{RUN}/model",
        f"mlflow-artifacts:/0/{RUN}/artifacts/model",
        "models:/",
        "/etc",
    ],
)
def test_point_55_sources_of_a_model_refused(source: str) -> None:
    with pytest.raises(InputError, match="Invalid model version source"):
        check_source(source, RUN, MODEL, Known())


def test_point_55_local_paths_lie_in_the_folder_of_the_run(tmp_path: Path) -> None:
    root = tmp_path / "0" / RUN / "artifacts"
    (root / "model").mkdir(parents=True)
    known = Known(run_root=str(root))
    for source in (str(root / "model"), f"file://{root}/model"):
        assert check_source(source, RUN, None, known).run_id == RUN
    (root / "link").symlink_to(tmp_path)
    for source in (str(tmp_path), str(root / "link"), str(root / "model" / ".." / ".."), f"{root}-x"):
        with pytest.raises(InputError, match="contained within the artifact directory"):
            check_source(source, RUN, None, known)


def test_point_55_a_version_hands_on_its_lineage() -> None:
    version = ModelVersion(
        "churn",
        3,
        1,
        1,
        source=f"models:/{MODEL}",
        storage_location="mlflow-artifacts:/x",
        run_id=RUN,
        model_id=MODEL,
    )
    known = Known(versions={ModelUri(name="churn", alias="champion"): version})
    expected = Source("models:/churn/3", "mlflow-artifacts:/x", RUN, MODEL)
    assert check_source("models:/churn@champion", None, None, known) == expected
    assert check_source("models:/churn@champion", RUN, MODEL, known) == expected
    with pytest.raises(InputError, match="must match the referenced model version"):
        check_source("models:/churn@champion", "c" * 32, None, known)
    with pytest.raises(InputError, match="must use the active model registry"):
        check_source("models://host/churn@champion", None, None, known)


@pytest.mark.parametrize(
    ("uri", "parsed"),
    [
        ("models:/m-1", ModelUri(model_id="m-1")),
        ("models:/churn/3", ModelUri(name="churn", version=3)),
        ("models:/churn/latest", ModelUri(name="churn")),
        ("models:/churn/Production", ModelUri(name="churn", stage="Production")),
        ("models:/ch@rn@champion", ModelUri(name="ch@rn", alias="champion")),
        ("models:/churn@", None),
        ("models:/churn/", None),
        ("models:churn", None),
        ("runs:/x/y", None),
    ],
)
def test_model_uris(uri: str, parsed: ModelUri | None) -> None:
    assert parse_model_uri(uri) == parsed


def test_prompt_sources_are_placeholders() -> None:
    assert check_prompt_source("dummy-source").source == "dummy-source"
    with pytest.raises(InputError, match="must use an MLflow placeholder"):
        check_prompt_source("s3://bucket/x")
