"""What went into a run and came out of it: datasets, logged models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.db import inputs as rows
from padauk.tracking import checks, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db import Session
    from padauk.tracking.nouns import DatasetInput

_LIMITS = (("name", 500), ("digest", 36), ("source", 65_535), ("schema", 1_048_575), ("profile", 16_777_215))
MAX_SUMMARIES = 1000


def log(tx: Session, run_id: str, datasets: Sequence[DatasetInput], models: Iterable[str] = ()) -> None:
    """Note inputs of an active run. A dataset is one for each (experiment, name, digest); the first of
    two counts.

    Raises:
        InputError: a text is too long.
        NotFoundError: there is no such run.
    """
    checks.check_run_id(run_id)
    for given in datasets:
        for field, limit in _LIMITS:
            checks.check_length(field, limit, getattr(given.dataset, field) or "")
        for tag in given.tags:
            checks.check_length("key", 255, tag.key)
            checks.check_length("value", 500, tag.value)
    number, experiment = runs.writable(tx, run_id)
    seen: set[tuple[str, str]] = set()
    for given in datasets:
        found = given.dataset
        if (found.name, found.digest) in seen:
            continue
        seen.add((found.name, found.digest))
        dataset = rows.add_dataset(
            tx,
            experiment,
            name=found.name,
            digest=found.digest,
            source_type=found.source_type,
            source=found.source,
            schema=found.schema,
            profile=found.profile,
        )
        rows.add_input(tx, number, dataset, [(tag.key, tag.value) for tag in given.tags])
    rows.add_models(tx, number, rows.INPUT, [(model, 0) for model in models])


def log_outputs(tx: Session, run_id: str, models: Iterable[tuple[str, int]]) -> None:
    """Note logged models (id, step) that an active run made."""
    number, _ = runs.writable(tx, run_id)
    rows.add_models(tx, number, rows.OUTPUT, models)


def summaries(tx: Session, experiment_ids: Sequence[str]) -> list[tuple[str, str, str, str | None]]:
    """Distinct (experiment id, name, digest, context) of the datasets of some experiments.

    Raises:
        InputError: none or more than 20 experiments.
    """
    if not experiment_ids:
        raise InputError("SearchDatasets request must specify at least one experiment_id.")
    if len(experiment_ids) > 20:
        raise InputError(
            "SearchDatasets request cannot specify more than 20 experiment_ids."
            f" Received {len(experiment_ids)} experiment_ids."
        )
    numbers = [checks.parse_experiment_id(text) for text in experiment_ids]
    found = rows.summaries(tx, numbers, MAX_SUMMARIES)
    return [(str(experiment), name, digest, context) for experiment, name, digest, context in found]
