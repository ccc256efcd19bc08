"""padauk's own API under ``/api/v1``: all that the web page reads, and what MLflow's has no words for.

One module a subject, each with its ``routes``; ``openapi`` describes them from their types.

- ``experiments``, ``runs``, ``models``, ``data``: what the page shows, each view in one answer.
- ``series``: curves as binary columns; ``events``: what moves, as server-sent events.
- ``objects``: what runs read and wrote, by content, and who else holds the same bytes.
- ``lineage``: the graph around anything that the server knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.server.routing import Route


def all_routes() -> list[Route]:
    """The routes of all modules."""
    from padauk.server.api import data, events, experiments, lineage, models, objects, runs, series, system

    modules = (experiments, runs, series, events, models, data, objects, lineage, system)
    return [route for module in modules for route in module.routes.routes]
