"""What is asked about the server itself: health, version, what it can do."""

from __future__ import annotations

from padauk.server.routing import Call, Reply, Routes

MLFLOW_VERSION = "3.17.2"
"""The version of MLflow whose API is spoken here; clients compare it with their own."""

_TEXT = (b"content-type", b"text/html; charset=utf-8")

routes = Routes()


@routes.raw("GET", "/health")
async def health(call: Call) -> Reply:
    return Reply(b"OK", headers=[_TEXT])


@routes.raw("GET", "/version")
async def version(call: Call) -> Reply:
    return Reply(MLFLOW_VERSION.encode(), headers=[_TEXT])


@routes.raw("GET", "/")
async def page(call: Call) -> Reply:
    from padauk.server.page import front_page

    return Reply(front_page(call.service), headers=[_TEXT])
