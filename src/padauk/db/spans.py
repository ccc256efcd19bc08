"""Statements on the spans of traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Session

COLUMNS = "trace_id, span_id, parent_id, name, kind, status, started, ended, attributes, more"
_CHUNK = 500


class SpanRow(NamedTuple):
    """One row of ``spans``."""

    trace_id: int
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    status: int
    started: int
    ended: int | None
    attributes: str
    more: str | None


def upsert(tx: Session, rows: Sequence[SpanRow]) -> None:
    """Write spans; one that is there is replaced: its client sends it again when it has ended."""
    last = {(row.trace_id, row.span_id): row for row in rows}
    tx.many(
        f"INSERT INTO spans ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (trace_id, span_id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name,"
        " kind = excluded.kind, status = excluded.status, started = excluded.started, ended = excluded.ended,"
        " attributes = excluded.attributes, more = excluded.more",
        [last[pair] for pair in sorted(last)],
        distinct=True,
    )


def of_traces(tx: Session, numbers: Sequence[int]) -> dict[int, list[SpanRow]]:
    """The spans of each of these traces: roots first, then by their start."""
    found: dict[int, list[SpanRow]] = {number: [] for number in numbers}
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        for row in tx.all(f"SELECT {COLUMNS} FROM spans WHERE trace_id IN ({marks(part)})", part):
            found[row[0]].append(SpanRow(*row))
    for rows in found.values():
        rows.sort(key=lambda row: (row.parent_id is not None, row.started, row.span_id))
    return found


def count(tx: Session, number: int) -> int:
    """How many spans of a trace there are."""
    return int(tx.value("SELECT count(*) FROM spans WHERE trace_id = ?", (number,)))


def with_attribute(tx: Session, number: int, keys: Sequence[str]) -> list[tuple[str, str | None, str]]:
    """``(span, parent, attributes)`` of a trace; attributes only where one of ``keys`` may be in them."""
    held = " OR ".join("attributes LIKE ?" for _ in keys)
    rows = tx.all(
        f"SELECT span_id, parent_id, CASE WHEN {held} THEN attributes ELSE '' END FROM spans"
        " WHERE trace_id = ?",
        (*(f'%"{key}"%' for key in keys), number),
    )
    return [(row[0], row[1], row[2]) for row in rows]
