"""Create a database, and bring an older one up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from padauk.db.engine import Session
    from padauk.db.postgres import PostgresDatabase


def upgrade_sqlite(connection: sqlite3.Connection, path: str) -> None:
    """Make all tables that are not there yet, and the default experiment's place."""
    from sqlalchemy import create_engine

    from padauk.db.tables import METADATA

    engine = create_engine(f"sqlite:///{path}")
    try:
        METADATA.create_all(engine)
    finally:
        engine.dispose()


def upgrade_postgres(db: PostgresDatabase) -> None:
    """Make all tables that are not there yet; processes that start together take turns."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    from padauk.db.tables import METADATA

    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def work(tx: Session) -> None:
        tx.one("SELECT pg_advisory_xact_lock(7263417)")
        there = {
            name for (name,) in tx.all("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        }
        for table in METADATA.sorted_tables:
            if table.name in there:
                continue
            tx.run(str(CreateTable(table).compile(dialect=dialect)))
            for index in table.indexes:
                tx.run(str(CreateIndex(index).compile(dialect=dialect)))

    db.write(work)
