"""What a page shows of experiments and runs: overviews and tables, in a constant number of statements."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct

from padauk.core.errors import InputError
from padauk.core.filters import parse, parse_order
from padauk.core.text import now_ms
from padauk.db import experiments as experiment_rows
from padauk.db import metrics as metric_rows
from padauk.db import overview, search
from padauk.db import runs as run_rows
from padauk.tracking import checks
from padauk.tracking.assemble import info_of
from padauk.tracking.nouns import STATUSES, RunInfo, Status
from padauk.tracking.runs import is_stale
from padauk.tracking.search import RUNS, View, stages_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.db import Session
    from padauk.tracking.ordering import OrderCache

PARENT_TAG = "mlflow.parentRunId"
INVOCATION_TAG = "padauk.record"
STAGE_TAG = "padauk.stage"
NOTE_TAG = "mlflow.note.content"
MAX_ROWS = 500
MAX_COLUMNS = 200
_NEWEST = 2000

Cell = float | str | None
"""A metric's latest value (NaN as ``"NaN"``), a param or a tag; ``None`` where a run has none."""
ColumnKind = Literal["metrics", "params", "tags"]


class ExperimentLine(Struct, frozen=True):
    """An experiment in a list of experiments. Times are milliseconds since 1970 UTC."""

    id: str
    name: str
    note: str
    created: int
    runs: int
    running: int
    newest: int | None


class RunLine(Struct, frozen=True):
    """A run in a table; ``cells`` has one value for each column that was asked for.

    ``stale``: it says that it is running, and nothing was written to it for long.
    """

    info: RunInfo
    parent: str | None
    cells: list[Cell]
    stale: bool = False


class Table(Struct, frozen=True):
    """A page of a table of runs, and how many rows all its pages have."""

    total: int
    rows: list[RunLine]


class Key(Struct, frozen=True):
    """A key that runs have logged under, and how many of the newest runs have."""

    name: str
    runs: int


class Keys(Struct, frozen=True):
    """What may become a column."""

    metrics: list[Key]
    params: list[Key]
    tags: list[Key]


class Beat(Struct, frozen=True):
    """How far a run is: its newest step and when that was logged."""

    run_id: str
    status: Status
    end_time: int | None
    step: int | None
    time: int | None


def experiment_lines(tx: Session) -> list[ExperimentLine]:
    """All active experiments, the one with the newest run first."""
    counts = {row[0]: row[1:] for row in overview.runs_by_experiment(tx)}
    found = search.find_experiments(tx, (0,), None, (), limit=10_000, offset=0)
    tags = experiment_rows.tags_of(tx, [row.id for row in found])
    lines = []
    for row in found:
        runs, running, newest = counts.get(row.id, (0, 0, None))
        note = dict(tags[row.id]).get(NOTE_TAG, "")
        lines.append(ExperimentLine(str(row.id), row.name, note, row.created, runs, running, newest))
    return sorted(lines, key=lambda line: max(line.newest or 0, line.created), reverse=True)


def table(
    tx: Session,
    experiment_ids: Sequence[str],
    *,
    where: str = "",
    view: View = "ACTIVE_ONLY",
    order_by: Sequence[str] = (),
    columns: Sequence[str] = (),
    offset: int = 0,
    limit: int = 100,
    orders: OrderCache | None = None,
) -> Table:
    """Rows of a table of runs.

    Args:
        where: a filter, as in a search of runs.
        columns: ``metrics.KEY``, ``params.KEY`` or ``tags.KEY``.
        orders: remembers the order of rows, so that scrolling sorts once.

    Raises:
        InputError: the filter, an order or a column is wrong, or more is asked for than is given at once.
    """
    if not 0 <= limit <= MAX_ROWS or offset < 0 or len(columns) > MAX_COLUMNS:
        raise InputError(f"at most {MAX_ROWS} rows and {MAX_COLUMNS} columns are given at once")
    numbers = [checks.parse_experiment_id(text) for text in experiment_ids]
    node = parse(where, RUNS)
    keys = parse_order(order_by, RUNS)
    if not numbers:
        return Table(0, [])
    stages = stages_of(view)
    if offset and orders is not None:
        name = (tuple(numbers), stages, where, tuple(order_by))
        order = orders.get(
            name,
            overview.newest_run(tx, numbers),
            lambda: search.run_order(tx, numbers, stages, node, keys),
        )
        page = run_rows.by_numbers(tx, order[offset : offset + limit])
        return Table(len(order), lines(tx, page, columns))
    total = search.count_runs(tx, numbers, stages, node)
    if not limit:
        return Table(total, [])
    found = search.find_runs(tx, numbers, stages, node, keys, limit=limit, offset=offset)
    return Table(total, lines(tx, found, columns))


def lines(tx: Session, found: Sequence[run_rows.RunRow], columns: Sequence[str]) -> list[RunLine]:
    """Rows of runs with the cells of ``columns``."""
    runs = [row.id for row in found]
    cells: dict[int, list[Cell]] = {run: [None] * len(columns) for run in runs}
    for place, run, value in _cells(tx, runs, columns):
        cells[run][place] = value
    parents: dict[int, str] = {}
    parent_key = tx.names.find(tx, PARENT_TAG)
    if parent_key is not None:
        parents = {run: value for run, _, value in overview.text_values(tx, "run_tags", runs, [parent_key])}
    now = now_ms()
    return [RunLine(info_of(row), parents.get(row.id), cells[row.id], is_stale(row, now)) for row in found]


def lines_of(tx: Session, run_ids: Sequence[str], columns: Sequence[str] = ()) -> list[RunLine]:
    """The rows of these runs, in this order; those that do not exist are left out."""
    found = [row for run_id in run_ids if (row := run_rows.by_uid(tx, run_id)) is not None]
    return lines(tx, found, columns)


def _cells(tx: Session, runs: Sequence[int], columns: Sequence[str]) -> Iterator[tuple[int, int, Cell]]:
    places: dict[str, dict[int, int]] = {kind: {} for kind in get_args(ColumnKind)}
    for place, column in enumerate(columns):
        kind, _, key = column.partition(".")
        if kind not in places or not key:
            raise InputError(f"{column!r} is no column", hint="use metrics.KEY, params.KEY or tags.KEY")
        number = tx.names.find(tx, key)
        if number is not None:
            places[kind][number] = place
    if wanted := places["metrics"]:
        for run, key_id, latest, is_nan, _ in overview.metric_values(tx, runs, list(wanted)):
            yield wanted[key_id], run, "NaN" if is_nan else latest
    for kind, name in (("params", "params"), ("tags", "run_tags")):
        if wanted := places[kind]:
            for run, key_id, text in overview.text_values(tx, name, runs, list(wanted)):
                yield wanted[key_id], run, text


def keys(tx: Session, experiment_ids: Sequence[str]) -> Keys:
    """What the newest runs of some experiments have logged under, by name."""
    numbers = [checks.parse_experiment_id(text) for text in experiment_ids]
    if not numbers:
        return Keys([], [], [])
    found = []
    for name in ("latest_metrics", "params", "run_tags"):
        counts = overview.keys_of_newest(tx, name, numbers, _NEWEST)
        texts = tx.names.texts(tx, [key for key, _ in counts])
        found.append(sorted((Key(texts[key], runs) for key, runs in counts), key=lambda key: key.name))
    return Keys(*found)


def children(tx: Session, run_id: str, experiment_id: str, columns: Sequence[str] = ()) -> list[RunLine]:
    """The runs nested in a run, oldest first (at most 500)."""
    key = tx.names.find(tx, PARENT_TAG)
    if key is None:
        return []
    return lines_of(tx, overview.children_of(tx, key, run_id, int(experiment_id)), columns)


def last_stage_run(
    tx: Session, stage: str, experiment_id: str, before: int, columns: Sequence[str] = ()
) -> RunLine | None:
    """The newest run of a stage that started before a time: it made what is there while it is skipped."""
    key = tx.names.find(tx, STAGE_TAG)
    found = key and overview.newest_with_tag(tx, key, stage, int(experiment_id), before)
    return lines_of(tx, [found], columns)[0] if found else None


def metric_names(tx: Session, run_ids: Sequence[str]) -> list[str]:
    """The metrics that some runs have, those of most runs first."""
    numbers = list(run_rows.numbers_of(tx, run_ids).values())
    counts = Counter(row[1] for row in metric_rows.latest_of(tx, numbers))
    texts = tx.names.texts(tx, counts)
    return [texts[key] for key, _ in sorted(counts.items(), key=lambda one: (-one[1], texts[one[0]]))]


def datasets(tx: Session, limit: int = 2000) -> list[tuple[Any, ...]]:
    """Rows (name, digest, source_type, source, profile, runs, first used, last used), newest use first."""
    return overview.datasets(tx, limit)


def users_of_dataset(tx: Session, name: str, digest: str, limit: int = 200) -> list[tuple[RunLine, str]]:
    """The newest runs that used a dataset, each with what for."""
    found = dict(overview.users_of_dataset(tx, name, digest, limit))
    return [(line, found[line.info.run_id] or "") for line in lines_of(tx, list(found))]


def invocations(tx: Session, limit: int = 100, columns: Sequence[str] = ()) -> list[RunLine]:
    """The newest runs that record a ``padauk repro``, without those of its stages."""
    key = tx.names.find(tx, INVOCATION_TAG)
    if key is None:
        return []
    found = lines_of(tx, overview.with_tag(tx, key, limit * 4), columns)
    return [line for line in found if line.parent is None][:limit]


def beats(tx: Session, run_ids: Sequence[str]) -> list[Beat]:
    """How far some runs are."""
    if not run_ids:
        return []
    return [
        Beat(run_id, STATUSES[status], end, step, time)
        for run_id, status, end, step, time in overview.pulse(tx, run_ids)
    ]


def newest(tx: Session, experiment_ids: Sequence[str]) -> tuple[int, int]:
    """A pair that changes when runs of some experiments come or go."""
    numbers = [checks.parse_experiment_id(text) for text in experiment_ids]
    return overview.newest_run(tx, numbers) if numbers else (0, 0)
