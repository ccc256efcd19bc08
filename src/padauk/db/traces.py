"""Statements on traces, their tags, metadata and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.db.engine import Session

RUN, PROMPT = 0, 1
_CHUNK = 500
COLUMNS = (
    "id, uid, experiment_id, started, duration, state, final, stored, name, session, client_request_id,"
    " request_preview, response_preview"
)


class TraceRow(NamedTuple):
    """One row of ``traces``."""

    id: int
    uid: str
    experiment_id: int
    started: int
    duration: int | None
    state: int
    final: int
    stored: int
    name: str | None
    session: str | None
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None


def insert(tx: Session, values: Mapping[str, Any]) -> int | None:
    """Write a trace; its number, or ``None`` when the id is taken."""
    found = tx.value(
        f"INSERT INTO traces ({', '.join(values)}) VALUES ({marks(values)})"
        " ON CONFLICT DO NOTHING RETURNING id",
        tuple(values.values()),
    )
    return None if found is None else int(found)


def update(tx: Session, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a trace."""
    if values:
        columns = ", ".join(f"{name} = ?" for name in values)
        tx.run(f"UPDATE traces SET {columns} WHERE id = ?", (*values.values(), number))


def by_uid(tx: Session, uid: str) -> TraceRow | None:
    """The row of an id."""
    row = tx.one(f"SELECT {COLUMNS} FROM traces WHERE uid = ?", (uid,))
    return None if row is None else TraceRow(*row)


def by_uids(tx: Session, uids: Sequence[str]) -> list[TraceRow]:
    """The rows of these ids that are there, in no order."""
    found: list[TraceRow] = []
    for part in _chunks(uids):
        sql = f"SELECT {COLUMNS} FROM traces WHERE uid IN ({marks(part)})"
        found += [TraceRow(*row) for row in tx.all(sql, part)]
    return found


def set_pairs(tx: Session, table: str, rows: Sequence[tuple[int, int, str]]) -> None:
    """Set ``(trace, key, value)`` in ``trace_tags`` or ``trace_metadata``; of equal keys the last wins."""
    if rows:
        last = {(number, key): (number, key, value) for number, key, value in rows}
        tx.many(
            f"INSERT INTO {table} (trace_id, key_id, value) VALUES (?, ?, ?)"
            " ON CONFLICT (trace_id, key_id) DO UPDATE SET value = excluded.value",
            [last[pair] for pair in sorted(last)],
            distinct=True,
        )


def add_pairs(tx: Session, table: str, rows: Sequence[tuple[int, int, str]]) -> None:
    """As ``set_pairs``; what is there already stays."""
    if rows:
        tx.many(
            f"INSERT INTO {table} (trace_id, key_id, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows
        )


def pairs_of(tx: Session, table: str, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags or metadata of each of these traces."""
    rows: list[tuple[Any, ...]] = []
    for part in _chunks(numbers):
        rows += tx.all(f"SELECT trace_id, key_id, value FROM {table} WHERE trace_id IN ({marks(part)})", part)
    texts = tx.names.texts(tx, (row[1] for row in rows))
    found: dict[int, dict[str, str]] = {}
    for number, key, value in rows:
        found.setdefault(number, {})[texts[key]] = value
    return found


def delete_tag(tx: Session, number: int, key: int) -> int:
    """Remove a tag; how many there were."""
    return tx.run("DELETE FROM trace_tags WHERE trace_id = ? AND key_id = ?", (number, key))


def link(tx: Session, links: Iterable[tuple[int, int, str]]) -> None:
    """Add links ``(trace, kind, target)``; those that are there stay."""
    tx.many(
        "INSERT INTO trace_links (trace_id, kind, target) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [*links]
    )


def select_for_delete(
    tx: Session,
    experiment_id: int,
    *,
    until: int | None,
    uids: Sequence[str],
    limit: int | None,
) -> list[int]:
    """Numbers of the traces of an experiment that a deletion means, the oldest first."""
    conditions, values = ["experiment_id = ?"], [experiment_id]
    if until is not None:
        conditions.append("started <= ?")
        values.append(until)
    found: list[tuple[int, str, int]] = []
    sql = "SELECT started, uid, id FROM traces WHERE " + " AND ".join(conditions)
    if uids:
        for part in _chunks([*dict.fromkeys(uids)]):
            found += tx.all(f"{sql} AND uid IN ({marks(part)})", (*values, *part))
        found.sort()
        return [number for _, _, number in found[:limit]]
    tail = " ORDER BY started, uid"
    if limit is not None:
        tail += " LIMIT ?"
        values.append(limit)
    return [number for _, _, number in tx.all(sql + tail, values)]


def delete(tx: Session, numbers: Sequence[int]) -> None:
    """Remove traces with all that hangs on them."""
    for part in _chunks(numbers):
        for table in ("spans", "assessments", "trace_tags", "trace_metadata", "trace_links"):
            tx.run(f"DELETE FROM {table} WHERE trace_id IN ({marks(part)})", part)
        tx.run(f"DELETE FROM traces WHERE id IN ({marks(part)})", part)


def _chunks(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
