"""Rows of experiments and their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db.engine import Session

ACTIVE, DELETED = 0, 1
_COLUMNS = "id, name, artifact_location, stage, created, updated"


class ExperimentRow(NamedTuple):
    """One row of ``experiments``."""

    id: int
    name: str
    artifact_location: str
    stage: int
    created: int
    updated: int


def insert(tx: Session, name: str, location: str, now: int, *, number: int | None = None) -> int | None:
    """Write an experiment, with ``number`` as its id if given; its id, or ``None`` when the name is taken."""
    if number is None:
        found = tx.value(
            "INSERT INTO experiments (name, artifact_location, stage, created, updated)"
            " VALUES (?, ?, 0, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
            (name, location, now, now),
        )
    else:
        found = tx.value(
            "INSERT INTO experiments (id, name, artifact_location, stage, created, updated)"
            " VALUES (?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
            (number, name, location, now, now),
        )
    return None if found is None else int(found)


def set_location(tx: Session, number: int, location: str) -> None:
    tx.run("UPDATE experiments SET artifact_location = ? WHERE id = ?", (location, number))


def by_id(tx: Session, number: int) -> ExperimentRow | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM experiments WHERE id = ?", (number,))
    return None if row is None else ExperimentRow(*row)


def by_name(tx: Session, name: str) -> ExperimentRow | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM experiments WHERE name = ?", (name,))
    return None if row is None else ExperimentRow(*row)


def set_stage(tx: Session, number: int, stage: int, now: int) -> None:
    """Delete or restore an experiment with all its runs."""
    tx.run("UPDATE experiments SET stage = ?, updated = ? WHERE id = ?", (stage, now, number))
    deleted = now if stage == DELETED else None
    tx.run("UPDATE runs SET stage = ?, deleted_time = ? WHERE experiment_id = ?", (stage, deleted, number))


def rename(tx: Session, number: int, name: str, now: int) -> bool:
    """Give an experiment another name; ``False`` when the name is taken."""
    if tx.value("SELECT 1 FROM experiments WHERE name = ? AND id <> ?", (name, number)) is not None:
        return False
    tx.run("UPDATE experiments SET name = ?, updated = ? WHERE id = ?", (name, now, number))
    return True


def tags_of(tx: Session, numbers: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The tags of each experiment, by key."""
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in numbers}
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        rows = tx.all(
            "SELECT experiment_id, key, value FROM experiment_tags"
            f" WHERE experiment_id IN ({marks(part)}) ORDER BY experiment_id, key",
            part,
        )
        for number, key, value in rows:
            found[number].append((key, value))
    return found


def set_tags(tx: Session, number: int, tags: Iterable[tuple[str, str]]) -> None:
    tx.many(
        "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
        [(number, key, value) for key, value in tags],
    )


def delete_tag(tx: Session, number: int, key: str) -> bool:
    return tx.run("DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?", (number, key)) > 0


def counts(tx: Session) -> tuple[int, int]:
    """How many active experiments and runs there are."""
    return (
        int(tx.value("SELECT count(*) FROM experiments WHERE stage = 0")),
        int(tx.value("SELECT count(*) FROM runs WHERE stage = 0")),
    )
