"""``experiments/…`` of MLflow's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from padauk.server.mlflow_api.frame import KeyValue, ViewType, mlflow_routes, view_of
from padauk.server.wire import Empty, Int64, Message
from padauk.tracking import Experiment, Tag, experiments, search

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes()


class WireExperiment(Message):
    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    tags: list[Tag] = []
    workspace: str | None = None


class CreateExperiment(Message):
    required: ClassVar = ("name",)
    name: str | None = None
    artifact_location: str | None = None
    tags: list[KeyValue] = []


class CreatedExperiment(Message):
    experiment_id: str


class ExperimentId(Message):
    required: ClassVar = ("experiment_id",)
    experiment_id: str = ""


class ExperimentName(Message):
    required: ClassVar = ("experiment_name",)
    experiment_name: str = ""


class UpdateExperiment(Message):
    required: ClassVar = ("experiment_id",)
    experiment_id: str = ""
    new_name: str | None = None


class SetTag(Message):
    required: ClassVar = ("experiment_id", "key")
    experiment_id: str = ""
    key: str = ""
    value: str = ""


class DeleteTag(Message):
    required: ClassVar = ("experiment_id", "key")
    experiment_id: str = ""
    key: str = ""


class OneExperiment(Message):
    experiment: WireExperiment


class SearchExperiments(Message):
    max_results: Int64 | None = None
    page_token: str | None = None
    filter: str = ""
    order_by: list[str] = []
    view_type: ViewType | None = None


class FoundExperiments(Message):
    experiments: list[WireExperiment] = []
    next_page_token: str | None = None


def shown(found: Experiment) -> WireExperiment:
    """An experiment as MLflow's clients read it."""
    return WireExperiment(
        experiment_id=found.experiment_id,
        name=found.name,
        artifact_location=found.artifact_location,
        lifecycle_stage=found.lifecycle_stage,
        last_update_time=found.last_update_time,
        creation_time=found.creation_time,
        tags=found.tags,
        workspace="default",
    )


@routes.write("POST", "/experiments/create", CreateExperiment)
def create(call: Call, request: CreateExperiment) -> CreatedExperiment:
    tags = [Tag(tag.key or "", tag.value or "") for tag in request.tags]
    return CreatedExperiment(
        experiment_id=experiments.create(
            call.tx,
            request.name or "",
            root=call.service.artifact_root,
            location=request.artifact_location,
            tags=tags,
        )
    )


@routes.read("GET", "/experiments/get", ExperimentId, quick=True)
def get(call: Call, request: ExperimentId) -> OneExperiment:
    return OneExperiment(experiment=shown(experiments.get(call.tx, request.experiment_id)))


@routes.read("GET", "/experiments/get-by-name", ExperimentName, quick=True)
def get_by_name(call: Call, request: ExperimentName) -> OneExperiment:
    return OneExperiment(experiment=shown(experiments.get_by_name(call.tx, request.experiment_name)))


@routes.write("POST", "/experiments/delete", ExperimentId)
def delete(call: Call, request: ExperimentId) -> Empty:
    experiments.delete(call.tx, request.experiment_id)
    return Empty()


@routes.write("POST", "/experiments/restore", ExperimentId)
def restore(call: Call, request: ExperimentId) -> Empty:
    experiments.restore(call.tx, request.experiment_id)
    return Empty()


@routes.write("POST", "/experiments/update", UpdateExperiment)
def update(call: Call, request: UpdateExperiment) -> Empty:
    if request.new_name:
        experiments.rename(call.tx, request.experiment_id, request.new_name)
    return Empty()


@routes.write("POST", "/experiments/set-experiment-tag", SetTag)
def set_tag(call: Call, request: SetTag) -> Empty:
    experiments.set_tag(call.tx, request.experiment_id, request.key, request.value)
    return Empty()


@routes.write("POST", "/experiments/delete-experiment-tag", DeleteTag)
def delete_tag(call: Call, request: DeleteTag) -> Empty:
    experiments.delete_tag(call.tx, request.experiment_id, request.key)
    return Empty()


@routes.read("GET", "/experiments/search", SearchExperiments)
@routes.read("POST", "/experiments/search", SearchExperiments)
def find(call: Call, request: SearchExperiments) -> FoundExperiments:
    found, token = search.search_experiments(
        call.tx,
        where=request.filter,
        view=view_of(request.view_type),
        limit=search.DEFAULT_RESULTS if request.max_results is None else request.max_results,
        order_by=request.order_by,
        token=request.page_token,
    )
    return FoundExperiments(experiments=[shown(one) for one in found], next_page_token=token)
