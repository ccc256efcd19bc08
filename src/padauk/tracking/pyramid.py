"""A long series in some thousands of slices, kept in memory: from these every view of it is made quickly.

Making them reads the whole series once. After that a chart of all of it reads nothing, and a zoom reads only
the slices that it shows. When points have come behind its end, only the last slice is made again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from padauk.db import series as rows

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.db.series import Axis, Slice

SLICES = 4096
_SERIES = 128
_SECONDS = 60.0  # points below the end are seen after this long at most


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The slices of a series.

    Attributes:
        origin: time of the first point.
        width: milliseconds that a slice is long.
        slices: those that hold points, by time.
        stepwise: whether steps grow with time, so that slices are also those of the steps.
        latest: the series' latest point when it was made.
        made: when all of it was made (monotonic seconds).
    """

    origin: int
    width: int
    slices: list[Slice]
    stepwise: bool
    latest: tuple[Any, ...]
    made: float

    def within(self, axis: Axis, start: int | None, end: int | None) -> list[Slice]:
        """The slices that hold points between ``start`` and ``end``."""
        first, last = ("first_step", "last_step") if axis == "step" else ("first_time", "last_time")
        return [
            one
            for one in self.slices
            if (start is None or getattr(one, last) >= start) and (end is None or getattr(one, first) <= end)
        ]


class Pyramids:
    """Remembers the pyramids of the series looked at last. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, int], Pyramid] = OrderedDict()

    def get(self, tx: Session, run: int, key: int, latest: tuple[Any, ...]) -> Pyramid | None:
        """The pyramid of a series; ``None`` when all its points have one time."""
        with self._lock:
            known = self._known.get((run, key))
        if known is not None and known.latest == latest:
            return known
        ends = rows.times(tx, run, key)
        if ends is None or ends[0] == ends[1]:
            return None
        fresh = known is not None and time.monotonic() - known.made < _SECONDS
        if known is not None and fresh and ends[0] == known.origin and len(known.slices) < 2 * SLICES:
            made = _extended(tx, run, key, known, ends[1], latest)
        else:
            made = _built(tx, run, key, ends, latest)
        with self._lock:
            self._known[run, key] = made
            self._known.move_to_end((run, key))
            if len(self._known) > _SERIES:
                self._known.popitem(last=False)
        return made


def _built(tx: Session, run: int, key: int, ends: tuple[int, int], latest: tuple[Any, ...]) -> Pyramid:
    start, end = ends
    width = -(-(end - start + 1) // SLICES)
    found = rows.slices(tx, run, key, start, end, width)
    return Pyramid(start, width, found, _is_stepwise(found), latest, time.monotonic())


def _extended(tx: Session, run: int, key: int, old: Pyramid, end: int, latest: tuple[Any, ...]) -> Pyramid:
    kept = old.slices[:-1]
    last = old.slices[-1].first_time if old.slices else old.origin
    since = old.origin + (last - old.origin) // old.width * old.width
    found = kept + rows.slices(tx, run, key, since, end, old.width)
    return Pyramid(old.origin, old.width, found, _is_stepwise(found), latest, old.made)


def _is_stepwise(slices: list[Slice]) -> bool:
    return all(one.last_step < other.first_step for one, other in pairwise(slices))
