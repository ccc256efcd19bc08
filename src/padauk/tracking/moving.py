"""Move runs to another experiment: what they logged, their artifacts and their ids stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.db import moving as rows
from padauk.tracking import experiments, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session

PARENT_TAG = "mlflow.parentRunId"
MAX_RUNS = 1000


def move(tx: Session, run_ids: Sequence[str], experiment_id: str) -> list[str]:
    """Put runs and those nested in them, however deep, into another experiment; the ids of all that moved.

    The models they logged and the data they used go with them. Artifact URIs stay: they lead to where the
    files are. Traces stay in the experiment that they were sent to.

    Raises:
        InputError: the experiment is deleted, or a request names too many runs.
        NotFoundError: there is no such run or experiment.
    """
    if len(run_ids) > MAX_RUNS:
        raise InputError(f"at most {MAX_RUNS:,} runs in one request", hint="send several requests")
    target = experiments.active(tx, experiment_id).id
    found = {run.id: run for run in (runs.find(tx, run_id) for run_id in run_ids)}
    parent_key = tx.names.find(tx, PARENT_TAG)
    fresh = list(found.values())
    while fresh and parent_key is not None:
        nested = rows.nested(tx, parent_key, [run.uid for run in fresh])
        fresh = [run for run in nested if run.id not in found]
        found.update((run.id, run) for run in fresh)
    leaving = [run for run in found.values() if run.experiment_id != target]
    rows.move(tx, sorted(run.id for run in leaving), [run.uid for run in leaving], target)
    return [run.uid for run in leaving]
