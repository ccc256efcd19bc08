"""Statements on registered models, their versions and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.db.engine import Row, Session

_CHUNK = 500
MODEL = "m.id, m.name, m.description, m.created, m.updated"
VERSION = (
    "v.id, v.model_id, m.name, v.version, v.created, v.updated, v.description, v.user_id, v.stage, v.source,"
    " v.storage_location, v.run_id, v.run_link, v.logged_model_id, v.status, v.status_message"
)
VERSIONS = "FROM model_versions v JOIN registered_models m ON m.id = v.model_id"
LIVE = "v.stage <> 'Deleted_Internal'"


def insert_model(tx: Session, name: str, description: str | None, now: int) -> int | None:
    """Make a model; its number, or ``None`` when the name is taken."""
    number = tx.value(
        "INSERT INTO registered_models (name, description, created, updated) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING RETURNING id",
        (name, description, now, now),
    )
    return None if number is None else int(number)


def model_named(tx: Session, name: str) -> Row | None:
    """The row :data:`MODEL` of a name."""
    return tx.one(f"SELECT {MODEL} FROM registered_models m WHERE m.name = ?", (name,))


def lock_model(tx: Session, model_id: int, now: int) -> bool:
    """Mark a model as changed, which makes other writers of it wait; ``False`` when it is gone."""
    return tx.run("UPDATE registered_models SET updated = ? WHERE id = ?", (now, model_id)) == 1


def hold_model(tx: Session, model_id: int) -> bool:
    """Make other writers of a model wait; ``False`` when it is gone."""
    return tx.run("UPDATE registered_models SET updated = updated WHERE id = ?", (model_id,)) == 1


def describe_model(tx: Session, model_id: int, description: str | None, now: int) -> None:
    """Set a model's description."""
    tx.run(
        "UPDATE registered_models SET description = ?, updated = ? WHERE id = ?", (description, now, model_id)
    )


def rename_model(tx: Session, model_id: int, name: str, now: int) -> None:
    """Give a model and so all its versions another name, which must be free."""
    tx.run("UPDATE registered_models SET name = ?, updated = ? WHERE id = ?", (name, now, model_id))
    tx.run("UPDATE model_versions SET updated = ? WHERE model_id = ?", (now, model_id))


def delete_model(tx: Session, model_id: int) -> None:
    """Remove a model with its versions, tags and aliases."""
    tx.run(
        "DELETE FROM model_version_tags WHERE version_id IN (SELECT id FROM model_versions WHERE "
        "model_id = ?)",
        (model_id,),
    )
    for table in ("model_versions", "registered_model_tags", "registered_model_aliases"):
        tx.run(f"DELETE FROM {table} WHERE model_id = ?", (model_id,))
    tx.run("DELETE FROM registered_models WHERE id = ?", (model_id,))


def set_model_tags(tx: Session, model_id: int, tags: Mapping[str, str]) -> None:
    """Set tags of a model."""
    _set_tags(tx, "registered_model_tags", "model_id", model_id, tags)


def delete_model_tag(tx: Session, model_id: int, key: str) -> None:
    """Remove a tag of a model; absent is fine."""
    tx.run("DELETE FROM registered_model_tags WHERE model_id = ? AND key = ?", (model_id, key))


def tags_of_models(tx: Session, model_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags of each of these models."""
    return _pairs(tx, "SELECT model_id, key, value FROM registered_model_tags WHERE model_id IN", model_ids)


def aliases_of_models(tx: Session, model_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Alias to version, for each of these models."""
    return _pairs(
        tx, "SELECT model_id, alias, version FROM registered_model_aliases WHERE model_id IN", model_ids
    )


def set_alias(tx: Session, model_id: int, alias: str, version: int) -> None:
    """Point an alias to a version, wherever it pointed before."""
    tx.run(
        "INSERT INTO registered_model_aliases (model_id, alias, version) VALUES (?, ?, ?)"
        " ON CONFLICT (model_id, alias) DO UPDATE SET version = excluded.version",
        (model_id, alias, version),
    )


def delete_alias(tx: Session, model_id: int, alias: str) -> None:
    """Remove an alias; absent is fine."""
    tx.run("DELETE FROM registered_model_aliases WHERE model_id = ? AND alias = ?", (model_id, alias))


def version_of_alias(tx: Session, model_id: int, alias: str) -> int | None:
    """The version that an alias points to."""
    number = tx.value(
        "SELECT version FROM registered_model_aliases WHERE model_id = ? AND alias = ?", (model_id, alias)
    )
    return None if number is None else int(number)


def insert_version(tx: Session, model_id: int, now: int, values: Mapping[str, Any]) -> tuple[int, int]:
    """Make the next version of a model that the caller holds by :func:`lock_model`: ``(row number,
    version)``.
    """
    version = 1 + tx.value(
        "SELECT COALESCE(MAX(version), 0) FROM model_versions WHERE model_id = ?", (model_id,)
    )
    columns = ("model_id", "version", "created", "updated", *values)
    number = tx.value(
        f"INSERT INTO model_versions ({', '.join(columns)}) VALUES ({marks(columns)}) RETURNING id",
        (model_id, version, now, now, *values.values()),
    )
    return int(number), int(version)


def version_of(tx: Session, name: str, version: int) -> Row | None:
    """The row :data:`VERSION` of a version that is not deleted."""
    return tx.one(
        f"SELECT {VERSION} {VERSIONS} WHERE m.name = ? AND v.version = ? AND {LIVE}", (name, version)
    )


def latest_versions(tx: Session, model_ids: Sequence[int]) -> list[Row]:
    """The rows :data:`VERSION` of the highest version of each stage of each of these models."""
    rows: list[Row] = []
    for start in range(0, len(model_ids), _CHUNK):
        part = model_ids[start : start + _CHUNK]
        rows += tx.all(
            f"SELECT {VERSION} {VERSIONS} JOIN (SELECT model_id, stage, MAX(version) AS top FROM "
            "model_versions v"
            f" WHERE model_id IN ({marks(part)}) AND {LIVE} GROUP BY model_id, stage) t"
            " ON t.model_id = v.model_id AND t.top = v.version ORDER BY v.model_id, v.version",
            part,
        )
    return rows


def update_version(tx: Session, version_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a version."""
    columns = ", ".join(f"{name} = ?" for name in values)
    tx.run(f"UPDATE model_versions SET {columns} WHERE id = ?", (*values.values(), version_id))


def archive_others(tx: Session, model_id: int, version: int, stage: str, now: int) -> None:
    """Move every other version that is in ``stage`` to ``Archived``."""
    tx.run(
        "UPDATE model_versions SET stage = 'Archived', updated = ? WHERE model_id = ? AND version <> ? "
        "AND stage = ?",
        (now, model_id, version, stage),
    )


def delete_aliases_of_version(tx: Session, model_id: int, version: int) -> None:
    """Remove every alias that points to a version."""
    tx.run("DELETE FROM registered_model_aliases WHERE model_id = ? AND version = ?", (model_id, version))


def set_version_tags(tx: Session, version_id: int, tags: Mapping[str, str]) -> None:
    """Set tags of a version."""
    _set_tags(tx, "model_version_tags", "version_id", version_id, tags)


def delete_version_tag(tx: Session, version_id: int, key: str) -> None:
    """Remove a tag of a version; absent is fine."""
    tx.run("DELETE FROM model_version_tags WHERE version_id = ? AND key = ?", (version_id, key))


def tags_of_versions(tx: Session, version_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags of each of these versions, given by row number."""
    return _pairs(
        tx, "SELECT version_id, key, value FROM model_version_tags WHERE version_id IN", version_ids
    )


def versions_where(tx: Session, condition: str, values: Sequence[Any]) -> list[Row]:
    """The rows :data:`VERSION` of all live versions for which an SQL condition holds, oldest first."""
    return tx.all(f"SELECT {VERSION} {VERSIONS} WHERE {LIVE} AND {condition} ORDER BY v.id", values)


def _set_tags(tx: Session, table: str, owner: str, number: int, tags: Mapping[str, str]) -> None:
    tx.many(
        f"INSERT INTO {table} ({owner}, key, value) VALUES (?, ?, ?)"
        f" ON CONFLICT ({owner}, key) DO UPDATE SET value = excluded.value",
        [(number, key, value) for key, value in tags.items()],
    )


def _pairs(tx: Session, query: str, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        for number, key, value in tx.all(f"{query} ({marks(part)}) ORDER BY 1, 2", part):
            found.setdefault(number, {})[key] = value
    return found
