"""Rows of metric points and of the latest point of each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db.engine import marks
from padauk.db.runs import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.db.engine import Session

Point = tuple[int, int, int, int, float, int]
"""run number, key number, timestamp, step, value, is_nan: a row of ``metrics``, and its identity."""


def add(tx: Session, points: Sequence[Point]) -> None:
    """Write points of one run; a point that is there already is not written again."""
    latest: dict[int, Point] = {}
    for point in points:
        key = point[1]
        known = latest.get(key)
        if known is None or (point[3], point[2], point[4]) > (known[3], known[2], known[4]):
            latest[key] = point
    tx.many(
        "INSERT INTO metrics (run_id, key_id, timestamp, step, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        points,
    )
    # in key order, so that two transactions lock the rows of a run in one order
    tx.many(
        "INSERT INTO latest_metrics (run_id, key_id, timestamp, step, value, is_nan)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, key_id) DO UPDATE SET timestamp = excluded.timestamp, step = excluded.step,"
        " value = excluded.value, is_nan = excluded.is_nan"
        " WHERE (excluded.step, excluded.timestamp, excluded.value)"
        " > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)",
        [latest[key] for key in sorted(latest)],
    )


def latest_of(tx: Session, numbers: Sequence[int]) -> list[tuple[int, int, float, int, int, int]]:
    """Rows (run, key, value, is_nan, timestamp, step) of the latest points of many runs."""
    found: list[tuple[int, int, float, int, int, int]] = []
    for part in chunks(numbers):
        found += tx.all(
            "SELECT run_id, key_id, value, is_nan, timestamp, step FROM latest_metrics"
            f" WHERE run_id IN ({marks(part)})",
            part,
        )
    return found


def history(
    tx: Session, run: int, key: int, *, limit: int | None = None, offset: int = 0
) -> Iterator[list[tuple[float, int, int, int]]]:
    """Points (value, is_nan, timestamp, step) of one metric by timestamp, step, value, in portions."""
    sql = (
        "SELECT value, is_nan, timestamp, step FROM metrics WHERE run_id = ? AND key_id = ?"
        " ORDER BY timestamp, step, value, is_nan"
    )
    if limit is None and not offset:
        return tx.stream(sql, (run, key))
    if limit is None:
        limit = 2**62
    return tx.stream(f"{sql} LIMIT ? OFFSET ?", (run, key, limit, offset))
