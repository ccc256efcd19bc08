"""What a page shows of many experiments and runs at once: counts, chosen columns, known keys, what moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks
from padauk.db.runs import SHORT_VALUE, chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Session


def runs_by_experiment(tx: Session) -> list[tuple[int, int, int, int | None]]:
    """Rows (experiment, active runs, running ones, newest start)."""
    return tx.all(
        "SELECT experiment_id, count(*), sum(CASE WHEN status = 0 THEN 1 ELSE 0 END), max(start_time)"
        " FROM runs WHERE stage = 0 GROUP BY experiment_id"
    )


def metric_values(
    tx: Session, runs: Sequence[int], keys: Sequence[int]
) -> list[tuple[int, int, float, int, int]]:
    """Rows (run, key, value, is_nan, step) of the latest points of chosen metrics."""
    found: list[tuple[int, int, float, int, int]] = []
    for part in chunks(runs):
        found += tx.all(
            "SELECT run_id, key_id, value, is_nan, step FROM latest_metrics"
            f" WHERE run_id IN ({marks(part)}) AND key_id IN ({marks(keys)})",
            (*part, *keys),
        )
    return found


def text_values(
    tx: Session, table: str, runs: Sequence[int], keys: Sequence[int]
) -> list[tuple[int, int, str]]:
    """Rows (run, key, value) of chosen keys of ``params`` or ``run_tags``."""
    found: list[tuple[int, int, str]] = []
    for part in chunks(runs):
        found += tx.all(
            f"SELECT run_id, key_id, value FROM {table}"
            f" WHERE run_id IN ({marks(part)}) AND key_id IN ({marks(keys)})",
            (*part, *keys),
        )
    return found


def keys_of_newest(tx: Session, table: str, experiments: Sequence[int], newest: int) -> list[tuple[int, int]]:
    """Rows (key, runs that have it) of ``latest_metrics``, ``params`` or ``run_tags`` over the ``newest``
    active runs of some experiments: keys of a table are not indexed by themselves, and those of runs that
    nobody looks at any more are not missed.
    """
    return tx.all(
        f"SELECT x.key_id, count(*) FROM {table} x WHERE x.run_id IN"
        f" (SELECT r.id FROM runs r WHERE r.experiment_id IN ({marks(experiments)}) AND r.stage = 0"
        " ORDER BY r.start_time DESC LIMIT ?) GROUP BY x.key_id",
        (*experiments, newest),
    )


def children_of(tx: Session, parent_key: int, parent: str, experiment: int) -> list[str]:
    """Ids of the active runs of an experiment whose tag ``parent_key`` is ``parent``, oldest first."""
    rows = tx.all(
        "SELECT r.uid FROM run_tags t CROSS JOIN runs r"
        f" WHERE t.key_id = ? AND t.value = ? AND {SHORT_VALUE} AND r.id = t.run_id"
        " AND r.experiment_id = ? AND r.stage = 0 ORDER BY r.start_time, r.id LIMIT 500",
        (parent_key, parent, experiment),
    )
    return [row[0] for row in rows]


def newest_with_tag(tx: Session, key: int, value: str, experiment: int, before: int) -> str | None:
    """Id of the newest run of an experiment that has a tag and started before a time."""
    found: str | None = tx.value(
        "SELECT r.uid FROM runs r WHERE r.experiment_id = ? AND r.stage = 0 AND r.start_time < ? AND EXISTS"
        " (SELECT 1 FROM run_tags t WHERE t.run_id = r.id AND t.key_id = ? AND t.value = ?)"
        " ORDER BY r.start_time DESC LIMIT 1",
        (experiment, before, key, value),
    )
    return found


def with_tag(tx: Session, key: int, limit: int) -> list[str]:
    """Ids of the newest active runs that have a tag."""
    rows = tx.all(
        "SELECT r.uid FROM runs r WHERE r.stage = 0 AND EXISTS"
        " (SELECT 1 FROM run_tags t WHERE t.run_id = r.id AND t.key_id = ?)"
        " ORDER BY r.start_time DESC, r.uid LIMIT ?",
        (key, limit),
    )
    return [row[0] for row in rows]


def pulse(tx: Session, runs: Sequence[str]) -> list[tuple[str, int, int | None, int | None, int | None]]:
    """Rows (run, status, end, newest step, newest point's time) of some runs."""
    return tx.all(
        "SELECT r.uid, r.status, r.end_time, max(m.step), max(m.timestamp) FROM runs r"
        f" LEFT JOIN latest_metrics m ON m.run_id = r.id WHERE r.uid IN ({marks(runs)})"
        " GROUP BY r.uid, r.status, r.end_time",
        runs,
    )


def newest_run(tx: Session, experiments: Sequence[int]) -> tuple[int, int]:
    """The highest row number and the number of active runs of some experiments: when they differ from what
    was seen before, runs came or went.
    """
    row = tx.one(
        f"SELECT max(id), count(*) FROM runs WHERE stage = 0 AND experiment_id IN ({marks(experiments)})",
        experiments,
    )
    return (0, 0) if row is None else (row[0] or 0, row[1])


def datasets(tx: Session, limit: int) -> list[tuple[Any, ...]]:
    """Rows (name, digest, source_type, source, profile, runs, first used, last used), newest use first."""
    return tx.all(
        "SELECT d.name, d.digest, max(d.source_type), max(d.source), max(d.profile), count(*),"
        " min(r.start_time), max(r.start_time) FROM datasets d JOIN run_datasets x ON x.dataset_id = d.id"
        " JOIN runs r ON r.id = x.run_id WHERE r.stage = 0"
        " GROUP BY d.name, d.digest ORDER BY max(r.start_time) DESC LIMIT ?",
        (limit,),
    )


def users_of_dataset(tx: Session, name: str, digest: str, limit: int) -> list[tuple[str, str | None]]:
    """Rows (run, context) of the newest active runs that used a dataset."""
    return tx.all(
        "SELECT r.uid, t.value FROM datasets d JOIN run_datasets x ON x.dataset_id = d.id"
        " JOIN runs r ON r.id = x.run_id LEFT JOIN run_dataset_tags t ON t.run_id = x.run_id"
        " AND t.dataset_id = d.id AND t.key = 'mlflow.data.context'"
        " WHERE d.name = ? AND d.digest = ? AND r.stage = 0 ORDER BY r.start_time DESC LIMIT ?",
        (name, digest, limit),
    )


def sizes(tx: Session) -> dict[str, int]:
    """How much there is of everything."""
    tables = {
        "experiments": "SELECT count(*) FROM experiments WHERE stage = 0",
        "runs": "SELECT count(*) FROM runs WHERE stage = 0",
        "deleted_runs": "SELECT count(*) FROM runs WHERE stage = 1",
        "objects": "SELECT count(*) FROM objects",
        "object_bytes": "SELECT coalesce(sum(size), 0) FROM objects",
        "artifacts": "SELECT count(*) FROM artifacts",
        "artifact_bytes": "SELECT coalesce(sum(o.size), 0) FROM artifacts a JOIN objects o"
        " ON o.id = a.object_id",
        "registered_models": "SELECT count(*) FROM registered_models",
        "model_versions": "SELECT count(*) FROM model_versions",
        "logged_models": "SELECT count(*) FROM logged_models WHERE stage = 0",
    }
    return {name: int(tx.value(sql)) for name, sql in tables.items()}


def registered_models(tx: Session, limit: int) -> list[tuple[Any, ...]]:
    """Rows (``db.registry.MODEL``, number of versions) of the registered models, newest change first."""
    return tx.all(
        "SELECT m.id, m.name, m.description, m.created, m.updated, (SELECT count(*) FROM model_versions v"
        " WHERE v.model_id = m.id AND v.stage <> 'Deleted_Internal') FROM registered_models m"
        " ORDER BY m.updated DESC, m.name LIMIT ?",
        (limit,),
    )
