"""MLflow's REST API: one module a subject, each with its ``routes``. Only here is MLflow's JSON known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.server.routing import Route


def all_routes() -> list[Route]:
    """The routes of all modules."""
    from padauk.server.mlflow_api import (
        artifacts,
        experiments,
        logged_models,
        logging,
        metrics,
        model_versions,
        multipart,
        registered_models,
        runs,
        search,
        system,
        webhooks,
    )

    modules = (
        experiments,
        runs,
        logging,
        metrics,
        search,
        system,
        registered_models,
        model_versions,
        logged_models,
        artifacts,
        multipart,
        webhooks,
    )
    groups = [*(module.routes for module in modules), *artifacts.more_routes, *multipart.more_routes]
    return [route for group in groups for route in group.routes]
