"""``/runs``: the table of runs, and all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from padauk.registry.logged import logged_models_of_run
from padauk.registry.versions import versions_of_run
from padauk.server.api.frame import Pair, RunRow, api_v1, run_row
from padauk.server.wire import Int64, Message
from padauk.tracking import experiments, moving, runs, views
from padauk.tracking.ordering import OrderCache

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = api_v1()
_orders = OrderCache()


class TableQuery(Message):
    """Which rows of which columns.

    ``filter`` and ``order_by`` are MLflow's and more (``OR``, ``NOT``, parentheses); columns are
    ``metrics.KEY``, ``params.KEY`` or ``tags.KEY``. At most 500 rows are given at once.
    """

    experiments: list[str] = []
    filter: str = ""
    order_by: list[str] = []
    columns: list[str] = []
    view: Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] = "ACTIVE_ONLY"
    offset: Int64 = 0
    limit: Int64 = 100


class Table(Message):
    """Rows from ``offset`` on, and how many there are in all."""

    total: int
    rows: list[RunRow]


class TheseRuns(Message):
    """Runs by id, and the columns wanted of them."""

    runs: list[str] = []
    columns: list[str] = []


class Move(Message):
    """Runs to move to another experiment, with all runs nested in them."""

    runs: list[str]
    experiment: str


class Moved(Message):
    """All runs that moved; those that were there already are not named."""

    runs: list[str]


class LatestMetric(Message):
    """The latest point of a metric; ``value`` is ``"NaN"`` where it is none."""

    key: str
    value: float | str
    step: int
    time: int


class InputDataset(Message):
    """Data that a run used."""

    name: str
    digest: str
    source: str = ""
    source_type: str = ""
    profile: str | None = None
    context: str = ""


class RunModel(Message):
    """A model that a run logged, and the versions it was registered as."""

    id: str
    name: str
    status: str
    versions: list[str] = []


class RunDetail(Message):
    """All that is known of one run."""

    run: RunRow
    artifact_uri: str
    experiment_name: str
    metrics: list[LatestMetric]
    params: list[Pair]
    tags: list[Pair]
    inputs: list[InputDataset]
    models: list[RunModel]
    registered: list[str]
    children: list[RunRow]
    parent: RunRow | None = None


@routes.read("POST", "/runs/table", TableQuery)
def table(call: Call, request: TableQuery) -> Table:
    found = views.table(
        call.tx,
        request.experiments,
        where=request.filter,
        view=request.view,
        order_by=request.order_by,
        columns=request.columns,
        offset=request.offset,
        limit=request.limit,
        orders=_orders,
    )
    return Table(total=found.total, rows=[run_row(line) for line in found.rows])


@routes.read("POST", "/runs/rows", TheseRuns)
def these(call: Call, request: TheseRuns) -> Table:
    found = views.lines_of(call.tx, request.runs[: views.MAX_ROWS], request.columns)
    return Table(total=len(found), rows=[run_row(line) for line in found])


@routes.write("POST", "/runs/move", Move)
def move(call: Call, request: Move) -> Moved:
    """Move runs to another experiment; ids, artifacts and what was logged stay as they are."""
    return Moved(runs=moving.move(call.tx, request.runs, request.experiment))


@routes.read("GET", "/runs/{id}")
def one(call: Call, request: Message) -> RunDetail:
    run_id = call.path["id"]
    tx = call.tx
    run = runs.get(tx, run_id)
    line = views.lines_of(tx, [run_id])[0]
    parent = views.lines_of(tx, [line.parent]) if line.parent else []
    versions = versions_of_run(tx, run_id)
    return RunDetail(
        run=run_row(line),
        artifact_uri=run.info.artifact_uri,
        experiment_name=experiments.get(tx, run.info.experiment_id).name,
        metrics=[
            LatestMetric(
                key=metric.key,
                value=metric.value if metric.value == metric.value else "NaN",
                step=metric.step,
                time=metric.timestamp,
            )
            for metric in sorted(run.metrics, key=lambda metric: metric.key)
        ],
        params=[Pair(key=one.key, value=one.value) for one in sorted(run.params, key=lambda one: one.key)],
        tags=[Pair(key=one.key, value=one.value) for one in sorted(run.tags, key=lambda one: one.key)],
        inputs=[
            InputDataset(
                name=given.dataset.name,
                digest=given.dataset.digest,
                source=given.dataset.source,
                source_type=given.dataset.source_type,
                profile=given.dataset.profile,
                context={tag.key: tag.value for tag in given.tags}.get("mlflow.data.context", ""),
            )
            for given in run.datasets
        ],
        models=[
            RunModel(
                id=model.model_id,
                name=model.name,
                status=model.status,
                versions=[f"{one.name}/{one.version}" for one in versions if one.model_id == model.model_id],
            )
            for model in logged_models_of_run(tx, run_id)
        ],
        registered=[f"{one.name}/{one.version}" for one in versions],
        children=[run_row(child) for child in views.children(tx, run_id, run.info.experiment_id)],
        parent=run_row(parent[0]) if parent else None,
    )
