"""``/series``: metric curves as binary columns.

The body is ``uint32`` n, n bytes of JSON (padded with spaces so that what follows is aligned to 8), then the
columns as little-endian ``float64``. The JSON lists, for each series that exists, the run, how many points
there are, the time of the first one (milliseconds), the number of rows, and the names of its columns in
order: ``x, y`` when every point is there, ``x, low, high, mean`` when they are buckets.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any, Literal

from padauk.core.errors import InputError
from padauk.server.api.frame import api_v1
from padauk.server.routing import Reply
from padauk.server.wire import Message, encode
from padauk.tracking import series
from padauk.tracking.pyramid import Pyramids

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = api_v1()
MAX_SERIES = 200
_BINARY = [(b"content-type", b"application/octet-stream"), (b"cache-control", b"no-store")]
_pyramids = Pyramids()


class SeriesQuery(Message):
    """One metric of some runs; ``start`` and ``end`` are in the unit of the axis (steps or seconds)."""

    runs: list[str] = []
    metric: str = ""
    axis: Literal["step", "time", "relative"] = "step"
    buckets: int = 1000
    start: float | None = None
    end: float | None = None


@routes.read("POST", "/series", SeriesQuery)
def read(call: Call, request: SeriesQuery) -> Reply:
    if len(request.runs) > MAX_SERIES:
        raise InputError(f"at most {MAX_SERIES} runs are drawn at once, not {len(request.runs)}")
    found = series.read(
        call.tx,
        request.runs,
        request.metric,
        axis=request.axis,
        buckets=request.buckets,
        start=request.start,
        end=request.end,
        pyramids=_pyramids,
    )
    return Reply(packed(found), headers=_BINARY)


def packed(found: list[series.Series]) -> bytes:
    """Series as the body described above."""
    heads: list[dict[str, Any]] = [
        {
            "run": one.run_id,
            "points": one.points,
            "first_time": one.first_time,
            "rows": len(one.x),
            "columns": ["x", "y"] if one.exact else ["x", "low", "high", "mean"],
        }
        for one in found
    ]
    head = encode(heads)
    head += b" " * (-(len(head) + 4) % 8)
    parts = [struct.pack("<I", len(head)), head]
    for one in found:
        for column in (one.x, *one.columns):
            if sys.byteorder == "big":
                column.byteswap()
            parts.append(column.tobytes())
    return b"".join(parts)
