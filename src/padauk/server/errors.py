"""Errors as answers, in MLflow's shape: ``{"error_code": …, "message": …}`` with the status of the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from padauk.core.errors import UnsupportedError
from padauk.server import wire
from padauk.server.routing import Reply, Route

if TYPE_CHECKING:
    from padauk.core.errors import PadaukError
    from padauk.server.routing import Call

_JSON = (b"content-type", b"application/json")


def reply(error: PadaukError) -> Reply:
    """The answer for an error of ours; a hint follows the message, where clients show it."""
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    return body(error.http_status, error.mlflow_code, message)


def answering(answer: Reply) -> Route:
    """A route that gives ``answer``."""

    async def handler(call: Call) -> Reply:
        return answer

    return Route("", "", "raw", handler)


def internal(error: BaseException) -> Reply:
    """The answer for a bug: its kind, not its text (the log has it)."""
    return body(
        500, "INTERNAL_ERROR", f"internal error in padauk: {type(error).__name__}; the server's log says more"
    )


# what MLflow 3.17 has below /mlflow/ and padauk has not, by the first part of the path
_ABSENT = {
    "assistant": "the assistant",
    "datasets": "evaluation datasets",
    "demo": "MLflow's demo data",
    "gateway": "the AI gateway",
    "gateway-proxy": "the AI gateway",
    "genai": "evaluation jobs",
    "issues": "issue detection",
    "jobs": "jobs",
    "label-schemas": "label schemas",
    "mcp-servers": "the MCP registry",
    "prompt-optimization": "prompt optimisation",
    "review-queues": "review queues",
    "roles": "users and permissions",
    "scorer": "scorers",
    "scorers": "scorers",
    "traces": "traces",
    "get-trace-artifact": "traces",
    "get-online-trace-details": "traces",
    "unified-traces": "traces",
    "users": "users and permissions",
    "workspaces": "workspaces",
}
_MLFLOW = re.compile(r"/(?:ajax-)?api/\d\.\d/(?:mlflow/)?([\w-]+)")
_ROOTS = {"/gateway": "the AI gateway", "/graphql": "GraphQL", "/v1/traces": "traces", "/signup": "users"}


def _absent(path: str) -> str | None:
    """What MLflow would answer on ``path`` that is not here."""
    match = _MLFLOW.match(path)
    if match:
        return _ABSENT.get(match[1])
    return next((name for root, name in _ROOTS.items() if path == root or path.startswith(root + "/")), None)


def no_route(method: str, path: str, *, known: bool) -> Route:
    """A route that says that a path is not served, or not with this method."""
    absent = _absent(path)
    if absent:
        answer = reply(UnsupportedError(f"padauk does not have {absent}: {method} {path}"))
    elif known:
        answer = body(405, "BAD_REQUEST", f"{path} does not take {method}")
    else:
        answer = body(404, "ENDPOINT_NOT_FOUND", f"No such endpoint: {method} {path}")
    return answering(answer)


def body(status: int, code: str, message: str) -> Reply:
    return Reply(wire.encode({"error_code": code, "message": message}), status, [_JSON])
