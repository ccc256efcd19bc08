"""Create a database, and bring an older one up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def upgrade_sqlite(connection: sqlite3.Connection, path: str) -> None:
    """Make all tables that are not there yet, and the default experiment's place."""
    from sqlalchemy import create_engine

    from padauk.db.tables import METADATA

    engine = create_engine(f"sqlite:///{path}")
    try:
        METADATA.create_all(engine)
    finally:
        engine.dispose()
