"""``logged-models…`` of MLflow's API; their artifacts are in ``artifacts``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from padauk.core.errors import InputError
from padauk.registry import logged, search
from padauk.registry.search import Dataset, ModelOrder
from padauk.server.mlflow_api.frame import KeyValue, mlflow_routes
from padauk.server.mlflow_api.model_versions import WireTag, pairs
from padauk.server.wire import Empty, Message, missing_parameter
from padauk.tracking import experiments, uris

if TYPE_CHECKING:
    from padauk.registry import LoggedModel, ModelMetric
    from padauk.server.routing import Call

routes = mlflow_routes()

# as protobuf's enum spells them, by the number that clients may send instead
_WIRE_STATUS = (
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
)
_TO_WIRE = dict(zip(logged.STATUSES, _WIRE_STATUS, strict=True))
_FROM_WIRE = {
    **dict(zip(_WIRE_STATUS, logged.STATUSES, strict=True)),
    **{str(number): status for number, status in enumerate(logged.STATUSES)},
}


class WireInfo(Message):
    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    model_type: str | None = None
    source_run_id: str | None = None
    status_message: str | None = None
    tags: list[WireTag] = []


class WireModelMetric(Message):
    key: str
    value: float | str
    timestamp: int
    step: int
    model_id: str
    run_id: str
    dataset_name: str | None = None
    dataset_digest: str | None = None


class WireData(Message):
    params: list[WireTag] = []
    metrics: list[WireModelMetric] = []


class WireLoggedModel(Message):
    info: WireInfo
    data: WireData


class OneLoggedModel(Message):
    model: WireLoggedModel


class CreateLoggedModel(Message):
    required: ClassVar = ("experiment_id",)
    experiment_id: str = ""
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[KeyValue] = []
    tags: list[KeyValue] = []


class GetLoggedModel(Message):
    allow_deleted: bool = False


class Finalize(Message):
    required: ClassVar = ("status",)
    status: str | int = ""


class ModelTags(Message):
    tags: list[KeyValue] = []


class ModelParams(Message):
    params: list[KeyValue] = []


class WireDatasetFilter(Message):
    dataset_name: str = ""
    dataset_digest: str | None = None


class WireOrder(WireDatasetFilter):
    field_name: str = ""
    ascending: bool = True


class SearchLoggedModels(Message):
    experiment_ids: list[str] = []
    filter: str = ""
    datasets: list[WireDatasetFilter] = []
    max_results: int | None = None
    order_by: list[WireOrder] = []
    page_token: str = ""


class FoundLoggedModels(Message):
    models: list[WireLoggedModel] = []
    next_page_token: str | None = None


def shown_logged(model: LoggedModel) -> WireLoggedModel:
    """A logged model as MLflow's clients read it."""
    return WireLoggedModel(
        info=WireInfo(
            model_id=model.model_id,
            experiment_id=model.experiment_id,
            name=model.name,
            creation_timestamp_ms=model.created,
            last_updated_timestamp_ms=model.updated,
            artifact_uri=model.artifact_location,
            status=_TO_WIRE[model.status],
            model_type=model.model_type,
            source_run_id=model.source_run_id,
            status_message=model.status_message,
            tags=[WireTag(key=key, value=value) for key, value in model.tags.items()],
        ),
        data=WireData(
            params=[WireTag(key=key, value=value) for key, value in model.params.items()],
            metrics=[_shown_metric(model.model_id, metric) for metric in model.metrics],
        ),
    )


def _shown_metric(model_id: str, metric: ModelMetric) -> WireModelMetric:
    return WireModelMetric(
        key=metric.key,
        value="NaN" if math.isnan(metric.value) else metric.value,
        timestamp=metric.timestamp,
        step=metric.step,
        model_id=model_id,
        run_id=metric.run_id,
        dataset_name=metric.dataset_name,
        dataset_digest=metric.dataset_digest,
    )


@routes.write("POST", "/logged-models", CreateLoggedModel)
def create(call: Call, request: CreateLoggedModel) -> OneLoggedModel:
    experiment = experiments.active(call.tx, request.experiment_id)
    model = logged.create_logged_model(
        call.tx,
        request.experiment_id,
        uris.join(experiment.artifact_location, "models", "{model_id}", "artifacts"),
        name=request.name or None,
        model_type=request.model_type,
        source_run_id=request.source_run_id,
        params=pairs(request.params),
        tags=pairs(request.tags),
    )
    return OneLoggedModel(model=shown_logged(model))


@routes.read("GET", "/logged-models/{model_id}", GetLoggedModel, quick=True)
def get(call: Call, request: GetLoggedModel) -> OneLoggedModel:
    model = logged.get_logged_model(call.tx, call.path["model_id"], allow_deleted=request.allow_deleted)
    return OneLoggedModel(model=shown_logged(model))


@routes.write("PATCH", "/logged-models/{model_id}", Finalize)
def finalize(call: Call, request: Finalize) -> OneLoggedModel:
    status = _FROM_WIRE.get(str(request.status))
    if status is None:
        raise InputError(f"Unknown model status: {request.status}")
    model = logged.finalize_logged_model(call.tx, call.path["model_id"], status)
    return OneLoggedModel(model=shown_logged(model))


@routes.write("DELETE", "/logged-models/{model_id}")
def delete(call: Call, request: Empty) -> Empty:
    logged.delete_logged_model(call.tx, call.path["model_id"])
    return Empty()


@routes.write("PATCH", "/logged-models/{model_id}/tags", ModelTags)
def set_tags(call: Call, request: ModelTags) -> Empty:
    logged.set_logged_model_tags(call.tx, call.path["model_id"], pairs(request.tags))
    return Empty()


@routes.write("DELETE", "/logged-models/{model_id}/tags/{key}")
def delete_tag(call: Call, request: Empty) -> Empty:
    logged.delete_logged_model_tag(call.tx, call.path["model_id"], call.path["key"])
    return Empty()


@routes.write("POST", "/logged-models/{model_id}/params", ModelParams)
def log_params(call: Call, request: ModelParams) -> Empty:
    logged.log_model_params(call.tx, call.path["model_id"], pairs(request.params))
    return Empty()


@routes.read("POST", "/logged-models/search", SearchLoggedModels)
def find(call: Call, request: SearchLoggedModels) -> FoundLoggedModels:
    if not request.experiment_ids:
        raise missing_parameter("experiment_ids")
    found, more = search.search_logged_models(
        call.tx,
        request.experiment_ids,
        request.filter,
        datasets=[Dataset(one.dataset_name, one.dataset_digest) for one in request.datasets],
        max_results=request.max_results,
        order_by=[
            ModelOrder(one.field_name, one.ascending, one.dataset_name or None, one.dataset_digest)
            for one in request.order_by
        ],
        page_token=request.page_token,
    )
    return FoundLoggedModels(models=[shown_logged(model) for model in found], next_page_token=more)
