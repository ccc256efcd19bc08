"""Statements on what runs read and wrote, and on finding runs by what a person remembers of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db.engine import marks
from padauk.db.runs import COLUMNS, RunRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.db.engine import Row, Session

IN, OUT = 0, 1
_CHUNK = 500
_NEWEST = f"SELECT {COLUMNS} FROM runs WHERE stage = 0 AND"


def set_objects(
    tx: Session, run: int, objects: Sequence[tuple[int, str, str, int | None, int | None]]
) -> None:
    """Note ``(role, path, md5, size, nfiles)`` for a run; a path that is known takes the new content."""
    tx.many(
        "INSERT INTO run_objects (run_id, role, path, md5, size, nfiles) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, role, path) DO UPDATE"
        " SET md5 = excluded.md5, size = excluded.size, nfiles = excluded.nfiles",
        [(run, *values) for values in objects],
    )


def objects_of(tx: Session, runs: Sequence[int]) -> Iterator[Row]:
    """``(run, role, path, md5, size, nfiles)`` for these runs."""
    for start in range(0, len(runs), _CHUNK):
        part = runs[start : start + _CHUNK]
        yield from tx.all(
            "SELECT run_id, role, path, md5, size, nfiles FROM run_objects"
            f" WHERE run_id IN ({marks(part)}) ORDER BY run_id, role, path",
            part,
        )


def objects_with(tx: Session, md5s: Sequence[str], limit: int) -> Iterator[Row]:
    """``(run uid, role, path, md5, size, nfiles)`` in active runs, the newest ``limit`` for each md5."""
    for md5 in md5s:
        yield from tx.all(
            "SELECT r.uid, o.role, o.path, o.md5, o.size, o.nfiles FROM run_objects o"
            " JOIN runs r ON r.id = o.run_id WHERE o.md5 = ? AND r.stage = 0"
            " ORDER BY r.start_time DESC, r.uid LIMIT ?",
            (md5, limit),
        )


def objects_at(tx: Session, path: str) -> Row | None:
    """``(path, md5, size, nfiles)`` of what the newest run had at ``path``."""
    return tx.one(
        "SELECT o.path, o.md5, o.size, o.nfiles FROM run_objects o JOIN runs r ON r.id = o.run_id"
        " WHERE o.path = ? AND r.stage = 0 ORDER BY r.start_time DESC LIMIT 1",
        (path,),
    )


def objects_from(tx: Session, prefix: str, limit: int) -> list[Row]:
    """Distinct ``(md5, path, size, nfiles)`` of contents whose md5 starts so."""
    return tx.all(
        "SELECT md5, MIN(path), MAX(size), MAX(nfiles) FROM run_objects WHERE md5 >= ? AND md5 < ?"
        " GROUP BY md5 ORDER BY md5 LIMIT ?",
        (prefix, prefix + "g", limit),
    )


def runs_of(tx: Session, uids: Sequence[str]) -> list[RunRow]:
    """Active runs by their ids."""
    found: list[RunRow] = []
    for start in range(0, len(uids), _CHUNK):
        part = uids[start : start + _CHUNK]
        rows = tx.all(f"{_NEWEST} uid IN ({marks(part)})", part)
        found += [RunRow(*row) for row in rows]
    return found


def runs_from(tx: Session, prefix: str, limit: int) -> list[RunRow]:
    """Active runs whose id starts so."""
    rows = tx.all(f"{_NEWEST} uid >= ? AND uid < ? ORDER BY uid LIMIT ?", (prefix, prefix + "g", limit))
    return [RunRow(*row) for row in rows]


def runs_tagged(tx: Session, key: int, value: str, limit: int) -> list[RunRow]:
    """Active runs with this tag, newest first."""
    rows = tx.all(
        f"{_NEWEST} id IN (SELECT run_id FROM run_tags WHERE key_id = ? AND value = ?)"
        " ORDER BY start_time DESC, uid LIMIT ?",
        (key, value, limit),
    )
    return [RunRow(*row) for row in rows]
