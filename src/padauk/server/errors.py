"""Errors as answers, in MLflow's shape: ``{"error_code": …, "message": …}`` with the status of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def no_route(method: str, path: str, *, known: bool) -> Route:
    """A route that says that a path is not served, or not with this method."""
    if known:
        answer = body(405, "BAD_REQUEST", f"{path} does not take {method}")
    else:
        answer = body(404, "ENDPOINT_NOT_FOUND", f"No such endpoint: {method} {path}")
    return answering(answer)


def body(status: int, code: str, message: str) -> Reply:
    return Reply(wire.encode({"error_code": code, "message": message}), status, [_JSON])
