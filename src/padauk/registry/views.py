"""What a page shows of the registry: every model with its size, and all versions of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db import overview
from padauk.db import registry as rows
from padauk.registry.read import models_of, one_model, versions_of

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.registry.values import ModelVersion, RegisteredModel


def all_models(tx: Session, limit: int = 1000) -> list[tuple[RegisteredModel, int]]:
    """Registered models (and prompts) with the number of their versions, newest change first."""
    found = overview.registered_models(tx, limit)
    return list(zip(models_of(tx, [row[:5] for row in found]), [row[5] for row in found], strict=True))


def model_with_versions(tx: Session, name: str) -> tuple[RegisteredModel, list[ModelVersion]]:
    """A registered model and all its versions, newest first.

    Raises:
        NotFoundError: there is no model of that name.
    """
    model = one_model(tx, name)
    found = rows.versions_where(tx, "m.name = ? AND v.stage <> 'Deleted_Internal'", [name])
    return model, sorted(versions_of(tx, found), key=lambda version: -version.version)
