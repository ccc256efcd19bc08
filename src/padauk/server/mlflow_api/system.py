"""What is asked about the server itself: health, version, what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.server import wire
from padauk.server.routing import Reply, Routes

if TYPE_CHECKING:
    from padauk.server.routing import Call

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


async def server_info(call: Call) -> bytes:
    """What clients ask before they log in: holds no secret and no address."""
    payload: dict[str, Any] = {
        "store_type": "SqlStore",
        "workspaces_enabled": False,
        "trace_archival_enabled": False,
        "multipart_uploads_enabled": False,
        "multipart_downloads_enabled": False,
        "presigned_upload_run_id_supported": False,
        "presigned_upload_model_id_supported": False,
        "features_enabled": {"gateway": False},
    }
    return wire.encode(payload)


for prefix in ("/api", "/ajax-api"):
    routes.raw("GET", f"{prefix}/3.0/mlflow/server-info")(server_info)


async def no_gateway(call: Call) -> bytes:
    """What MLflow's page asks for; it takes this for a gateway without endpoints."""
    return b'{"endpoints":[]}'


routes.raw("GET", "/ajax-api/2.0/mlflow/gateway-proxy")(no_gateway)
