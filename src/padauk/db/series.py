"""Metric series for charts: every point of a short one, exact buckets of a long one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from padauk.db.engine import Session

Axis = Literal["step", "timestamp"]


class Extent(NamedTuple):
    """How far a series reaches."""

    points: int
    first: int
    last: int
    first_time: int


class Bucket(NamedTuple):
    """Neighbouring points as one: where they begin, and their smallest, largest and mean value."""

    x: int
    low: float
    high: float
    mean: float


def latest(tx: Session, run: int, key: int) -> tuple[Any, ...] | None:
    """The latest point (step, timestamp, value, is_nan) of a metric: another one when points came."""
    return tx.one(
        "SELECT step, timestamp, value, is_nan FROM latest_metrics WHERE run_id = ? AND key_id = ?",
        (run, key),
    )


def extent(tx: Session, run: int, key: int, axis: Axis, start: int | None, end: int | None) -> Extent | None:
    """How many points lie between ``start`` and ``end`` (both included), or ``None`` if none does."""
    span, values = _span(axis, start, end)
    row = tx.one(
        f"SELECT count(*), min({axis}), max({axis}) FROM metrics WHERE run_id = ? AND key_id = ?{span}",
        (run, key, *values),
    )
    if row is None or not row[0]:
        return None
    first_time = tx.value("SELECT min(timestamp) FROM metrics WHERE run_id = ? AND key_id = ?", (run, key))
    return Extent(row[0], row[1], row[2], first_time)


def points(
    tx: Session, run: int, key: int, axis: Axis, start: int | None, end: int | None
) -> list[tuple[int, float, int]]:
    """Rows (x, value, is_nan) by x."""
    span, values = _span(axis, start, end)
    other = "timestamp" if axis == "step" else "step"
    return tx.all(
        f"SELECT {axis}, value, is_nan FROM metrics WHERE run_id = ? AND key_id = ?{span}"
        f" ORDER BY {axis}, {other}, value",
        (run, key, *values),
    )


def buckets(tx: Session, run: int, key: int, axis: Axis, first: int, last: int, count: int) -> list[Bucket]:
    """At most ``count`` buckets of equal width between ``first`` and ``last``; NaN is left out."""
    width = max(1, -(-(last - first + 1) // count))
    rows = tx.all(
        f"SELECT min({axis}), min(value), max(value), avg(value) FROM metrics"
        f" WHERE run_id = ? AND key_id = ? AND is_nan = 0 AND {axis} BETWEEN ? AND ?"
        f" GROUP BY ({axis} - ?) / ? ORDER BY 1",
        (run, key, first, last, first, width),
    )
    return [Bucket(*row) for row in rows]


def _span(axis: Axis, start: int | None, end: int | None) -> tuple[str, list[int]]:
    sql, values = "", []
    if start is not None:
        sql += f" AND {axis} >= ?"
        values.append(start)
    if end is not None:
        sql += f" AND {axis} <= ?"
        values.append(end)
    return sql, values
