"""Uploaded files: a path below the artifact root names an object, an object is bytes with their hashes.

Paths sort by code point on both databases, so that a folder is one range of keys.
"""

from sqlalchemy import Column, Index, Table, Text

from padauk.db.tables.base import BIG, METADATA, TEXT

_PATH = Text().with_variant(Text(collation="C"), "postgresql")

objects = Table(
    "objects",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("md5", TEXT, nullable=False, unique=True),
    Column("sha256", TEXT, nullable=False),
    Column("size", BIG, nullable=False),
)

artifacts = Table(
    "artifacts",
    METADATA,
    Column("path", _PATH, primary_key=True),
    Column("object_id", BIG, nullable=False),
    Column("owner_kind", TEXT, nullable=False),
    Column("owner_id", TEXT, nullable=False),
    Column("created", BIG, nullable=False),
    sqlite_with_rowid=False,
)
Index("artifacts_of_object", artifacts.c.object_id)
Index("artifacts_of_owner", artifacts.c.owner_id)
