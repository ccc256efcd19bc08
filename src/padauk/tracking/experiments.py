"""Experiments: make, find, rename, delete, restore, tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import AlreadyExistsError, InputError, InvalidStateError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import experiments as rows
from padauk.tracking import checks, uris
from padauk.tracking.nouns import STAGES, Experiment, Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session
    from padauk.db.experiments import ExperimentRow

DEFAULT_ID = 0


def ensure_default(tx: Session, root: str) -> None:
    """Make experiment ``0``, named ``Default``, in a fresh database."""
    if rows.by_id(tx, DEFAULT_ID) is None and tx.value("SELECT 1 FROM experiments LIMIT 1") is None:
        rows.insert(tx, "Default", uris.join(root, "0"), now_ms(), number=DEFAULT_ID)


def create(
    tx: Session, name: str, *, root: str, location: str | None = None, tags: Sequence[Tag] = ()
) -> str:
    """Make an experiment; its id. Without ``location`` its artifacts go to ``<root>/<id>``.

    Raises:
        InputError: a name, location or tag that is not allowed.
        AlreadyExistsError: the name is taken, maybe by a deleted experiment.
    """
    checks.check_experiment_name(name)
    place = uris.check_location(location) if location else ""
    for tag in tags:
        checks.check_experiment_tag(tag.key, tag.value)
    number = rows.insert(tx, name, place, now_ms())
    if number is None:
        found = rows.by_name(tx, name)
        deleted = found is not None and found.stage == rows.DELETED
        raise AlreadyExistsError(
            f"Experiment(name={name}) already exists{' in deleted state' if deleted else ''}.",
            hint="restore it, or delete it for good" if deleted else None,
        )
    if not place:
        rows.set_location(tx, number, uris.join(root, str(number)))
    if tags:
        rows.set_tags(tx, number, [(tag.key, tag.value) for tag in tags])
    return str(number)


def get(tx: Session, experiment_id: str) -> Experiment:
    """An experiment, active or deleted.

    Raises:
        NotFoundError: there is none of that id.
    """
    return nouns(tx, [find(tx, experiment_id)])[0]


def get_by_name(tx: Session, name: str) -> Experiment:
    """An experiment, active or deleted.

    Raises:
        NotFoundError: there is none of that name.
    """
    row = rows.by_name(tx, name)
    if row is None:
        raise NotFoundError(f"Could not find experiment with name '{name}'")
    return nouns(tx, [row])[0]


def delete(tx: Session, experiment_id: str) -> None:
    """Mark an experiment and all its runs deleted.

    Raises:
        NotFoundError: there is no active one of that id.
    """
    row = find(tx, experiment_id, stage=rows.ACTIVE)
    rows.set_stage(tx, row.id, rows.DELETED, now_ms())


def restore(tx: Session, experiment_id: str) -> None:
    """Make a deleted experiment and all its runs active.

    Raises:
        NotFoundError: there is no deleted one of that id.
    """
    row = find(tx, experiment_id, stage=rows.DELETED)
    rows.set_stage(tx, row.id, rows.ACTIVE, now_ms())


def rename(tx: Session, experiment_id: str, name: str) -> None:
    """Give an experiment another name.

    Raises:
        InvalidStateError: it is deleted.
        AlreadyExistsError: the name is taken.
    """
    checks.check_experiment_name(name)
    row = find(tx, experiment_id)
    if row.stage != rows.ACTIVE:
        raise InvalidStateError("Cannot rename a non-active experiment.")
    if not rows.rename(tx, row.id, name, now_ms()):
        raise AlreadyExistsError(f"Experiment(name={name}) already exists.")


def set_tag(tx: Session, experiment_id: str, key: str, value: str) -> None:
    """Set a tag of an active experiment."""
    checks.check_experiment_tag(key, value)
    rows.set_tags(tx, active(tx, experiment_id).id, [(key, value)])


def delete_tag(tx: Session, experiment_id: str, key: str) -> None:
    """Remove a tag of an active experiment.

    Raises:
        NotFoundError: it has no such tag.
    """
    row = active(tx, experiment_id)
    if not rows.delete_tag(tx, row.id, key):
        raise NotFoundError(f"No tag with name: {key} in experiment with id {experiment_id}")


def find(tx: Session, experiment_id: str, *, stage: int | None = None) -> ExperimentRow:
    """The row of an experiment, of any stage or of the one asked for."""
    number = checks.parse_experiment_id(experiment_id)
    row = rows.by_id(tx, number)
    if row is None or (stage is not None and row.stage != stage):
        raise NotFoundError(f"No Experiment with id={number} exists")
    return row


def active(tx: Session, experiment_id: str) -> ExperimentRow:
    """The row of an experiment that may be written to."""
    row = find(tx, experiment_id)
    if row.stage != rows.ACTIVE:
        raise InputError(
            f"The experiment {row.id} must be in the 'active' state. Current state is {STAGES[row.stage]}."
        )
    return row


def nouns(tx: Session, found: Sequence[ExperimentRow]) -> list[Experiment]:
    """Rows as values, with their tags."""
    tags = rows.tags_of(tx, [row.id for row in found])
    return [
        Experiment(
            experiment_id=str(row.id),
            name=row.name,
            artifact_location=row.artifact_location,
            lifecycle_stage=STAGES[row.stage],
            creation_time=row.created,
            last_update_time=row.updated,
            tags=[Tag(key, value) for key, value in tags[row.id]],
        )
        for row in found
    ]


def counts(tx: Session) -> tuple[int, int]:
    """How many active experiments and runs there are."""
    return rows.counts(tx)
