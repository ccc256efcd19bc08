"""What a tracking server answers with, as typed values (MLflow's REST API 2.0, snake_case JSON).

Fields that a server leaves out when they are empty have defaults here. Numbers may arrive as strings (int64
in protobuf's JSON, ``"NaN"`` and ``"Infinity"`` for metrics): decode with ``strict=False``.
"""

from __future__ import annotations

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """A tag, param or alias-like ``key``/``value`` pair of strings."""

    key: str
    value: str = ""


class Metric(msgspec.Struct, frozen=True):
    """One point of a metric: ``timestamp`` in milliseconds since 1970 UTC."""

    key: str
    value: float
    timestamp: int = 0
    step: int = 0


class Experiment(msgspec.Struct, frozen=True):
    """An experiment; ``lifecycle_stage`` is ``active`` or ``deleted``."""

    experiment_id: str
    name: str = ""
    artifact_location: str = ""
    lifecycle_stage: str = "active"
    tags: list[Pair] = []


class RunInfo(msgspec.Struct, frozen=True):
    """A run without its data; times in milliseconds since 1970 UTC."""

    run_id: str
    experiment_id: str = ""
    run_name: str = ""
    user_id: str = ""
    status: str = "RUNNING"
    start_time: int | None = None
    end_time: int | None = None
    artifact_uri: str = ""
    lifecycle_stage: str = "active"


class RunRow(msgspec.Struct, frozen=True):
    """A run in a table of padauk's own API; ``stale``: nothing was heard of it for long."""

    id: str
    stale: bool = False


class RunRows(msgspec.Struct, frozen=True):
    """Some runs as rows."""

    rows: list[RunRow] = []


class RunData(msgspec.Struct, frozen=True):
    """A run's latest metrics, its params and its tags."""

    metrics: list[Metric] = []
    params: list[Pair] = []
    tags: list[Pair] = []


class Dataset(msgspec.Struct, frozen=True):
    """A dataset as ``log-inputs`` takes it: identified by name and digest."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInput(msgspec.Struct, frozen=True):
    """A dataset that a run used; the tag ``mlflow.data.context`` says what for."""

    dataset: Dataset
    tags: list[Pair] = []


class ModelRef(msgspec.Struct, frozen=True):
    """A logged model that a run used or made."""

    model_id: str
    step: int = 0


class RunInputs(msgspec.Struct, frozen=True):
    """What a run used."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[ModelRef] = []


class RunOutputs(msgspec.Struct, frozen=True):
    """What a run made."""

    model_outputs: list[ModelRef] = []


class Run(msgspec.Struct, frozen=True):
    """A run as the server knows it."""

    info: RunInfo
    data: RunData = RunData()
    inputs: RunInputs = RunInputs()
    outputs: RunOutputs = RunOutputs()

    @property
    def tags(self) -> dict[str, str]:
        return {tag.key: tag.value for tag in self.data.tags}

    @property
    def params(self) -> dict[str, str]:
        return {param.key: param.value for param in self.data.params}


class FileInfo(msgspec.Struct, frozen=True):
    """One entry of an artifact listing, ``path`` relative to the run's root."""

    path: str
    is_dir: bool = False
    file_size: int | None = None


class LoggedModelInfo(msgspec.Struct, frozen=True):
    """A logged model's head."""

    model_id: str
    experiment_id: str = ""
    name: str = ""
    source_run_id: str = ""
    artifact_uri: str = ""
    creation_timestamp_ms: int = 0
    status: str | int = ""
    tags: list[Pair] = []


class LoggedModel(msgspec.Struct, frozen=True):
    """A model logged by a run."""

    info: LoggedModelInfo


class ModelVersion(msgspec.Struct, frozen=True):
    """A version of a registered model."""

    name: str
    version: str
    creation_timestamp: int = 0
    last_updated_timestamp: int = 0
    user_id: str = ""
    description: str = ""
    source: str = ""
    run_id: str = ""
    model_id: str = ""
    status: str = ""
    tags: list[Pair] = []
    aliases: list[str] = []


class Alias(msgspec.Struct, frozen=True):
    """An alias of a registered model."""

    alias: str
    version: str


class RegisteredModel(msgspec.Struct, frozen=True):
    """A registered model with its aliases."""

    name: str
    description: str = ""
    tags: list[Pair] = []
    aliases: list[Alias] = []


# -- answers: what each call sends back ---


class Page(msgspec.Struct):
    next_page_token: str | None = None


class ExperimentAnswer(msgspec.Struct):
    experiment: Experiment


class ExperimentId(msgspec.Struct):
    experiment_id: str


class ExperimentPage(Page):
    experiments: list[Experiment] = []


class RunAnswer(msgspec.Struct):
    run: Run


class RunInfoAnswer(msgspec.Struct):
    run_info: RunInfo


class RunPage(Page):
    runs: list[Run] = []


class MetricPage(Page):
    metrics: list[Metric] = []


class FilePage(Page):
    files: list[FileInfo] = []


class LoggedModelAnswer(msgspec.Struct):
    model: LoggedModel


class LoggedModelPage(Page):
    models: list[LoggedModel] = []


class VersionAnswer(msgspec.Struct):
    model_version: ModelVersion


class VersionPage(Page):
    model_versions: list[ModelVersion] = []


class RegisteredAnswer(msgspec.Struct):
    registered_model: RegisteredModel


class RegisteredPage(Page):
    registered_models: list[RegisteredModel] = []
