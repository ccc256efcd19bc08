"""What runs read and wrote, by content: the side of the join that no MLflow table has."""

from sqlalchemy import Column, Index, Table

from padauk.db.tables.base import BIG, METADATA, SMALL, TEXT

run_objects = Table(
    "run_objects",
    METADATA,
    Column("run_id", BIG, primary_key=True),
    Column("role", SMALL, primary_key=True),  # 0: read, 1: written
    Column("path", TEXT, primary_key=True),
    Column("md5", TEXT, nullable=False),
    Column("size", BIG),
    Column("nfiles", BIG),
    sqlite_with_rowid=False,
)
Index("run_objects_of_md5", run_objects.c.md5, run_objects.c.role)
