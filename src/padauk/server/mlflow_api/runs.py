"""``runs/…`` of MLflow's API: the life of a run. What it logs is in ``logging``, searching in ``search``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from padauk.server.mlflow_api.frame import KeyValue, RunId, mlflow_routes
from padauk.server.wire import Empty, Int64, Message
from padauk.tracking import Dataset, Metric, ModelOutput, Param, Run, RunInfo, Tag, runs
from padauk.tracking.nouns import STATUSES, Status

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes()


class WireRunInfo(Message):
    run_uuid: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    artifact_uri: str
    lifecycle_stage: str
    run_id: str
    start_time: int | None = None
    end_time: int | None = None


class WireMetric(Message):
    """A metric whose value is NaN: protobuf's JSON writes it as a string."""

    key: str
    value: str
    timestamp: int
    step: int


class WireData(Message):
    metrics: list[Metric | WireMetric] = []
    params: list[Param] = []
    tags: list[Tag] = []


class WireDataset(Message):
    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class WireDatasetInput(Message):
    dataset: WireDataset
    tags: list[Tag] = []


class WireModelInput(Message):
    model_id: str


class WireInputs(Message):
    dataset_inputs: list[WireDatasetInput] = []
    model_inputs: list[WireModelInput] = []


class WireOutputs(Message):
    model_outputs: list[ModelOutput] = []


class WireRun(Message):
    info: WireRunInfo
    data: WireData
    inputs: WireInputs
    outputs: WireOutputs


class CreateRun(Message):
    experiment_id: str = ""
    user_id: str = ""
    run_name: str | None = None
    start_time: Int64 | None = None
    tags: list[KeyValue] = []


class UpdateRun(RunId):
    status: Status | Literal[1, 2, 3, 4, 5] | None = None
    end_time: Int64 | None = None
    run_name: str | None = None


class OneRun(Message):
    run: WireRun


class UpdatedRun(Message):
    run_info: WireRunInfo


def shown_info(info: RunInfo) -> WireRunInfo:
    """What is known of a run as MLflow's clients read it."""
    return WireRunInfo(
        run_uuid=info.run_id,
        experiment_id=info.experiment_id,
        run_name=info.run_name,
        user_id=info.user_id,
        status=info.status,
        start_time=info.start_time,
        end_time=info.end_time,
        artifact_uri=info.artifact_uri,
        lifecycle_stage=info.lifecycle_stage,
        run_id=info.run_id,
    )


def shown_metrics(metrics: list[Metric]) -> list[Metric | WireMetric]:
    """Points as MLflow's clients read them: NaN is a string."""
    if all(metric.value == metric.value for metric in metrics):
        return metrics  # type: ignore[return-value]
    return [
        metric
        if metric.value == metric.value
        else WireMetric(key=metric.key, value="NaN", timestamp=metric.timestamp, step=metric.step)
        for metric in metrics
    ]


def shown_dataset(found: Dataset) -> WireDataset:
    return WireDataset(
        name=found.name,
        digest=found.digest,
        source_type=found.source_type,
        source=found.source,
        schema=found.schema,
        profile=found.profile,
    )


def shown(run: Run) -> WireRun:
    """A run as MLflow's clients read it."""
    return WireRun(
        info=shown_info(run.info),
        data=WireData(metrics=shown_metrics(run.metrics), params=run.params, tags=run.tags),
        inputs=WireInputs(
            dataset_inputs=[
                WireDatasetInput(tags=given.tags, dataset=shown_dataset(given.dataset))
                for given in run.datasets
            ],
            model_inputs=[WireModelInput(model_id=model) for model in run.model_inputs],
        ),
        outputs=WireOutputs(model_outputs=run.model_outputs),
    )


@routes.write("POST", "/runs/create", CreateRun)
def create(call: Call, request: CreateRun) -> OneRun:
    run = runs.create(
        call.tx,
        request.experiment_id,
        name=request.run_name,
        user_id=request.user_id,
        start_time=request.start_time or 0,
        tags=[Tag(tag.key or "", tag.value or "") for tag in request.tags],
    )
    return OneRun(run=shown(run))


@routes.read("GET", "/runs/get", RunId, quick=True)
def get(call: Call, request: RunId) -> OneRun:
    return OneRun(run=shown(runs.get(call.tx, request.needed())))


@routes.write("POST", "/runs/update", UpdateRun)
def update(call: Call, request: UpdateRun) -> UpdatedRun:
    status = STATUSES[request.status - 1] if isinstance(request.status, int) else request.status
    info = runs.update(
        call.tx, request.needed(), status=status, end_time=request.end_time, name=request.run_name
    )
    return UpdatedRun(run_info=shown_info(info))


@routes.write("POST", "/runs/delete", RunId)
def delete(call: Call, request: RunId) -> Empty:
    runs.delete(call.tx, request.needed())
    return Empty()


@routes.write("POST", "/runs/restore", RunId)
def restore(call: Call, request: RunId) -> Empty:
    runs.restore(call.tx, request.needed())
    return Empty()
