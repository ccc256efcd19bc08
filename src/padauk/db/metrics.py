"""Rows of metric points and of the latest point of each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        distinct=True,
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


def add_of_models(tx: Session, points: Sequence[tuple[Any, ...]]) -> None:
    """Write points of logged models: (model id, then a ``Point``, then dataset name and digest)."""
    tx.many(
        "INSERT INTO model_metrics (model_id, run_id, key_id, timestamp, step, value, is_nan,"
        " dataset_name, dataset_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        points,
    )


def sampled(
    tx: Session, run: int, key: int, limit: int, start: int | None, end: int | None
) -> list[tuple[float, int, int, int]]:
    """The first point of each of ``limit`` equal portions by step, and the last: at most ``limit`` rows."""
    span = "" if start is None else " AND step BETWEEN ? AND ?"
    values = (run, key) if start is None else (run, key, start, end)
    order = "step, timestamp, value, is_nan"
    found = tx.all(
        f"SELECT value, is_nan, timestamp, step FROM (SELECT {order}, place,"
        f" lag(place) OVER (ORDER BY {order}) AS before FROM (SELECT {order},"
        f" ntile(?) OVER (ORDER BY {order}) AS place FROM metrics WHERE run_id = ? AND key_id = ?{span}) a) b"
        f" WHERE before IS NULL OR before <> place ORDER BY {order}",
        (limit, *values),
    )
    last = tx.one(
        f"SELECT value, is_nan, timestamp, step FROM metrics WHERE run_id = ? AND key_id = ?{span}"
        " ORDER BY step DESC, timestamp DESC, value DESC, is_nan DESC LIMIT 1",
        values,
    )
    if last is not None and found[-1] != last:
        found[limit - 1 :] = [last]
    return found
