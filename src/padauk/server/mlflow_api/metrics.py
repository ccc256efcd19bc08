"""``metrics/…``: histories, whole, by pages, of many runs, thinned for a picture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError
from padauk.server import wire
from padauk.server.mlflow_api.frame import RunId, ajax_routes, mlflow_routes
from padauk.server.mlflow_api.runs import WireMetric, shown_metrics
from padauk.server.routing import Reply, Routes
from padauk.server.wire import Int64, Message, missing_parameter
from padauk.tracking import Metric, history

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from padauk.server.routing import Call

_api = mlflow_routes()
_ajax = ajax_routes()

MAX_RUNS = 100
MAX_BULK = 25_000
MAX_SAMPLED = 2500
_WHOLE = 64  # portions that are answered in one piece; a longer history is streamed
_NAN = float("nan")


class History(RunId):
    metric_key: str = ""
    page_token: str | None = None
    max_results: Int64 | None = None


class HistoryPage(Message):
    metrics: list[Metric | WireMetric] = []
    next_page_token: str | None = None


class Bulk(Message):
    run_id: list[str] = []
    metric_key: str | None = None
    max_results: Int64 = MAX_BULK


class Sampled(Message):
    run_ids: list[str] = []
    metric_key: str = ""
    start_step: Int64 | None = None
    end_step: Int64 | None = None
    max_results: Int64 | None = None


class RunMetric(Message):
    key: str
    value: float | str
    timestamp: int
    step: int
    run_id: str


class RunMetrics(Message):
    metrics: list[RunMetric] = []


class RawRunMetrics(Message, omit_defaults=False):
    """As ``RunMetrics``; an empty list is written out."""

    metrics: list[RunMetric] = []


@_api.raw("GET", "/metrics/get-history")
async def get_history(call: Call) -> Any:
    request = await wire.read_request(History, call)
    run_id = request.needed()
    if not request.metric_key:
        raise missing_parameter("metric_key")
    loop = asyncio.get_running_loop()
    if request.max_results is not None or request.page_token:
        return await loop.run_in_executor(None, _page, call, run_id, request)
    return await _whole(call, run_id, request.metric_key)


def _page(call: Call, run_id: str, request: History) -> bytes:
    limit = 2**31 if request.max_results is None else request.max_results
    with call.service.db.read() as tx:
        found, token = history.page(tx, run_id, request.metric_key, limit=limit, token=request.page_token)
    return wire.encode(HistoryPage(metrics=shown_metrics(found), next_page_token=token))


async def _whole(call: Call, run_id: str, key: str) -> bytes | Reply:
    """All points, encoded portion by portion from the cursor; in one piece where they are not many."""
    loop = asyncio.get_running_loop()
    session = call.service.db.read()
    parts: list[bytes] = []

    def begin() -> Iterator[bytes]:
        portions = _encoded(session.__enter__(), run_id, key)
        for part in portions:
            parts.append(part)
            if len(parts) == _WHOLE:
                break
        return portions

    try:
        portions = await loop.run_in_executor(None, begin)
    except BaseException as error:
        session.__exit__(type(error), error, error.__traceback__)
        raise
    if len(parts) < _WHOLE:
        session.__exit__(None, None, None)
        return b'{"metrics":[' + b",".join(parts) + b"]}" if parts else b"{}"

    async def stream() -> AsyncIterator[bytes]:
        try:
            yield b'{"metrics":[' + b",".join(parts)
            while (part := await loop.run_in_executor(None, next, portions, None)) is not None:
                yield b"," + part
            yield b"]}"
        finally:
            session.__exit__(None, None, None)

    return Reply(stream(), headers=[(b"content-type", b"application/json")])


def _encoded(tx: Any, run_id: str, key: str) -> Iterator[bytes]:
    """Portions of the history as JSON objects with commas between."""
    for rows in history.portions(tx, run_id, key):
        if any(row[1] for row in rows):
            points: list[Any] = shown_metrics(
                [Metric(key, _NAN if is_nan else value, at, step) for value, is_nan, at, step in rows]
            )
        else:
            points = [Metric(key, value, at, step) for value, _, at, step in rows]
        yield wire.encode(points)[1:-1]


@_ajax.read("GET", "/metrics/get-history-bulk", Bulk)
def get_history_bulk(call: Call, request: Bulk) -> RawRunMetrics:
    if not request.run_id:
        raise InputError("GetMetricHistoryBulk request must specify at least one run_id.")
    if len(request.run_id) > MAX_RUNS:
        raise InputError(
            f"GetMetricHistoryBulk request cannot specify more than {MAX_RUNS} run_ids."
            f" Received {len(request.run_id)} run_ids."
        )
    if request.metric_key is None:
        raise InputError("GetMetricHistoryBulk request must specify a metric_key.")
    limit = max(0, min(request.max_results, MAX_BULK))
    found = history.bulk(call.tx, request.run_id, request.metric_key, limit=limit) if limit else []
    return RawRunMetrics(metrics=_shown(found))


@_api.read("GET", "/metrics/get-history-bulk-interval", Sampled)
def get_history_sampled(call: Call, request: Sampled) -> RunMetrics:
    if not request.run_ids:
        raise missing_parameter("run_ids")
    if len(request.run_ids) > MAX_RUNS:
        raise InputError(
            f"GetMetricHistoryBulkInterval request must specify at most {MAX_RUNS} run_ids."
            f" Received {len(request.run_ids)} run_ids."
        )
    if not request.metric_key:
        raise missing_parameter("metric_key")
    limit = MAX_SAMPLED if request.max_results is None else request.max_results
    if not 1 <= limit <= MAX_SAMPLED:
        raise InputError(f"max_results must be between 1 and {MAX_SAMPLED}.")
    start, end = request.start_step, request.end_step
    if (start is None) != (end is None):
        raise InputError("If either start step or end step are specified, both must be specified.")
    if start is not None and end is not None and start > end:
        raise InputError(
            f"end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        )
    found = history.sampled(call.tx, request.run_ids, request.metric_key, limit=limit, start=start, end=end)
    return RunMetrics(metrics=_shown(found))


def _shown(found: list[tuple[str, Metric]]) -> list[RunMetric]:
    return [
        RunMetric(
            key=metric.key,
            value="NaN" if metric.value != metric.value else metric.value,
            timestamp=metric.timestamp,
            step=metric.step,
            run_id=uid,
        )
        for uid, metric in found
    ]


routes = Routes()
routes.routes = [*_api.routes, *_ajax.routes]
