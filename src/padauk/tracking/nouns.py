"""What is tracked, as values. Times are milliseconds since 1970 UTC, ids are MLflow's strings."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Status = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]
STATUSES: tuple[Status, ...] = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""By the number that stands in the database."""

Stage = Literal["active", "deleted"]
STAGES: tuple[Stage, ...] = ("active", "deleted")


class Tag(Struct, frozen=True, gc=False):
    """A key and a value that may change, on an experiment, a run or an input."""

    key: str
    value: str


class Param(Struct, frozen=True, gc=False):
    """A key and a value that never change again, on a run."""

    key: str
    value: str


class Metric(Struct, frozen=True, gc=False):
    """One point of a metric; ``value`` may be NaN, infinities are the largest finite numbers."""

    key: str
    value: float
    timestamp: int
    step: int


class Experiment(Struct, frozen=True):
    """A named collection of runs."""

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: Stage
    creation_time: int
    last_update_time: int
    tags: list[Tag]


class Dataset(Struct, frozen=True):
    """Data that runs used, known by (experiment, name, digest)."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Struct, frozen=True):
    """A dataset as an input of a run; the tag ``mlflow.data.context`` says what for."""

    dataset: Dataset
    tags: list[Tag]


class ModelOutput(Struct, frozen=True, gc=False):
    """A logged model that a run made, at ``step``."""

    model_id: str
    step: int


class RunInfo(Struct, frozen=True):
    """What is known of a run without what it logged."""

    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    status: Status
    lifecycle_stage: Stage
    artifact_uri: str
    start_time: int | None = None
    end_time: int | None = None


class Run(Struct, frozen=True):
    """A run with its latest metrics, params, tags, and what went in and came out."""

    info: RunInfo
    metrics: list[Metric]
    params: list[Param]
    tags: list[Tag]
    datasets: list[DatasetInput]
    model_inputs: list[str]
    model_outputs: list[ModelOutput]
