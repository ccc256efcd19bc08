"""Turn rows of many runs into runs: a constant number of statements however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db import inputs as input_rows
from padauk.db import metrics as metric_rows
from padauk.db import runs as rows
from padauk.tracking.nouns import (
    STAGES,
    STATUSES,
    Dataset,
    DatasetInput,
    Metric,
    ModelOutput,
    Param,
    Run,
    RunInfo,
    Tag,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session

NAN = float("nan")


def assemble(tx: Session, found: Sequence[rows.RunRow]) -> list[Run]:
    """The runs of ``found``, in its order, with all that they logged."""
    numbers = [row.id for row in found]
    runs = {row.id: Run(info_of(row), [], [], [], [], [], []) for row in found}
    latest = metric_rows.latest_of(tx, numbers)
    params = rows.texts_of(tx, "params", numbers)
    tags = rows.texts_of(tx, "run_tags", numbers)
    texts = tx.names.texts(
        tx, {row[1] for row in latest} | {row[1] for row in params} | {row[1] for row in tags}
    )
    for run, key, value, is_nan, timestamp, step in latest:
        runs[run].metrics.append(Metric(texts[key], NAN if is_nan else value, timestamp, step))
    for run, key, text in params:
        runs[run].params.append(Param(texts[key], text))
    for run, key, text in tags:
        runs[run].tags.append(Tag(texts[key], text))
    _add_inputs(tx, numbers, runs)
    return [runs[number] for number in numbers]


def info_of(row: rows.RunRow) -> RunInfo:
    return RunInfo(
        run_id=row.uid,
        experiment_id=str(row.experiment_id),
        run_name=row.name,
        user_id=row.user_name,
        status=STATUSES[row.status],
        lifecycle_stage=STAGES[row.stage],
        artifact_uri=row.artifact_uri,
        start_time=row.start_time,
        end_time=row.end_time,
    )


def _add_inputs(tx: Session, numbers: Sequence[int], runs: dict[int, Run]) -> None:
    inputs: dict[tuple[int, int], DatasetInput] = {}
    for run, dataset, *columns in input_rows.datasets_of(tx, numbers):
        inputs[run, dataset] = given = DatasetInput(Dataset(*columns), [])
        runs[run].datasets.append(given)
    if inputs:
        for run, dataset, key, value in input_rows.dataset_tags_of(tx, numbers):
            inputs[run, dataset].tags.append(Tag(key, value))
    for run, role, model, step in input_rows.models_of(tx, numbers):
        if role == input_rows.OUTPUT:
            runs[run].model_outputs.append(ModelOutput(model, step))
        else:
            runs[run].model_inputs.append(model)
