"""``/events``: server-sent events about runs that go on and runs that come.

A page says which experiments and runs it shows; once a second the server looks whether they moved and sends
what did. Reading the database, and not listening inside the process, it also sees what other processes
write.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from padauk.server.api.frame import api_v1
from padauk.server.routing import Reply
from padauk.server.wire import Message, decode_query, encode
from padauk.tracking import views

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from padauk.server.routing import Call

routes = api_v1()
MAX_RUNS = 200
_INTERVAL = 1.0
_QUIET = 15  # looks without news after which a comment keeps the connection open
_STREAM = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Watched(Message):
    """What a page shows."""

    experiment: list[str] = []
    run: list[str] = []


class Beat(Message):
    """A run moved: its newest step, when that was logged, and how it stands."""

    run: str
    status: str
    end: int | None = None
    step: int | None = None
    time: int | None = None


@routes.raw("GET", "/events")
async def events(call: Call) -> Reply:
    watched = decode_query(Watched, call.query)
    return Reply(_stream(call, watched), headers=_STREAM)


async def _stream(call: Call, watched: Watched) -> AsyncIterator[bytes]:
    gone = asyncio.ensure_future(_gone(call))
    loop = asyncio.get_running_loop()
    known: dict[str, Beat] = {}
    newest: tuple[int, int] | None = None
    quiet = 0
    yield b"retry: 3000\n\n"
    try:
        while not gone.done() and not call.service.stopping:
            beats, seen = await loop.run_in_executor(None, _look, call, watched)
            out = []
            for beat in beats:
                if known.get(beat.run) != beat:
                    known[beat.run] = beat
                    out.append(b"event: run\ndata: " + encode(beat) + b"\n\n")
            if seen != newest:
                if newest is not None:
                    out.append(
                        b"event: runs\ndata: " + encode({"newest": seen[0], "runs": seen[1]}) + b"\n\n"
                    )
                newest = seen
            quiet = 0 if out else quiet + 1
            if quiet >= _QUIET:
                out, quiet = [b": still here\n\n"], 0
            for part in out:
                yield part
            await asyncio.wait({gone}, timeout=_INTERVAL)
    finally:
        gone.cancel()


def _look(call: Call, watched: Watched) -> tuple[list[Beat], tuple[int, int]]:
    with call.service.db.read() as tx:
        beats = [
            Beat(run=one.run_id, status=one.status, end=one.end_time, step=one.step, time=one.time)
            for one in views.beats(tx, watched.run[:MAX_RUNS])
        ]
        return beats, views.newest(tx, watched.experiment)


async def _gone(call: Call) -> None:
    while (await call.receive())["type"] != "http.disconnect":
        pass
