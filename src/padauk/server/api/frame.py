"""Where our own routes hang, and the small messages that several subjects share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.server.routing import Routes
from padauk.server.wire import Message

if TYPE_CHECKING:
    from padauk.tracking.views import RunLine

PREFIX = "/api/v1"


def api_v1() -> Routes:
    """Routes under ``/api/v1``."""
    return Routes(PREFIX)


class RunRow(Message):
    """A run in a table. Times are milliseconds since 1970 UTC.

    ``stale``: it says that it is running, and nothing was written to it for half an hour.
    """

    id: str
    name: str
    experiment: str
    status: str
    user: str
    start: int | None = None
    end: int | None = None
    parent: str | None = None
    deleted: bool = False
    stale: bool = False
    cells: list[float | str | None] = []


class Pair(Message):
    """A key and its text."""

    key: str
    value: str


def run_row(line: RunLine) -> RunRow:
    info = line.info
    return RunRow(
        id=info.run_id,
        name=info.run_name,
        experiment=info.experiment_id,
        status=info.status,
        user=info.user_id,
        start=info.start_time,
        end=info.end_time,
        parent=line.parent,
        deleted=info.lifecycle_stage == "deleted",
        stale=line.stale,
        cells=line.cells,
    )
