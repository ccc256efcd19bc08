"""The graph around anything that the server knows."""

from __future__ import annotations

import json
from typing import Literal

from padauk.core.errors import InputError
from padauk.lineage import Sources, resolve, trace
from padauk.lineage.database import DatabaseSource
from padauk.server.routing import Call, Routes
from padauk.server.wire import Message

MAX_DEPTH = 100

routes = Routes("/api/v1", "/ajax-api/v1")


class Question(Message):
    """What to look for: the forms of ``padauk lineage``, except for paths with a revision."""

    required = ("ref",)

    ref: str = ""
    depth: int = 20
    direction: Literal["both", "up", "down"] = "both"


@routes.read("GET", "/lineage", Question)
def lineage(call: Call, request: Question) -> bytes:
    """What something came from, and what came of it: ``{"ref", "start", "nodes", "edges", "cut"}``."""
    if not 1 <= request.depth <= MAX_DEPTH:
        raise InputError(f"depth is from 1 to {MAX_DEPTH}")
    sources = Sources([DatabaseSource(call.tx)])
    graph = trace(
        resolve(request.ref, sources),
        sources,
        depth=request.depth,
        up=request.direction != "down",
        down=request.direction != "up",
    )
    return json.dumps({"ref": request.ref, **graph.to_json()}, separators=(",", ":")).encode()
