"""``/data``: the datasets that runs used; ``/pipelines``: the recorded invocations of ``padauk repro``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from padauk.registry.versions import versions_of_run
from padauk.server.api.frame import Pair, RunRow, api_v1, run_row
from padauk.server.wire import Message
from padauk.tracking import runs, views

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = api_v1()
_STAGE_TAGS = ("padauk.stage", "padauk.deps", "padauk.outs", "padauk.exit_code", "padauk.error")
_INVOCATION_TAGS = (
    "padauk.repository",
    "mlflow.source.git.commit",
    "mlflow.source.git.branch",
    "padauk.dirty",
    "padauk.skipped",
    "padauk.restored",
    "padauk.blocked",
    "padauk.error",
)


class DatasetLine(Message):
    """A version of a dataset, by name and digest, with how many runs used it."""

    name: str
    digest: str
    source_type: str
    source: str
    runs: int
    first: int | None = None
    last: int | None = None
    profile: str | None = None


class Datasets(Message):
    """Versions of datasets, the one used last first."""

    datasets: list[DatasetLine]


class WhichDataset(Message):
    required: ClassVar = ("name", "digest")
    name: str = ""
    digest: str = ""


class DatasetRun(Message):
    """A run that used a dataset, and what for."""

    run: RunRow
    context: str = ""


class DatasetUsers(Message):
    """The newest runs that used a dataset, and the model versions they led to."""

    runs: list[DatasetRun]
    models: list[str] = []


class Invocations(Message):
    """Recorded invocations, newest first; the cells are the values of ``columns``."""

    columns: list[str]
    rows: list[RunRow]


class StageRun(Message):
    """A stage in an invocation, with the content it read and wrote as JSON of path to md5.

    One that was ``skipped`` shows the run in which it ran last.
    """

    run: RunRow
    stage: str
    deps: str = ""
    outs: str = ""
    exit_code: str = ""
    error: str = ""
    skipped: bool = False


class Invocation(Message):
    """One invocation with the runs of its stages."""

    run: RunRow
    tags: list[Pair]
    stages: list[StageRun]


@routes.read("GET", "/data")
def datasets(call: Call, request: Message) -> Datasets:
    return Datasets(
        datasets=[
            DatasetLine(
                name=name,
                digest=digest,
                source_type=source_type,
                source=source,
                profile=profile,
                runs=count,
                first=first,
                last=last,
            )
            for name, digest, source_type, source, profile, count, first, last in views.datasets(call.tx)
        ]
    )


@routes.read("GET", "/data/runs", WhichDataset)
def users(call: Call, request: WhichDataset) -> DatasetUsers:
    found = views.users_of_dataset(call.tx, request.name, request.digest)
    return DatasetUsers(
        runs=[DatasetRun(run=run_row(line), context=context) for line, context in found],
        models=_models(call, [line.info.run_id for line, _ in found]),
    )


def _models(call: Call, run_ids: list[str]) -> list[str]:
    made = [version for run_id in run_ids for version in versions_of_run(call.tx, run_id)]
    return list(dict.fromkeys(f"{version.name}/{version.version}" for version in made))


@routes.read("GET", "/pipelines")
def invocations(call: Call, request: Message) -> Invocations:
    columns = [f"tags.{tag}" for tag in _INVOCATION_TAGS]
    return Invocations(
        columns=columns, rows=[run_row(line) for line in views.invocations(call.tx, columns=columns)]
    )


@routes.read("GET", "/pipelines/{id}")
def invocation(call: Call, request: Message) -> Invocation:
    tx = call.tx
    run = runs.get(tx, call.path["id"])
    columns = [f"tags.{tag}" for tag in _STAGE_TAGS]
    experiment = run.info.experiment_id
    stages = [_stage(line) for line in views.children(tx, run.info.run_id, experiment, columns)]
    tags = {tag.key: tag.value for tag in run.tags}
    for name in filter(None, tags.get("padauk.skipped", "").split(", ")):
        last = views.last_stage_run(tx, name, experiment, run.info.start_time or 0, columns)
        if last is not None:
            stages.append(_stage(last, skipped=True))
    return Invocation(
        run=run_row(views.lines_of(tx, [run.info.run_id])[0]),
        tags=[Pair(key=tag.key, value=tag.value) for tag in run.tags],
        stages=[stage for stage in stages if stage.stage],
    )


def _stage(line: views.RunLine, *, skipped: bool = False) -> StageRun:
    stage, deps, outs, exit_code, error = (str(cell or "") for cell in line.cells)
    row = run_row(line)
    row.cells = []
    return StageRun(
        run=row, stage=stage, deps=deps, outs=outs, exit_code=exit_code, error=error, skipped=skipped
    )
