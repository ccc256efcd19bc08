"""Runs: make, read, change, delete, restore."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import runs as rows
from padauk.tracking import checks, experiments, run_names, uris
from padauk.tracking.assemble import assemble, info_of
from padauk.tracking.nouns import STAGES, STATUSES, Run, RunInfo, Status, Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session

NAME_TAG = "mlflow.runName"
RUNNING = STATUSES.index("RUNNING")
HEARD_EVERY = 30_000
"""Milliseconds between two notes that a run gives signs: not each point is to cost another write."""
STALE_AFTER = 30 * 60_000
"""Milliseconds without a sign after which a run that says it is running has probably died."""


def create(
    tx: Session,
    experiment_id: str,
    *,
    name: str | None = None,
    user_id: str = "",
    start_time: int | None = None,
    tags: Sequence[Tag] = (),
) -> Run:
    """Start a run. Its name is ``name``, else the tag ``mlflow.runName``, else a made-up one.

    Raises:
        InputError: the experiment is deleted, the two names differ, or a tag is not allowed.
        NotFoundError: there is no such experiment.
    """
    experiment = experiments.active(tx, experiment_id or str(experiments.DEFAULT_ID))
    texts: dict[str, str] = {}
    for place, tag in enumerate(tags):
        checks.check_key(tag.key, f"tags[{place}].key")
        checks.check_length(f"tags[{place}].key", checks.MAX_KEY, tag.key)
        texts[tag.key] = checks.cut(tag.value, checks.MAX_TAG_VALUE)
    tagged = texts.get(NAME_TAG)
    if name and tagged and name != tagged:
        raise InputError(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values"
            f" (run_name='{name}', mlflow.runName='{tagged}')."
        )
    name = name or tagged or run_names.generate()
    texts[NAME_TAG] = name
    uid = os.urandom(16).hex()
    numbers = tx.names.ids(tx, texts)
    uri = uris.join(experiment.artifact_location, uid, "artifacts")
    number = rows.insert(
        tx,
        uid=uid,
        experiment_id=experiment.id,
        name=name,
        user_name=user_id,
        status=RUNNING,
        start_time=start_time,
        artifact_uri=uri,
        heard=now_ms(),
    )
    rows.set_tags(tx, number, {numbers[key]: value for key, value in texts.items()})
    info = RunInfo(
        run_id=uid,
        experiment_id=str(experiment.id),
        run_name=name,
        user_id=user_id,
        status="RUNNING",
        lifecycle_stage="active",
        artifact_uri=uri,
        start_time=start_time,
    )
    return Run(info, [], [], [Tag(key, value) for key, value in texts.items()], [], [], [])


def get(tx: Session, run_id: str) -> Run:
    """A run, active or deleted, with all that it logged.

    Raises:
        NotFoundError: there is none of that id.
    """
    return assemble(tx, [find(tx, run_id)])[0]


def update(
    tx: Session,
    run_id: str,
    *,
    status: Status | None = None,
    end_time: int | None = None,
    name: str | None = None,
) -> RunInfo:
    """Change the status, the end or the name of an active run; its state afterwards."""
    row = find(tx, run_id)
    check_active(run_id, row.stage)
    if status == "RUNNING":
        rows.hear(tx, row.id, now_ms())
    number = None if status is None else STATUSES.index(status)
    rows.update(tx, row.id, status=number, end_time=end_time, name=name or None)
    if name:
        key = tx.names.ids(tx, [NAME_TAG])[NAME_TAG]
        rows.set_tags(tx, row.id, {key: name})
    return info_of(
        row._replace(
            status=row.status if number is None else number,
            end_time=row.end_time if end_time is None else end_time,
            name=name or row.name,
        )
    )


def delete(tx: Session, run_id: str) -> None:
    """Mark a run deleted; deleting it again only renews the time."""
    rows.set_stage(tx, find(tx, run_id).id, 1, now_ms())


def restore(tx: Session, run_id: str) -> None:
    """Make a run active again."""
    rows.set_stage(tx, find(tx, run_id).id, 0, None)


def find(tx: Session, run_id: str) -> rows.RunRow:
    """The row of a run."""
    row = rows.by_uid(tx, run_id)
    if row is None:
        raise NotFoundError(f"Run with id={run_id} not found")
    return row


def writable(tx: Session, run_id: str) -> tuple[int, int]:
    """Row number and experiment of a run that may be written to."""
    found = rows.place(tx, run_id)
    if found is None:
        raise NotFoundError(f"Run with id={run_id} not found")
    number, experiment, stage, heard = found
    check_active(run_id, stage)
    now = now_ms()
    if heard is None or now - heard > HEARD_EVERY:
        rows.hear(tx, number, now)
    return number, experiment


def is_stale(row: rows.RunRow, now: int) -> bool:
    """Whether a run says that it is running, and nothing was written to it for long."""
    last = row.heard if row.heard is not None else row.start_time
    return row.status == RUNNING and last is not None and now - last > STALE_AFTER


def check_active(run_id: str, stage: int) -> None:
    if stage:
        raise InputError(f"The run {run_id} must be in the 'active' state. Current state is {STAGES[stage]}.")
