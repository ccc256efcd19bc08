"""Copy runs from one tracking server to another over MLflow's API; either may be padauk's or MLflow's own.

The API gives each run a new id, so a copy carries its origin's id in the tag :data:`ORIGIN`: by it a later
copy finds what is there, sends only what is missing, and maps parents. A copy stays RUNNING until all of it
is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError, NotFoundError
from padauk.core.events import SILENT, Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.client import wire
    from padauk.client.http import TrackingClient

ORIGIN = "padauk.copiedFrom"
_PARENT = "mlflow.parentRunId"
_ENDED = ("FINISHED", "FAILED", "KILLED")


@dataclass
class CopyResult:
    """What a copy did.

    Attributes:
        copied: id at the origin to id of the copy, of runs that were sent or brought up to date.
        known: how many were there to their end already.
        files: artifacts sent, with ``bytes``.
        unreachable: runs whose artifacts the other server does not take over HTTP.
    """

    copied: dict[str, str] = field(default_factory=dict)
    known: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    unreachable: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return {
            "copied": self.copied,
            "known": self.known,
            "points": self.points,
            "files": self.files,
            "bytes": self.bytes,
            "without_artifacts": self.unreachable,
        }


@dataclass(frozen=True)
class CopyPlan:
    """The runs to look at, by the experiment they are in."""

    runs: dict[str, list[wire.Run]]
    """Name of the experiment to its runs, oldest first."""

    @property
    def count(self) -> int:
        """How many runs there are."""
        return sum(len(runs) for runs in self.runs.values())


def plan_copy(source: TrackingClient, experiments: Sequence[str], run_ids: Sequence[str]) -> CopyPlan:
    """Choose runs: those of ``experiments`` (names or ids) and ``run_ids``; all active ones without either.

    Raises:
        NotFoundError: the source has no experiment or run of that name.
    """
    chosen: list[wire.Experiment] = []
    if not experiments and not run_ids:
        chosen = list(source.experiments())
    for name in experiments:
        found = source.experiment_by_name(name)
        if found is None and name.isdigit():
            found = source.experiment(name)
        if found is None:
            raise NotFoundError(f"no experiment {name!r} on {source.name}")
        chosen.append(found)
    runs: dict[str, list[wire.Run]] = {}
    for experiment in chosen:
        order = ["attributes.start_time ASC"]
        runs[experiment.name] = list(source.runs([experiment.experiment_id], order_by=order))
    for run_id in run_ids:
        run = source.run(run_id)
        runs.setdefault(source.experiment(run.info.experiment_id).name, []).append(run)
    return CopyPlan({name: some for name, some in runs.items() if some})


def copy(
    plan: CopyPlan, source: TrackingClient, target: TrackingClient, *, reporter: Reporter = SILENT
) -> CopyResult:
    """Send the runs of ``plan`` with histories, datasets and artifacts; experiments are joined by name.

    Raises:
        InputError: both are the same server.
    """
    if source.uri == target.uri:
        raise InputError("a server cannot be copied to itself")
    result = CopyResult()
    with reporter.task("runs", plan.count, "steps") as progress:
        for name, runs in plan.runs.items():
            experiment = target.ensure_experiment(name)
            there = {
                run.tags[ORIGIN]: run
                for run in target.runs([experiment], where=f"tags.`{ORIGIN}` != ''")
                if ORIGIN in run.tags
            }
            ids = {origin: run.info.run_id for origin, run in there.items()}
            for run in _parents_first(runs):
                old = there.get(run.info.run_id)
                if old is not None and old.info.status in _ENDED:
                    result.known += 1
                else:
                    _copy_run(source, target, run, old, experiment, ids, result)
                progress.advance()
    return result


def _copy_run(
    source: TrackingClient,
    target: TrackingClient,
    run: wire.Run,
    old: wire.Run | None,
    experiment: str,
    ids: dict[str, str],
    result: CopyResult,
) -> None:
    info = run.info
    tags = {**run.tags, ORIGIN: info.run_id}
    if (parent := tags.get(_PARENT)) in ids:
        tags[_PARENT] = ids[parent or ""]
    if old is None:
        # the origin goes with the making, so that a copy whose answer was lost is found again
        few = {key: tags[key] for key in (ORIGIN, _PARENT) if key in tags}
        old = target.create_run(
            experiment,
            name=info.run_name,
            start_time=info.start_time or 0,
            tags=few,
            user=info.user_id,
        )
    copied = old.info.run_id
    ids[info.run_id] = copied
    target.log_batch(copied, params=run.params, tags=tags)
    for latest in run.data.metrics:
        points = list(source.history(info.run_id, latest.key))
        target.log_batch(copied, metrics=points)
        result.points += len(points)
    target.log_inputs(copied, run.inputs.dataset_inputs)
    if target.can_upload(old.info.artifact_uri):
        for path, size in _missing_files(source, target, info.run_id, copied):
            target.upload(old.info.artifact_uri, path, source.stream(info.run_id, path))
            result.files += 1
            result.bytes += size
    elif next(_files(source, info.run_id), None):
        result.unreachable.append(info.run_id)
    if info.status in _ENDED:
        target.update_run(copied, status=info.status, end_time=info.end_time)
    result.copied[info.run_id] = copied


def _missing_files(
    source: TrackingClient, target: TrackingClient, run_id: str, copied: str
) -> Iterator[tuple[str, int]]:
    there = dict(_files(target, copied))
    for path, size in _files(source, run_id):
        if there.get(path) != size:
            yield path, size


def _files(client: TrackingClient, run_id: str) -> Iterator[tuple[str, int]]:
    """Every file of a run with its size."""
    folders: list[str | None] = [None]
    while folders:
        for entry in client.artifacts(run_id, folders.pop()):
            if entry.is_dir:
                folders.append(entry.path)
            else:
                yield entry.path, entry.file_size or 0


def _parents_first(runs: list[wire.Run]) -> list[wire.Run]:
    """``runs`` with every parent before its children."""
    by_id = {run.info.run_id: run for run in runs}
    done: dict[str, wire.Run] = {}

    for run in runs:
        chain = []
        above: wire.Run | None = run
        while above is not None and above.info.run_id not in done and above not in chain:
            chain.append(above)
            above = by_id.get(above.tags.get(_PARENT, ""))
        for one in reversed(chain):
            done[one.info.run_id] = one
    return list(done.values())
