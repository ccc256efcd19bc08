"""Metric series for charts: every point of a short one, exact buckets of a long one.

Points are clustered by (run, key, timestamp): what is asked with bounds of time reads only what lies between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from padauk.db.engine import Session

Axis = Literal["step", "timestamp"]


class Extent(NamedTuple):
    """How far a series reaches on an axis."""

    points: int
    first: int
    last: int


class Slice(NamedTuple):
    """The points between two times as one; NaN is not among them."""

    points: int
    first_step: int
    last_step: int
    first_time: int
    last_time: int
    low: float
    high: float
    total: float


class Bucket(NamedTuple):
    """Neighbouring points as one: where they begin, and their smallest, largest and mean value."""

    x: int
    low: float
    high: float
    mean: float


class Part(NamedTuple):
    """Which points of a series: from ``start`` to ``end`` on an axis, both included, ``None``: no bound.

    ``since`` and ``until`` are times between which all of them are known to lie.
    """

    run: int
    key: int
    axis: Axis
    start: int | None = None
    end: int | None = None
    since: int | None = None
    until: int | None = None

    def where(self) -> tuple[str, list[int]]:
        sql, values = "run_id = ? AND key_id = ?", [self.run, self.key]
        bounds = (
            ("timestamp >= ?", self.since),
            ("timestamp <= ?", self.until),
            (f"{self.axis} >= ?", self.start),
            (f"{self.axis} <= ?", self.end),
        )
        for bound, value in bounds:
            if value is not None:
                sql += f" AND {bound}"
                values.append(value)
        return sql, values


def latest(tx: Session, run: int, key: int) -> tuple[Any, ...] | None:
    """The latest point (step, timestamp, value, is_nan) of a metric: another one when points came."""
    return tx.one(
        "SELECT step, timestamp, value, is_nan FROM latest_metrics WHERE run_id = ? AND key_id = ?",
        (run, key),
    )


def times(tx: Session, run: int, key: int) -> tuple[int, int] | None:
    """The times of the first and the last point."""
    sql = "SELECT timestamp FROM metrics WHERE run_id = ? AND key_id = ? ORDER BY timestamp"
    first = tx.value(f"{sql} LIMIT 1", (run, key))
    last = tx.value(f"{sql} DESC LIMIT 1", (run, key))
    return None if first is None else (first, last)


def is_longer(tx: Session, part: Part, points: int) -> bool:
    """Whether there are more than ``points``; reads little more than those."""
    where, values = part.where()
    sql = f"SELECT count(*) FROM (SELECT 1 FROM metrics WHERE {where} LIMIT ?) some"
    return int(tx.value(sql, (*values, points + 1))) > points


def extent(tx: Session, part: Part) -> Extent | None:
    """How far the points reach, or ``None`` if there are none."""
    where, values = part.where()
    row = tx.one(f"SELECT count(*), min({part.axis}), max({part.axis}) FROM metrics WHERE {where}", values)
    return None if row is None or not row[0] else Extent(row[0], row[1], row[2])


def points(tx: Session, part: Part) -> list[tuple[int, float, int]]:
    """Rows (x, value, is_nan) by x."""
    where, values = part.where()
    other = "timestamp" if part.axis == "step" else "step"
    return tx.all(
        f"SELECT {part.axis}, value, is_nan FROM metrics WHERE {where} ORDER BY {part.axis}, {other}, value",
        values,
    )


def buckets(tx: Session, part: Part, first: int, last: int, count: int) -> list[Bucket]:
    """At most ``count`` buckets of equal width between ``first`` and ``last``; NaN is left out."""
    width = max(1, -(-(last - first + 1) // count))
    where, values = part.where()
    axis = part.axis
    rows = tx.all(
        f"SELECT min({axis}), min(value), max(value), avg(value) FROM metrics"
        f" WHERE {where} AND is_nan = 0 GROUP BY ({axis} - ?) / ? ORDER BY 1",
        (*values, first, width),
    )
    return [Bucket(*row) for row in rows]


def slices(tx: Session, run: int, key: int, start: int, end: int, width: int) -> list[Slice]:
    """The points from ``start`` to ``end`` in slices of ``width`` milliseconds; empty ones are left out.

    One statement each: a range of the key needs no sorting, and a thousand of them are faster than one
    grouping of a million points.
    """
    found = []
    sql = (
        "SELECT count(*), min(step), max(step), min(timestamp), max(timestamp), min(value), max(value),"
        " sum(value) FROM metrics WHERE run_id = ? AND key_id = ? AND timestamp >= ? AND timestamp < ?"
        " AND is_nan = 0"
    )
    for since in range(start, end + 1, width):
        row = tx.one(sql, (run, key, since, since + width))
        if row is not None and row[0]:
            found.append(Slice(*row))
    return found
