"""Metric series for charts: exact, and never more of it than a chart can show.

A series of up to twice ``buckets`` points is given as it is. A longer one becomes buckets with the smallest,
largest and mean value of each: from one bucket's x up to the next one's the envelope is exact, whatever the
zoom.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import InputError
from padauk.db import runs as run_rows
from padauk.db import series as rows
from padauk.tracking.pyramid import Pyramids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db import Session
    from padauk.db.series import Slice

Axis = Literal["step", "time", "relative"]
MAX_BUCKETS = 4000


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one run as columns of equal length.

    Attributes:
        run_id: whose it is.
        points: how many points there are in the range.
        first_time: milliseconds of the series' first point.
        x: steps, or seconds (since 1970, or since ``first_time`` when relative).
        columns: ``(y,)`` with NaN where NaN was logged, or ``(low, high, mean)`` of each bucket.
    """

    run_id: str
    points: int
    first_time: int
    x: array[float]
    columns: tuple[array[float], ...]

    @property
    def exact(self) -> bool:
        """Whether every point is there."""
        return len(self.columns) == 1


def read(
    tx: Session,
    run_ids: Sequence[str],
    metric: str,
    *,
    axis: Axis = "step",
    buckets: int = 1000,
    start: float | None = None,
    end: float | None = None,
    pyramids: Pyramids | None = None,
) -> list[Series]:
    """The series of one metric for some runs; runs that have none are left out.

    Args:
        start: first x to include, in the unit of the axis.
        end: last x to include.
        pyramids: remembers what long series were cut into.

    Raises:
        InputError: ``buckets`` is out of range.
    """
    if not 1 <= buckets <= MAX_BUCKETS:
        raise InputError(f"buckets must be from 1 to {MAX_BUCKETS}, not {buckets}")
    key = tx.names.find(tx, metric)
    if key is None:
        return []
    pyramids = pyramids or Pyramids()
    numbers = run_rows.numbers_of(tx, run_ids)
    found = []
    for run_id in run_ids:
        if run_id in numbers:
            series = _one(tx, run_id, numbers[run_id], key, axis, buckets, start, end, pyramids)
            if series is not None:
                found.append(series)
    return found


def _one(
    tx: Session,
    run_id: str,
    run: int,
    key: int,
    axis: Axis,
    buckets: int,
    start: float | None,
    end: float | None,
    pyramids: Pyramids,
) -> Series | None:
    latest = rows.latest(tx, run, key)
    ends = rows.times(tx, run, key)
    if latest is None or ends is None:
        return None
    column: rows.Axis = "step" if axis == "step" else "timestamp"
    origin = ends[0] if axis == "relative" else 0
    scale = 1 if axis == "step" else 1000
    first = None if start is None else round(start * scale) + origin
    last = None if end is None else round(end * scale) + origin

    def made(points: int, xs: Iterable[float], *columns: Iterable[float]) -> Series:
        x = array("d", xs if scale == 1 else [(value - origin) / scale for value in xs])
        return Series(run_id, points, ends[0], x, tuple(array("d", one) for one in columns))

    part = rows.Part(run, key, column, first, last)
    if rows.is_longer(tx, rows.Part(run, key, column), 2 * buckets):
        pyramid = pyramids.get(tx, run, key, latest)
        if pyramid is not None and (pyramid.stepwise or column != "step"):
            slices = pyramid.within(column, first, last)
            if len(slices) >= buckets // 2:  # fewer buckets than asked for, but nothing to read
                return made(sum(one.points for one in slices), *_merged(slices, column, buckets))
            if not slices:
                return None
            part = part._replace(since=slices[0].first_time, until=slices[-1].last_time)
    if not rows.is_longer(tx, part, 2 * buckets):
        found = rows.points(tx, part)
        nan = float("nan")
        if not found:
            return None
        return made(len(found), [row[0] for row in found], [nan if row[2] else row[1] for row in found])
    extent = rows.extent(tx, part)
    if extent is None:
        return None
    some = rows.buckets(tx, part, extent.first, extent.last, buckets)
    return made(
        extent.points,
        [one.x for one in some],
        [one.low for one in some],
        [one.high for one in some],
        [one.mean for one in some],
    )


def _merged(slices: list[Slice], column: rows.Axis, buckets: int) -> tuple[list[float], ...]:
    """Slices as columns x, low, high and mean of ``buckets`` rows at most: neighbours are put together."""
    count = len(slices)
    buckets = min(buckets, count)
    groups = [slices[count * at // buckets : count * (at + 1) // buckets] for at in range(buckets)]
    return (
        [group[0].first_step if column == "step" else group[0].first_time for group in groups],
        [min(one.low for one in group) for group in groups],
        [max(one.high for one in group) for group in groups],
        [sum(one.total for one in group) / sum(one.points for one in group) for group in groups],
    )
