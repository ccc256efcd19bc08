"""padauk's own API under ``/api/v1``: what MLflow's has no words for. One module a subject.

- ``objects``: what runs read and wrote, by content, and who else holds the same bytes.
- ``lineage``: the graph around anything that the server knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.server.routing import Route


def all_routes() -> list[Route]:
    """The routes of all modules."""
    from padauk.server.api import lineage, objects

    return [route for module in (objects, lineage) for route in module.routes.routes]
