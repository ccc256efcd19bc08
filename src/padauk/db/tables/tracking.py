"""Experiments, runs and what they log.

Rows are narrow: runs and keys are small integers (``names``), and points are clustered by (run, key,
time) so that a history is one range scan that is already in the order it is answered in.
"""

from typing import Any

from sqlalchemy import Column, Index, Table, UniqueConstraint, text

from padauk.db.runs import SHORT_NAME, SHORT_VALUE
from padauk.db.tables.base import BIG, METADATA, REAL, SMALL, TEXT


def _index_where(name: str, *columns: Column[Any], where: str) -> None:
    Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


names = Table(
    "names",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
)

experiments = Table(
    "experiments",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
    Column("artifact_location", TEXT, nullable=False),
    Column("stage", SMALL, nullable=False),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
    sqlite_autoincrement=True,
)

experiment_tags = Table(
    "experiment_tags",
    METADATA,
    Column("experiment_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uid", TEXT, nullable=False, unique=True),
    Column("experiment_id", BIG, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("user_name", TEXT, nullable=False),
    Column("status", SMALL, nullable=False),
    Column("stage", SMALL, nullable=False),
    Column("start_time", BIG),
    Column("end_time", BIG),
    Column("deleted_time", BIG),
    Column("artifact_uri", TEXT, nullable=False),
    Column("heard", BIG),
)
Index("runs_newest", runs.c.experiment_id, runs.c.stage, runs.c.start_time.desc(), runs.c.uid)
_index_where("runs_by_name", runs.c.name, where=SHORT_NAME)

metrics = Table(
    "metrics",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("timestamp", BIG, primary_key=True),
    Column("step", BIG, primary_key=True),
    Column("value", REAL, primary_key=True),
    Column("is_nan", SMALL, primary_key=True),
    sqlite_with_rowid=False,
)

latest_metrics = Table(
    "latest_metrics",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("value", REAL, nullable=False),
    Column("is_nan", SMALL, nullable=False),
    Column("timestamp", BIG, nullable=False),
    Column("step", BIG, nullable=False),
    sqlite_with_rowid=False,
)

Index("latest_by_value", latest_metrics.c.key_id, latest_metrics.c.is_nan, latest_metrics.c.value)

params = Table(
    "params",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

run_tags = Table(
    "run_tags",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

_index_where("params_by_value", params.c.key_id, params.c.value, where=SHORT_VALUE)
_index_where("run_tags_by_value", run_tags.c.key_id, run_tags.c.value, where=SHORT_VALUE)

datasets = Table(
    "datasets",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("experiment_id", BIG, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("source_type", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("schema", TEXT),
    Column("profile", TEXT),
    UniqueConstraint("experiment_id", "name", "digest"),
)

run_datasets = Table(
    "run_datasets",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("dataset_id", BIG, primary_key=True),
    sqlite_with_rowid=False,
)
Index("run_datasets_of", run_datasets.c.dataset_id)

run_dataset_tags = Table(
    "run_dataset_tags",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("dataset_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

# role: 0 the run used the logged model, 1 the run made it
run_models = Table(
    "run_models",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("role", SMALL, primary_key=True),
    Column("model_id", TEXT, primary_key=True),
    Column("step", BIG, nullable=False),
    sqlite_with_rowid=False,
)
Index("run_models_of", run_models.c.model_id)

model_metrics = Table(
    "model_metrics",
    METADATA,
    Column("model_id", TEXT, primary_key=True),
    Column("run_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("timestamp", BIG, primary_key=True),
    Column("step", BIG, primary_key=True),
    Column("value", REAL, nullable=False),
    Column("is_nan", SMALL, nullable=False),
    Column("dataset_name", TEXT),
    Column("dataset_digest", TEXT),
    sqlite_with_rowid=False,
)
