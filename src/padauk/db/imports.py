"""Statements that put in rows as another server had them: ids, times and stages are given, not made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.db.engine import Session


def put(tx: Session, table: str, values: Mapping[str, Any], *, key: str) -> int:
    """Write a row unless one with the same ``key`` columns is there; its number."""
    tx.run(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)}) ON CONFLICT DO NOTHING",
        tuple(values.values()),
    )
    keys = key.split(", ")
    where = " AND ".join(f"{name} = ?" for name in keys)
    return int(tx.value(f"SELECT id FROM {table} WHERE {where}", [values[name] for name in keys]))


def experiment_stage(tx: Session, number: int, stage: int, created: int, updated: int) -> None:
    """Set what an experiment's insertion does not take."""
    tx.run(
        "UPDATE experiments SET stage = ?, created = ?, updated = ? WHERE id = ?",
        (stage, created, updated, number),
    )


def follow_experiment_ids(tx: Session) -> None:
    """Let new experiments be numbered after those whose number was given (SQLite does by itself)."""
    if tx.dialect.name == "postgresql":
        tx.value(
            "SELECT setval(pg_get_serial_sequence('experiments', 'id'),"
            " (SELECT max(id) + 1 FROM experiments), false)"
        )


def catch_up(tx: Session, number: int, status: int, end_time: int | None, name: str, stage: int) -> None:
    """Bring a run on that was still running when it was imported before."""
    tx.run(
        "UPDATE runs SET status = ?, end_time = ?, name = ?, stage = ? WHERE id = ? AND status = 0",
        (status, end_time, name, stage, number),
    )


def add_texts(tx: Session, table: str, number: int, values: Mapping[int, str]) -> None:
    """Params or tags of a run; those that are there stay."""
    tx.many(
        f"INSERT INTO {table} (run_id, key_id, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, key, values[key]) for key in sorted(values)],
    )


def add_pairs(tx: Session, table: str, owner: str, number: int, values: Mapping[str, Any]) -> None:
    """Tags or aliases of anything else; those that are there stay."""
    key = "alias" if table == "registered_model_aliases" else "key"
    value = "version" if table == "registered_model_aliases" else "value"
    tx.many(
        f"INSERT INTO {table} ({owner}, {key}, {value}) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, *pair) for pair in sorted(values.items())],
    )


def count_of(tx: Session, table: str, owner: str, number: int | str) -> int:
    """How many rows of ``table`` belong to ``number``."""
    return int(tx.value(f"SELECT count(*) FROM {table} WHERE {owner} = ?", (number,)))


def size_of_artifact(tx: Session, path: str) -> int | None:
    """The size of the file at ``path``, or ``None``."""
    found: int | None = tx.value(
        "SELECT o.size FROM artifacts a JOIN objects o ON o.id = a.object_id WHERE a.path = ?", (path,)
    )
    return found


def artifacts_at(tx: Session, paths: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows (path, md5, sha256, size) of these files."""
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(paths), 500):
        part = paths[start : start + 500]
        found += tx.all(
            "SELECT a.path, o.md5, o.sha256, o.size FROM artifacts a JOIN objects o ON o.id = a.object_id"
            f" WHERE a.path IN ({marks(part)})",
            part,
        )
    return found


def versions_of(tx: Session, name: str) -> dict[int, str] | None:
    """Version to run of a registered model, deleted versions too; ``None`` when there is no such model."""
    number = tx.value("SELECT id FROM registered_models WHERE name = ?", (name,))
    if number is None:
        return None
    return dict(tx.all("SELECT version, run_id FROM model_versions WHERE model_id = ?", (number,)))
