"""Registered models with their versions and aliases, and logged models.

``run_id`` and ``logged_model_id`` of a version are the public ids: both may belong to another server.
"""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from padauk.db.tables.base import BIG, METADATA, SMALL, TEXT

registered_models = Table(
    "registered_models",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("name", TEXT, nullable=False, unique=True),
    Column("description", TEXT),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
)

registered_model_tags = Table(
    "registered_model_tags",
    METADATA,
    Column("model_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)
Index("registered_model_tags_of", registered_model_tags.c.key)

registered_model_aliases = Table(
    "registered_model_aliases",
    METADATA,
    Column("model_id", BIG, primary_key=True),
    Column("alias", TEXT, primary_key=True),
    Column("version", BIG, nullable=False),
    sqlite_with_rowid=False,
)

# a deleted version keeps its row, so that its number is never given again
model_versions = Table(
    "model_versions",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("model_id", BIG, nullable=False),
    Column("version", BIG, nullable=False),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
    Column("description", TEXT),
    Column("user_id", TEXT),
    Column("stage", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("storage_location", TEXT, nullable=False),
    Column("run_id", TEXT, nullable=False),
    Column("run_link", TEXT, nullable=False),
    Column("logged_model_id", TEXT, nullable=False),
    Column("status", TEXT, nullable=False),
    Column("status_message", TEXT),
    UniqueConstraint("model_id", "version"),
)
Index("model_versions_of_run", model_versions.c.run_id)
Index("model_versions_of_logged_model", model_versions.c.logged_model_id)
Index("model_versions_newest", model_versions.c.updated.desc())

model_version_tags = Table(
    "model_version_tags",
    METADATA,
    Column("version_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)
Index("model_version_tags_of", model_version_tags.c.key)

# status: 1 pending, 2 ready, 3 failed
logged_models = Table(
    "logged_models",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uid", TEXT, nullable=False, unique=True),
    Column("experiment_id", BIG, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("artifact_location", TEXT, nullable=False),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
    Column("status", SMALL, nullable=False),
    Column("status_message", TEXT),
    Column("model_type", TEXT),
    Column("source_run_id", TEXT),
    Column("stage", SMALL, nullable=False),
)
Index(
    "logged_models_newest",
    logged_models.c.experiment_id,
    logged_models.c.stage,
    logged_models.c.created.desc(),
    logged_models.c.uid,
)
Index("logged_models_of_run", logged_models.c.source_run_id)

logged_model_params = Table(
    "logged_model_params",
    METADATA,
    Column("model_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

logged_model_tags = Table(
    "logged_model_tags",
    METADATA,
    Column("model_id", BIG, primary_key=True),
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

webhooks = Table(
    "webhooks",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uid", TEXT, nullable=False, unique=True),
    Column("name", TEXT, nullable=False),
    Column("url", TEXT, nullable=False),
    Column("description", TEXT),
    Column("sealed_secret", TEXT),
    Column("active", SMALL, nullable=False),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
)

webhook_events = Table(
    "webhook_events",
    METADATA,
    Column("event", TEXT, primary_key=True),
    Column("webhook_id", BIG, primary_key=True),
    sqlite_with_rowid=False,
)
Index("webhook_events_of", webhook_events.c.webhook_id)
