"""``runs/log-…`` and the tags of runs: what a run logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from padauk.core.errors import InputError
from padauk.server.mlflow_api.frame import RunId, mlflow_routes
from padauk.server.routing import Routes
from padauk.server.wire import Int64, Message, missing_parameter
from padauk.tracking import Dataset, DatasetInput, Tag, inputs, log

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes()
# one path lacks a slash in MLflow, and that is where its clients look
odd_routes = Routes("/api/2.0mlflow", "/ajax-api/2.0mlflow")
more_routes = [odd_routes]

MAX_BATCH_BYTES = 1_000_000
_EMPTY = b"{}"


class MetricIn(msgspec.Struct, gc=False):
    """A point in a batch; what must be there is told from its default."""

    key: str = ""
    value: float | None = None
    timestamp: Int64 | None = None
    step: Int64 = 0
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None


class PairIn(msgspec.Struct, gc=False):
    """A param or tag in a batch."""

    key: str = ""
    value: str = ""


class LogBatch(RunId):
    metrics: list[MetricIn] = []
    params: list[PairIn] = []
    tags: list[PairIn] = []


class LogMetric(RunId):
    key: str = ""
    value: float | None = None
    timestamp: Int64 | None = None
    step: Int64 = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class KeyAndValue(RunId):
    key: str = ""
    value: str = ""


class KeyOnly(RunId):
    key: str = ""


class LogModel(RunId):
    model_json: str = ""


class DatasetIn(Message):
    name: str = ""
    digest: str = ""
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInputIn(Message):
    tags: list[PairIn] = []
    dataset: DatasetIn | None = None


class ModelInputIn(Message):
    model_id: str = ""


class LogInputs(RunId):
    datasets: list[DatasetInputIn] = []
    models: list[ModelInputIn] = []


class ModelOutputIn(Message):
    model_id: str = ""
    step: Int64 = 0


class LogOutputs(RunId):
    models: list[ModelOutputIn] | None = None


class SearchDatasets(Message):
    experiment_ids: list[str] = []


class DatasetSummary(Message):
    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class DatasetSummaries(Message):
    dataset_summaries: list[DatasetSummary] = []


@routes.write("POST", "/runs/log-batch", LogBatch, limit=MAX_BATCH_BYTES)
def log_batch(call: Call, request: LogBatch) -> bytes:
    run_id = request.needed()
    for place, metric in enumerate(request.metrics):
        if not metric.key or metric.value is None or metric.timestamp is None:
            field = "key" if not metric.key else "value" if metric.value is None else "timestamp"
            raise missing_parameter(f"metrics[{place}].{field}")
    for what, pairs in (("params", request.params), ("tags", request.tags)):
        for place, pair in enumerate(pairs):
            if not pair.key:
                raise missing_parameter(f"{what}[{place}].key")
    log.batch(call.tx, run_id, request.metrics, request.params, request.tags)  # type: ignore[arg-type]
    return _EMPTY


@routes.write("POST", "/runs/log-metric", LogMetric)
def log_metric(call: Call, request: LogMetric) -> bytes:
    run_id = request.needed()
    _needed_key(request)
    if request.value is None:
        raise missing_parameter("value")
    if request.timestamp is None:
        raise missing_parameter("timestamp")
    log.metric(call.tx, run_id, request)  # type: ignore[arg-type]
    return _EMPTY


@routes.write("POST", "/runs/log-parameter", KeyAndValue)
def log_param(call: Call, request: KeyAndValue) -> bytes:
    run_id = request.needed()
    _needed_key(request)
    log.param(call.tx, run_id, request.key, request.value)
    return _EMPTY


@routes.write("POST", "/runs/set-tag", KeyAndValue)
def set_tag(call: Call, request: KeyAndValue) -> bytes:
    run_id = request.needed()
    _needed_key(request)
    log.tag(call.tx, run_id, request.key, request.value)
    return _EMPTY


@routes.write("POST", "/runs/delete-tag", KeyOnly)
def delete_tag(call: Call, request: KeyOnly) -> bytes:
    run_id = request.needed()
    _needed_key(request)
    log.delete_tag(call.tx, run_id, request.key)
    return _EMPTY


@routes.write("POST", "/runs/log-model", LogModel)
def log_model(call: Call, request: LogModel) -> bytes:
    run_id = request.needed()
    if not request.model_json:
        raise missing_parameter("model_json")
    log.model(call.tx, run_id, request.model_json)
    return _EMPTY


@routes.write("POST", "/runs/log-inputs", LogInputs)
def log_inputs(call: Call, request: LogInputs) -> bytes:
    run_id = request.needed()
    datasets: list[DatasetInput] = []
    for given in request.datasets:
        found = given.dataset
        if found is None:
            raise InputError("Dataset cannot be None")
        dataset = Dataset(
            found.name, found.digest, found.source_type, found.source, found.schema, found.profile
        )
        datasets.append(DatasetInput(dataset, [Tag(tag.key, tag.value) for tag in given.tags]))
    inputs.log(call.tx, run_id, datasets, [model.model_id for model in request.models])
    return _EMPTY


@routes.write("POST", "/runs/outputs", LogOutputs)
def log_outputs(call: Call, request: LogOutputs) -> bytes:
    run_id = request.needed()
    if request.models is None:
        raise missing_parameter("models")
    inputs.log_outputs(call.tx, run_id, [(model.model_id, model.step) for model in request.models])
    return _EMPTY


@odd_routes.read("POST", "/experiments/search-datasets", SearchDatasets)
@routes.read("POST", "/experiments/search-datasets", SearchDatasets)
def search_datasets(call: Call, request: SearchDatasets) -> DatasetSummaries:
    found = inputs.summaries(call.tx, request.experiment_ids)
    return DatasetSummaries(
        dataset_summaries=[
            DatasetSummary(experiment_id=experiment, name=name, digest=digest, context=context)
            for experiment, name, digest, context in found
        ]
    )


def _needed_key(request: LogMetric | KeyAndValue | KeyOnly) -> None:
    if not request.key:
        raise missing_parameter("key")
