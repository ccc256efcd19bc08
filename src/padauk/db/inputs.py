"""Rows of what went into runs and came out of them: datasets and logged models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks
from padauk.db.runs import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db.engine import Session

INPUT, OUTPUT = 0, 1


def add_dataset(
    tx: Session,
    experiment: int,
    *,
    name: str,
    digest: str,
    source_type: str,
    source: str,
    schema: str | None,
    profile: str | None,
) -> int:
    """The number of the dataset (experiment, name, digest), written if it is new."""
    tx.run(
        "INSERT INTO datasets (experiment_id, name, digest, source_type, source, schema, profile)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (experiment, name, digest, source_type, source, schema, profile),
    )
    return int(
        tx.value(
            "SELECT id FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
            (experiment, name, digest),
        )
    )


def add_input(tx: Session, run: int, dataset: int, tags: Iterable[tuple[str, str]]) -> None:
    """Note that ``run`` used ``dataset``; tags count only when this is new."""
    if tx.run(
        "INSERT INTO run_datasets (run_id, dataset_id) VALUES (?, ?) ON CONFLICT DO NOTHING", (run, dataset)
    ):
        tx.many(
            "INSERT INTO run_dataset_tags (run_id, dataset_id, key, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [(run, dataset, key, value) for key, value in tags],
        )


def add_models(tx: Session, run: int, role: int, models: Iterable[tuple[str, int]]) -> None:
    """Note that ``run`` used or made logged models (id, step)."""
    tx.many(
        "INSERT INTO run_models (run_id, role, model_id, step) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(run, role, model, step) for model, step in models],
    )


def datasets_of(tx: Session, runs: Sequence[int]) -> list[tuple[Any, ...]]:
    """Rows (run, dataset number, name, digest, source_type, source, schema, profile)."""
    found: list[tuple[Any, ...]] = []
    for part in chunks(runs):
        found += tx.all(
            "SELECT r.run_id, d.id, d.name, d.digest, d.source_type, d.source, d.schema, d.profile"
            " FROM run_datasets r JOIN datasets d ON d.id = r.dataset_id"
            f" WHERE r.run_id IN ({marks(part)}) ORDER BY r.run_id, d.id",
            part,
        )
    return found


def dataset_tags_of(tx: Session, runs: Sequence[int]) -> list[tuple[Any, ...]]:
    """Rows (run, dataset number, key, value)."""
    found: list[tuple[Any, ...]] = []
    for part in chunks(runs):
        found += tx.all(
            f"SELECT run_id, dataset_id, key, value FROM run_dataset_tags WHERE run_id IN ({marks(part)})",
            part,
        )
    return found


def models_of(tx: Session, runs: Sequence[int]) -> list[tuple[Any, ...]]:
    """Rows (run, role, model id, step)."""
    found: list[tuple[Any, ...]] = []
    for part in chunks(runs):
        found += tx.all(
            f"SELECT run_id, role, model_id, step FROM run_models WHERE run_id IN ({marks(part)})", part
        )
    return found


def summaries(tx: Session, experiments: Sequence[int], limit: int) -> list[tuple[int, str, str, str | None]]:
    """Distinct (experiment, name, digest, context) of the datasets that runs of ``experiments`` used."""
    return tx.all(
        "SELECT DISTINCT d.experiment_id, d.name, d.digest, t.value FROM datasets d"
        " JOIN run_datasets r ON r.dataset_id = d.id"
        " LEFT JOIN run_dataset_tags t ON t.run_id = r.run_id AND t.dataset_id = d.id"
        " AND t.key = 'mlflow.data.context'"
        f" WHERE d.experiment_id IN ({marks(experiments)}) LIMIT ?",
        (*experiments, limit),
    )
