"""Rows of the registry as values: a constant number of statements for any number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import NotFoundError
from padauk.db import registry as rows
from padauk.registry.values import ModelVersion, RegisteredModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Row, Session


def one_model(tx: Session, name: str) -> RegisteredModel:
    """The model of a name.

    Raises:
        NotFoundError: there is none.
    """
    row = rows.model_named(tx, name)
    if row is None:
        raise NotFoundError(f"Registered Model with name={name} not found")
    return models_of(tx, [row])[0]


def models_of(tx: Session, found: Sequence[Row]) -> list[RegisteredModel]:
    """Models for rows of :data:`padauk.db.registry.MODEL`, in their order."""
    numbers = [row[0] for row in found]
    tags = rows.tags_of_models(tx, numbers)
    aliases = rows.aliases_of_models(tx, numbers)
    latest: dict[int, list[ModelVersion]] = {}
    latest_rows = rows.latest_versions(tx, numbers)
    # as MLflow: the versions inside of a model carry no aliases
    for row, version in zip(latest_rows, _versions(tx, latest_rows, {}), strict=True):
        latest.setdefault(row[1], []).append(version)
    return [
        RegisteredModel(
            name=name,
            created=created,
            updated=updated,
            description=description,
            tags=tags.get(number, {}),
            aliases=aliases.get(number, {}),
            latest=tuple(latest.get(number, ())),
        )
        for number, name, description, created, updated in found
    ]


def version_of(tx: Session, name: str, version: int) -> ModelVersion:
    """One version.

    Raises:
        NotFoundError: there is none, or it is deleted.
    """
    return versions_of(tx, [version_row(tx, name, version)])[0]


def version_row(tx: Session, name: str, version: int) -> Row:
    """The row :data:`padauk.db.registry.VERSION` of one version.

    Raises:
        NotFoundError: there is none, or it is deleted.
    """
    row = rows.version_of(tx, name, version)
    if row is None:
        raise NotFoundError(f"Model Version (name={name}, version={version}) not found")
    return row


def versions_of(tx: Session, found: Sequence[Row]) -> list[ModelVersion]:
    """Versions for rows of :data:`padauk.db.registry.VERSION`, in their order, with their aliases."""
    return _versions(tx, found, rows.aliases_of_models(tx, list({row[1] for row in found})))


def _versions(tx: Session, found: Sequence[Row], aliases: dict[int, dict[str, int]]) -> list[ModelVersion]:
    tags = rows.tags_of_versions(tx, [row[0] for row in found])
    return [
        ModelVersion(
            name=row[2],
            version=row[3],
            created=row[4],
            updated=row[5],
            description=row[6],
            user_id=row[7],
            stage=row[8],
            source=row[9],
            storage_location=row[10],
            run_id=row[11],
            run_link=row[12],
            model_id=row[13],
            status=row[14],
            status_message=row[15],
            tags=tags.get(row[0], {}),
            aliases=tuple(alias for alias, version in aliases.get(row[1], {}).items() if version == row[3]),
        )
        for row in found
    ]
