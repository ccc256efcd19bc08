"""Metric series for charts: exact, and never more of it than a chart can show.

A series of up to twice ``buckets`` points is given as it is. A longer one becomes buckets of equal width with
the smallest, largest and mean value of each: the envelope is exact, whatever the zoom.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import InputError
from padauk.db import runs as run_rows
from padauk.db import series as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session

Axis = Literal["step", "time", "relative"]
MAX_BUCKETS = 4000
_REMEMBERED = 512


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


class SeriesCache:
    """Remembers buckets: those of a million points take a third of a second to make."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[object, ...], Series] = OrderedDict()

    def get(self, key: tuple[object, ...]) -> Series | None:
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], series: Series) -> None:
        with self._lock:
            self._known[key] = series
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def read(
    tx: Session,
    run_ids: Sequence[str],
    metric: str,
    *,
    axis: Axis = "step",
    buckets: int = 1000,
    start: float | None = None,
    end: float | None = None,
    cache: SeriesCache | None = None,
) -> list[Series]:
    """The series of one metric for some runs; runs that have none are left out.

    Args:
        start: first x to include, in the unit of the axis.
        end: last x to include.

    Raises:
        InputError: ``buckets`` is out of range.
    """
    if not 1 <= buckets <= MAX_BUCKETS:
        raise InputError(f"buckets must be from 1 to {MAX_BUCKETS}, not {buckets}")
    key = tx.names.find(tx, metric)
    if key is None:
        return []
    numbers = run_rows.numbers_of(tx, run_ids)
    found = []
    for run_id in run_ids:
        if run_id in numbers:
            series = _one(tx, run_id, numbers[run_id], key, axis, buckets, start, end, cache)
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
    cache: SeriesCache | None,
) -> Series | None:
    latest = rows.latest(tx, run, key)
    if latest is None:
        return None
    name = (run_id, key, axis, buckets, start, end, latest)
    if cache is not None and (known := cache.get(name)):
        return known
    column: rows.Axis = "step" if axis == "step" else "timestamp"
    origin = 0
    if axis == "relative":
        whole = rows.extent(tx, run, key, column, None, None)
        origin = whole.first_time if whole else 0
    scale = 1 if axis == "step" else 1000
    first = None if start is None else round(start * scale) + origin
    last = None if end is None else round(end * scale) + origin
    extent = rows.extent(tx, run, key, column, first, last)
    if extent is None:
        return None
    if extent.points <= 2 * buckets:
        found = rows.points(tx, run, key, column, first, last)
        xs = [row[0] for row in found]
        columns: tuple[array[float], ...] = (
            array("d", [float("nan") if row[2] else row[1] for row in found]),
        )
    else:
        made = rows.buckets(tx, run, key, column, extent.first, extent.last, buckets)
        xs = [bucket.x for bucket in made]
        columns = (
            array("d", [bucket.low for bucket in made]),
            array("d", [bucket.high for bucket in made]),
            array("d", [bucket.mean for bucket in made]),
        )
    x = array("d", xs if scale == 1 else [(value - origin) / scale for value in xs])
    series = Series(run_id, extent.points, extent.first_time, x, columns)
    # points may still come below the latest one of a run that goes on, so only long ones are remembered
    if cache is not None and extent.points > 2 * buckets:
        cache.put(name, series)
    return series
