"""``traces/…`` of MLflow's API, version 3, and what version 2 shares with it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, ClassVar

from padauk.core.errors import BadRequestError, InputError, NotFoundError, UnsupportedError
from padauk.server import downloads, wire
from padauk.server.mlflow_api.frame import mlflow_routes
from padauk.server.mlflow_api.trace_wire import (
    WireLocation,
    WireTraceInfo,
    encoded_span,
    read_trace,
    shown,
    stored_span,
)
from padauk.server.routing import Reply, Routes
from padauk.server.wire import Empty, Int64, Message, missing_parameter
from padauk.traces import read, record, search
from padauk.tracking import checks, experiments, uris

if TYPE_CHECKING:
    from padauk.db.experiments import ExperimentRow
    from padauk.server.routing import Call

routes = mlflow_routes("3.0")
both_routes = Routes(*(f"{prefix}/{v}/mlflow" for prefix in ("/api", "/ajax-api") for v in ("2.0", "3.0")))
page_routes = Routes("/ajax-api/2.0/mlflow", "/ajax-api/3.0/mlflow")
more_routes = [both_routes, page_routes]

_PATIENCE = 3.0
"""Seconds that ``traces/get`` waits for spans that are on their way."""
_FIXED_TAGS = {
    "mlflow.trace.spansLocation",
    "mlflow.trace.archiveLocation",
    "mlflow.trace.archivalFailure",
}


class WireTrace(Message):
    trace_info: WireTraceInfo | None = None


class StartTrace(Message):
    required: ClassVar = ("trace",)
    trace: WireTrace | None = None


class GetTrace(Message):
    required: ClassVar = ("trace_id",)
    trace_id: str = ""
    allow_partial: bool = False


class TraceIds(Message):
    trace_ids: list[str] = []
    experiment_ids: list[str] | None = None

    def experiments(self) -> list[int] | None:
        if self.experiment_ids is None:
            return None
        return [checks.parse_experiment_id(one) for one in self.experiment_ids]


class SearchTraces(Message):
    locations: list[WireLocation] = []
    filter: str = ""
    max_results: Int64 | None = None
    order_by: list[str] = []
    page_token: str | None = None


class DeleteTraces(Message):
    required: ClassVar = ("experiment_id",)
    experiment_id: str = ""
    max_timestamp_millis: Int64 | None = None
    max_traces: Int64 | None = None
    request_ids: list[str] = []


class TraceTag(Message):
    required: ClassVar = ("key",)
    key: str = ""
    value: str = ""


class LinkToRun(Message):
    required: ClassVar = ("run_id",)
    trace_ids: list[str] = []
    run_id: str = ""


class WirePrompt(Message):
    name: str = ""
    version: str | int = ""


class LinkPrompts(Message):
    required: ClassVar = ("trace_id",)
    trace_id: str = ""
    prompt_versions: list[WirePrompt] = []


class Correlate(Message):
    required: ClassVar = ("filter_string1", "filter_string2")
    experiment_ids: list[str] = []
    filter_string1: str = ""
    filter_string2: str = ""
    base_filter: str = ""


def location_of(experiment: ExperimentRow) -> str:
    """Where an experiment keeps files of its traces, with ``{trace_id}`` where the id goes."""
    return uris.join(experiment.artifact_location, "traces", "{trace_id}", "artifacts")


@routes.write("POST", "/traces", StartTrace)
def start(call: Call, request: StartTrace) -> dict[str, Any]:
    info = request.trace.trace_info if request.trace else None
    if info is None:
        raise missing_parameter("trace.trace_info")
    experiment = experiments.active(call.tx, info.experiment())
    trace = record.start(call.tx, read_trace(info, str(experiment.id)), location=location_of(experiment))
    return {"trace": {"trace_info": shown(trace)}}


@routes.read("GET", "/traces/{trace_id}", quick=True)
def get_info(call: Call, request: Empty) -> dict[str, Any]:
    return {"trace": {"trace_info": shown(read.get(call.tx, call.path["trace_id"]))}}


@routes.raw("GET", "/traces/get")
async def get(call: Call) -> bytes:
    request = await wire.read_request(GetTrace, call)
    db = call.service.db

    def look() -> bytes | None:
        with db.read() as tx:
            found = read.with_spans(tx, request.trace_id, partial=request.allow_partial)
            if found is None:
                return None
            return wire.encode({"trace": _whole(*found)})

    end = asyncio.get_running_loop().time() + _PATIENCE
    while (answer := await asyncio.to_thread(look)) is None:
        if asyncio.get_running_loop().time() > end:
            raise NotFoundError(
                f"Trace with ID {request.trace_id} is not fully exported yet, please try again later."
            )
        await asyncio.sleep(0.1)
    return answer


@routes.read("GET", "/traces/batchGet", TraceIds)
def get_many(call: Call, request: TraceIds) -> dict[str, Any]:
    if not request.trace_ids:
        raise missing_parameter("trace_ids")
    found = read.many_with_spans(call.tx, request.trace_ids, request.experiments())
    return {"traces": [_whole(trace, spans) for trace, spans in found]}


@routes.read("POST", "/traces/batchGetInfos", TraceIds)
def get_infos(call: Call, request: TraceIds) -> dict[str, Any]:
    if not request.trace_ids:
        raise missing_parameter("trace_ids")
    found = read.get_many(call.tx, request.trace_ids, request.experiments())
    return {"trace_infos": [shown(trace) for trace in found]}


@routes.read("POST", "/traces/search", SearchTraces)
def find(call: Call, request: SearchTraces) -> dict[str, Any]:
    if not request.locations:
        raise missing_parameter("locations")
    found, token = search.search_traces(
        call.tx,
        [
            checks.parse_experiment_id(one.mlflow_experiment.experiment_id)
            for one in request.locations
            if one.mlflow_experiment is not None
        ],
        where=request.filter,
        limit=search.DEFAULT_RESULTS if request.max_results is None else request.max_results,
        order_by=request.order_by,
        token=request.page_token,
    )
    answer: dict[str, Any] = {"traces": [shown(trace) for trace in found]}
    if token:
        answer["next_page_token"] = token
    return answer


@both_routes.write("POST", "/traces/delete-traces", DeleteTraces)
def delete(call: Call, request: DeleteTraces) -> dict[str, Any]:
    gone = record.delete(
        call.tx,
        checks.parse_experiment_id(request.experiment_id),
        until=request.max_timestamp_millis,
        limit=request.max_traces,
        trace_ids=request.request_ids,
    )
    return {"traces_deleted": gone}


@both_routes.write("PATCH", "/traces/{trace_id}/tags", TraceTag)
def set_tag(call: Call, request: TraceTag) -> Empty:
    _check_tag(request.key, "set")
    checks.check_key(request.key, "key")
    checks.check_length("key", record.MAX_TAG_KEY, request.key)
    record.set_tag(call.tx, call.path["trace_id"], request.key, request.value)
    return Empty()


@both_routes.write("DELETE", "/traces/{trace_id}/tags", TraceTag)
def delete_tag(call: Call, request: TraceTag) -> Empty:
    _check_tag(request.key, "deleted")
    record.delete_tag(call.tx, call.path["trace_id"], request.key)
    return Empty()


@both_routes.write("POST", "/traces/link-to-run", LinkToRun)
def link_to_run(call: Call, request: LinkToRun) -> Empty:
    if not request.trace_ids:
        raise missing_parameter("trace_ids")
    record.link_to_run(call.tx, request.trace_ids, request.run_id)
    return Empty()


@both_routes.write("POST", "/traces/link-prompts", LinkPrompts)
def link_prompts(call: Call, request: LinkPrompts) -> Empty:
    if not request.prompt_versions:
        raise missing_parameter("prompt_versions")
    try:
        prompts = [(one.name, int(one.version)) for one in request.prompt_versions]
    except ValueError as error:
        raise InputError("The version of a prompt must be a number") from error
    record.link_prompts(call.tx, request.trace_id, prompts)
    return Empty()


@routes.read("POST", "/traces/calculate-filter-correlation", Correlate)
def correlate(call: Call, request: Correlate) -> dict[str, Any]:
    if not request.experiment_ids:
        raise missing_parameter("experiment_ids")
    found = search.correlate(
        call.tx,
        [checks.parse_experiment_id(one) for one in request.experiment_ids],
        request.filter_string1,
        request.filter_string2,
        among=request.base_filter,
    )
    answer: dict[str, Any] = {
        "filter1_count": found.first,
        "filter2_count": found.second,
        "joint_count": found.both,
        "total_count": found.all,
    }
    scores = {"npmi": found.npmi, "npmi_smoothed": found.npmi_smoothed}
    return answer | {name: value for name, value in scores.items() if value is not None}


class TraceFile(Message):
    request_id: str = ""
    path: str = ""


@page_routes.read("GET", "/get-trace-artifact", TraceFile)
def trace_file(call: Call, request: TraceFile) -> Reply:
    if not request.request_id:
        raise BadRequestError('Request must include the "request_id" query parameter.')
    if request.path:
        raise UnsupportedError("Attachments of traces are not served yet")
    found = read.with_spans(call.tx, request.request_id, partial=True)
    spans = [stored_span(row, request.request_id) for row in found[1]] if found else []
    body = json.dumps({"spans": spans}, ensure_ascii=False).encode()
    name = downloads.attachment("traces.json").encode()
    return Reply(
        body, headers=[(b"content-type", b"application/octet-stream"), (b"content-disposition", name)]
    )


def _whole(trace: Any, spans: Any) -> dict[str, Any]:
    return {"trace_info": shown(trace), "spans": [encoded_span(row, trace.trace_id) for row in spans]}


def _check_tag(key: str, verb: str) -> None:
    if key in _FIXED_TAGS and not (verb == "deleted" and key.endswith("archivalFailure")):
        raise InputError(f"Tag '{key}' is immutable and cannot be {verb} on a trace.")
