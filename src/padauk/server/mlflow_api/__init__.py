"""MLflow's REST API: one module a subject, each with its ``routes``. Only here is MLflow's JSON known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.server.routing import Route


def all_routes() -> list[Route]:
    """The routes of all modules."""
    from padauk.server.mlflow_api import experiments, logging, metrics, runs, search, system

    modules = (experiments, runs, logging, metrics, search, system)
    return [route for module in modules for route in module.routes.routes]
