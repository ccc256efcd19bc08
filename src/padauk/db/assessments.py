"""Statements on what was said of traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.db.engine import Session

_CHUNK = 500
COLUMNS = (
    "id, uid, trace_id, name, kind, value, number, error, created, updated, source_type, source_id, run_id,"
    " span_id, rationale, overrides, valid, of_session, metadata"
)


class AssessmentRow(NamedTuple):
    """One row of ``assessments``."""

    id: int
    uid: str
    trace_id: int
    name: str
    kind: int
    value: str
    number: float | None
    error: str | None
    created: int
    updated: int
    source_type: str
    source_id: str | None
    run_id: str | None
    span_id: str | None
    rationale: str | None
    overrides: str | None
    valid: int
    of_session: int
    metadata: str | None


def upsert(tx: Session, values: Mapping[str, Any]) -> None:
    """Write an assessment; one of that id is replaced."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name != "uid")
    tx.run(
        f"INSERT INTO assessments ({', '.join(values)}) VALUES ({marks(values)})"
        f" ON CONFLICT (uid) DO UPDATE SET {changes}",
        tuple(values.values()),
    )


def update(tx: Session, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of an assessment."""
    columns = ", ".join(f"{name} = ?" for name in values)
    tx.run(f"UPDATE assessments SET {columns} WHERE id = ?", (*values.values(), number))


def find(tx: Session, trace: int, uid: str) -> AssessmentRow | None:
    """An assessment of a trace."""
    row = tx.one(f"SELECT {COLUMNS} FROM assessments WHERE uid = ? AND trace_id = ?", (uid, trace))
    return None if row is None else AssessmentRow(*row)


def of_traces(tx: Session, numbers: Sequence[int]) -> dict[int, list[AssessmentRow]]:
    """The assessments of each of these traces, the oldest first."""
    found: dict[int, list[AssessmentRow]] = {}
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        for row in tx.all(
            f"SELECT {COLUMNS} FROM assessments WHERE trace_id IN ({marks(part)}) ORDER BY created, id", part
        ):
            found.setdefault(row[2], []).append(AssessmentRow(*row))
    return found


def set_valid(tx: Session, trace: int, uid: str, *, valid: bool) -> int:
    """Mark an assessment of a trace; how many there were."""
    return tx.run("UPDATE assessments SET valid = ? WHERE trace_id = ? AND uid = ?", (int(valid), trace, uid))


def delete(tx: Session, number: int) -> None:
    """Remove an assessment."""
    tx.run("DELETE FROM assessments WHERE id = ?", (number,))
