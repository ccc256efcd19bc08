"""What MLflow's API has and padauk has not: it answers 501, so that clients know and do not try again.

A path that is in neither table is no operation of MLflow and answers 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.server import errors

if TYPE_CHECKING:
    from padauk.server.routing import Route

AREAS: dict[str, tuple[str, ...]] = {
    "users and permissions": ("users/", "roles/"),
    "workspaces": ("workspaces",),
    "evaluation datasets": ("datasets/",),
    "scorers": ("scorer/", "scorers/"),
    "prompt optimisation and the prompt lab": ("prompt-optimization/", "runs/create-promptlab-run"),
    "issue detection": ("issues",),
    "label schemas": ("label-schemas/",),
    "review queues": ("review-queues/",),
    "the AI gateway": ("gateway/", "gateway-proxy"),
    "the registry of MCP servers": ("mcp-servers",),
    "jobs": ("jobs/", "genai/evaluate/"),
    "the assistant": ("assistant/",),
    "demo data": ("demo/",),
    "telemetry of the web page": ("ui-telemetry",),
    "aggregates over traces": ("traces/metrics",),
    "traces of Databricks": ("get-online-trace-details", "unified-traces"),
}
"""What is absent, and how its paths begin after ``/api/<version>/mlflow/``."""

OTHER_AREAS: dict[str, tuple[str, ...]] = {
    "users and permissions": ("/signup",),
    "the AI gateway": ("/gateway/",),
    "jobs": ("/ajax-api/3.0/jobs/",),
    "MLflow's own web page": ("/graphql", "/build/", "/static-files/"),
}
"""The same for paths elsewhere."""

_ROOTS = tuple(f"{root}/{version}/mlflow/" for root in ("/api", "/ajax-api") for version in ("2.0", "3.0"))
_STARTS = tuple(
    (start, area)
    for area, tails in AREAS.items()
    for start in (root + tail for root in _ROOTS for tail in tails)
) + tuple((start, area) for area, starts in OTHER_AREAS.items() for start in starts)
_ANY = tuple(start for start, _ in _STARTS)


def area(path: str) -> str | None:
    """What a path belongs to that is not here, or ``None``."""
    if not path.startswith(_ANY):
        return None
    return next(name for start, name in _STARTS if path.startswith(start))


def route(method: str, path: str) -> Route | None:
    """The route that answers for a path of what is not here, or ``None``."""
    found = area(path)
    if found is None:
        return None
    return errors.answering(
        errors.body(501, "NOT_IMPLEMENTED", f"padauk does not have {found}: {method} {path}")
    )
