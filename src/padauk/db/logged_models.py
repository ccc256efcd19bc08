"""Statements on logged models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.db.engine import Row, Session

_CHUNK = 500
MODEL = (
    "m.id, m.uid, m.experiment_id, m.name, m.artifact_location, m.created, m.updated, m.status, "
    "m.status_message,"
    " m.model_type, m.source_run_id, m.stage"
)


def insert(tx: Session, values: Mapping[str, Any]) -> int:
    """Make a logged model; its number."""
    columns = ", ".join(values)
    number = tx.value(
        f"INSERT INTO logged_models ({columns}) VALUES ({marks(values)}) RETURNING id", tuple(values.values())
    )
    return int(number)


def find(tx: Session, uid: str) -> Row | None:
    """The row :data:`MODEL` of an id, deleted or not."""
    return tx.one(f"SELECT {MODEL} FROM logged_models m WHERE m.uid = ?", (uid,))


def find_many(tx: Session, uids: Sequence[str]) -> list[Row]:
    """The rows :data:`MODEL` of these ids, deleted or not."""
    rows: list[Row] = []
    for start in range(0, len(uids), _CHUNK):
        part = uids[start : start + _CHUNK]
        rows += tx.all(f"SELECT {MODEL} FROM logged_models m WHERE m.uid IN ({marks(part)})", part)
    return rows


def of_run(tx: Session, run_id: str) -> list[Row]:
    """The rows :data:`MODEL` of what a run logged, oldest first; deleted ones are left out."""
    return tx.all(
        f"SELECT {MODEL} FROM logged_models m WHERE m.source_run_id = ? AND m.stage = 0 ORDER BY "
        "m.created, m.id",
        (run_id,),
    )


def update(tx: Session, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a logged model."""
    columns = ", ".join(f"{name} = ?" for name in values)
    tx.run(f"UPDATE logged_models SET {columns} WHERE id = ?", (*values.values(), number))


def insert_params(tx: Session, number: int, params: Mapping[str, str]) -> None:
    """Add params that are not there yet; those that are keep their value."""
    tx.many(
        "INSERT INTO logged_model_params (model_id, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, key, value) for key, value in params.items()],
    )


def set_tags(tx: Session, number: int, tags: Mapping[str, str]) -> None:
    """Set tags."""
    tx.many(
        "INSERT INTO logged_model_tags (model_id, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value",
        [(number, key, value) for key, value in tags.items()],
    )


def delete_tag(tx: Session, number: int, key: str) -> int:
    """Remove a tag; how many there were."""
    return tx.run("DELETE FROM logged_model_tags WHERE model_id = ? AND key = ?", (number, key))


def tags_of(tx: Session, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """Tags of each of these models."""
    return _pairs(tx, "logged_model_tags", numbers)


def params_of(tx: Session, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """Params of each of these models."""
    return _pairs(tx, "logged_model_params", numbers)


def metrics_of(tx: Session, uids: Sequence[str]) -> list[Row]:
    """``(model id, key, value, is nan, timestamp, step, run id, dataset name, dataset digest)`` of these
    models.
    """
    rows: list[Row] = []
    for start in range(0, len(uids), _CHUNK):
        part = uids[start : start + _CHUNK]
        rows += tx.all(
            "SELECT p.model_id, n.name, p.value, p.is_nan, p.timestamp, p.step, r.uid, p.dataset_name,"
            " p.dataset_digest FROM model_metrics p JOIN names n ON n.id = p.key_id JOIN runs r ON "
            "r.id = p.run_id"
            f" WHERE p.model_id IN ({marks(part)}) ORDER BY p.model_id, p.run_id, p.key_id, "
            "p.timestamp, p.step",
            part,
        )
    return rows


def _pairs(tx: Session, table: str, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        for number, key, value in tx.all(
            f"SELECT model_id, key, value FROM {table} WHERE model_id IN ({marks(part)}) ORDER BY "
            "model_id, key",
            part,
        ):
            found.setdefault(number, {})[key] = value
    return found
