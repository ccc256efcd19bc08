"""MLflow's REST API: one module a subject, each with its ``routes``. Only here is MLflow's JSON known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from padauk.server.routing import Route


def all_routes() -> list[Route]:
    """The routes of all modules."""
    from padauk.server.mlflow_api import (
        artifacts,
        assessments,
        experiments,
        logged_models,
        logging,
        metrics,
        model_versions,
        multipart,
        otlp,
        registered_models,
        runs,
        search,
        system,
        traces,
        traces_v2,
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
        traces,
        traces_v2,
        assessments,
        otlp,
    )
    groups = [*(module.routes for module in modules)]
    for more in (artifacts, logging, multipart, traces):
        groups += more.more_routes
    return [route for group in groups for route in group.routes]
