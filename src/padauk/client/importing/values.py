"""What an MLflow store holds, as values. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padauk.traces.nouns import Assessment, Span

MetricRow = tuple[str, int, int, float, int]
"""key, timestamp, step, value, is_nan: NaN is 0 with is_nan, infinity the largest number, as MLflow does."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment and its tags."""

    id: int
    name: str
    location: str
    deleted: bool
    created: int
    updated: int
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset that a run used, with the tags of that use."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """A run with all but its points; ``used`` and ``made`` are logged models with their steps."""

    uid: str
    experiment: int
    name: str
    user: str
    status: str
    deleted: bool
    start: int | None
    end: int | None
    deleted_time: int | None
    location: str
    params: dict[str, str]
    tags: dict[str, str]
    datasets: list[Dataset]
    used: dict[str, int]
    made: dict[str, int]


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A logged model; ``status`` is MLflow's number, ``metrics`` rows as in ``db.metrics.add_of_models``
    with names: key, run id, timestamp, step, value, dataset name, dataset digest."""

    uid: str
    experiment: int
    name: str
    location: str
    created: int
    updated: int
    status: int
    status_message: str | None
    model_type: str | None
    run: str | None
    deleted: bool
    params: dict[str, str]
    tags: dict[str, str]
    metrics: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model, deleted ones (stage ``Deleted_Internal``) too."""

    version: int
    created: int
    updated: int
    description: str | None
    user: str | None
    stage: str
    source: str
    storage: str
    run: str
    run_link: str
    logged_model: str
    status: str
    status_message: str | None
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered model or prompt with its versions."""

    name: str
    description: str | None
    created: int
    updated: int
    tags: dict[str, str]
    aliases: dict[str, int]
    versions: list[Version]


@dataclass(frozen=True, slots=True)
class Traced:
    """A trace; ``spans`` are there when the store has them, else they are a file below ``location``."""

    uid: str
    experiment: int
    started: int
    duration: int | None
    state: str
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None
    tags: dict[str, str]
    metadata: dict[str, str]
    spans: list[Span] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
