"""``traces/…`` of MLflow's API as clients before MLflow 3 call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from padauk.server.mlflow_api.frame import KeyValue, mlflow_routes
from padauk.server.mlflow_api.trace_wire import shown_v2
from padauk.server.mlflow_api.traces import location_of
from padauk.server.wire import Empty, Int64, Message, invalid_parameter, missing_parameter
from padauk.traces import read, record, search
from padauk.traces.nouns import STATES
from padauk.tracking import checks, experiments

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes()

_STATES = {"TRACE_STATUS_UNSPECIFIED": STATES[0], **{name: name for name in STATES[1:]}}


class StartTraceV2(Message):
    required: ClassVar = ("experiment_id",)
    experiment_id: str = ""
    timestamp_ms: Int64 = 0
    request_metadata: list[KeyValue] = []
    tags: list[KeyValue] = []


class EndTraceV2(Message):
    timestamp_ms: Int64 = 0
    status: str | int = 0
    request_metadata: list[KeyValue] = []
    tags: list[KeyValue] = []


class SearchTracesV2(Message):
    experiment_ids: list[str] = []
    filter: str = ""
    max_results: Int64 | None = None
    order_by: list[str] = []
    page_token: str | None = None


@routes.write("POST", "/traces", StartTraceV2)
def start(call: Call, request: StartTraceV2) -> dict[str, Any]:
    experiment = experiments.active(call.tx, request.experiment_id)
    trace = record.begin(
        call.tx,
        experiment.id,
        request.timestamp_ms,
        location=location_of(experiment),
        tags=_pairs(request.tags),
        metadata=_pairs(request.request_metadata),
    )
    return {"trace_info": shown_v2(trace)}


@routes.write("PATCH", "/traces/{request_id}", EndTraceV2)
def end(call: Call, request: EndTraceV2) -> dict[str, Any]:
    given = request.status
    state = (
        [*_STATES.values()][given] if isinstance(given, int) and 0 <= given < 4 else _STATES.get(str(given))
    )
    if state is None:
        raise invalid_parameter("status", given)
    trace = record.end(
        call.tx,
        call.path["request_id"],
        request.timestamp_ms,
        state,
        tags=_pairs(request.tags),
        metadata=_pairs(request.request_metadata),
    )
    return {"trace_info": shown_v2(trace)}


@routes.read("GET", "/traces/{request_id}/info", quick=True)
def get(call: Call, request: Empty) -> dict[str, Any]:
    return {"trace_info": shown_v2(read.get(call.tx, call.path["request_id"]))}


@routes.read("GET", "/traces", SearchTracesV2)
def find(call: Call, request: SearchTracesV2) -> dict[str, Any]:
    if not request.experiment_ids:
        raise missing_parameter("experiment_ids")
    found, token = search.search_traces(
        call.tx,
        [checks.parse_experiment_id(one) for one in request.experiment_ids],
        where=request.filter,
        limit=search.DEFAULT_RESULTS if request.max_results is None else request.max_results,
        order_by=request.order_by,
        token=request.page_token,
    )
    answer: dict[str, Any] = {"traces": [shown_v2(trace) for trace in found]}
    if token:
        answer["next_page_token"] = token
    return answer


def _pairs(given: list[KeyValue]) -> dict[str, str]:
    return {pair.key: pair.value or "" for pair in given if pair.key}
