"""Rows that change when a run goes to another experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db import runs
from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Session


def nested(tx: Session, parent_key: int, parents: Sequence[str]) -> list[runs.RunRow]:
    """The runs, active or deleted, whose tag ``parent_key`` names one of ``parents``."""
    columns = ", ".join("r." + name for name in runs.COLUMNS.split(", "))
    found: list[runs.RunRow] = []
    for part in runs.chunks(parents):
        found += [
            runs.RunRow(*row)
            for row in tx.all(
                f"SELECT {columns} FROM run_tags t CROSS JOIN runs r WHERE t.key_id = ?"
                f" AND t.value IN ({marks(part)}) AND {runs.SHORT_VALUE} AND r.id = t.run_id",
                (parent_key, *part),
            )
        ]
    return found


def move(tx: Session, numbers: Sequence[int], uids: Sequence[str], experiment: int) -> None:
    """Put runs, the logged models they made and the datasets they used into ``experiment``.

    A dataset belongs to an experiment: the runs get that of the same name and digest there, which is made if
    there is none.
    """
    for part in runs.chunks(numbers):
        which = f"run_id IN ({marks(part)})"
        tx.run(
            "INSERT INTO datasets (experiment_id, name, digest, source_type, source, schema, profile)"
            " SELECT ?, name, digest, source_type, source, schema, profile FROM datasets"
            f" WHERE id IN (SELECT dataset_id FROM run_datasets WHERE {which}) ON CONFLICT DO NOTHING",
            (experiment, *part),
        )
        for table in ("run_dataset_tags", "run_datasets"):
            tx.run(
                f"UPDATE {table} SET dataset_id = (SELECT there.id FROM datasets there, datasets here"
                f" WHERE here.id = {table}.dataset_id AND there.experiment_id = ?"
                f" AND there.name = here.name AND there.digest = here.digest) WHERE {which}",
                (experiment, *part),
            )
        tx.run(f"UPDATE runs SET experiment_id = ? WHERE id IN ({marks(part)})", (experiment, *part))
    for owners in runs.chunks(uids):
        tx.run(
            f"UPDATE logged_models SET experiment_id = ? WHERE source_run_id IN ({marks(owners)})",
            (experiment, *owners),
        )
