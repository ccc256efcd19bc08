"""Experiments, runs and what runs log: the rules, over the rows of ``padauk.db``.

Each module is a subject, each function takes an open ``Session``: ``experiments``, ``runs``, ``log``
(metrics, params, tags), ``history``, ``inputs``, ``search``. Outcomes and messages are MLflow's.
"""

from padauk.tracking import experiments, history, inputs, log, runs, search
from padauk.tracking.nouns import (
    Dataset,
    DatasetInput,
    Experiment,
    Metric,
    ModelOutput,
    Param,
    Run,
    RunInfo,
    Tag,
)

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "Metric",
    "ModelOutput",
    "Param",
    "Run",
    "RunInfo",
    "Tag",
    "experiments",
    "history",
    "inputs",
    "log",
    "runs",
    "search",
]
