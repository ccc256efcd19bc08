"""``runs/search``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.server.mlflow_api.frame import ViewType, mlflow_routes, view_of
from padauk.server.mlflow_api.runs import WireRun, shown
from padauk.server.wire import Int64, Message
from padauk.tracking import search

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes()


class SearchRuns(Message):
    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: ViewType | None = None
    max_results: Int64 | None = None
    order_by: list[str] = []
    page_token: str | None = None


class FoundRuns(Message):
    runs: list[WireRun] = []
    next_page_token: str | None = None


@routes.read("POST", "/runs/search", SearchRuns)
def search_runs(call: Call, request: SearchRuns) -> FoundRuns:
    found, token = search.search_runs(
        call.tx,
        request.experiment_ids,
        where=request.filter,
        view=view_of(request.run_view_type),
        limit=search.DEFAULT_RESULTS if request.max_results is None else request.max_results,
        order_by=request.order_by,
        token=request.page_token,
    )
    return FoundRuns(runs=[shown(run) for run in found], next_page_token=token)
