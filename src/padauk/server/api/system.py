"""``/server``: what this server is and how much it holds; ``/openapi.json``: this API, described."""

from __future__ import annotations

from typing import TYPE_CHECKING

import padauk
from padauk.db import overview
from padauk.server.api.frame import api_v1
from padauk.server.routing import Reply
from padauk.server.wire import Message, encode

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = api_v1()


class ServerInfo(Message):
    """The server and its sizes."""

    version: str
    database: str
    objects: str
    artifact_root: str
    sizes: dict[str, int]


@routes.read("GET", "/server")
def info(call: Call, request: Message) -> ServerInfo:
    service = call.service
    return ServerInfo(
        version=padauk.__version__,
        database=service.db.dialect.name,
        objects=service.objects_path,
        artifact_root=service.artifact_root,
        sizes=overview.sizes(call.tx),
    )


@routes.raw("GET", "/openapi.json")
async def openapi(call: Call) -> Reply:
    from padauk.server.api import all_routes
    from padauk.server.api.openapi import describe

    return Reply(encode(describe(all_routes())), headers=[(b"content-type", b"application/json")])
