"""The version of a database's schema: which it has, whether it fits, and how it gets the newest.

SQLite files are made and upgraded when they are opened. An empty PostgreSQL database is made, an older one is
upgraded only on request (``padauk db upgrade``): other servers may be using it. Neither SQLAlchemy nor
Alembic is imported to open a database that is up to date.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InvalidStateError

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Engine

    from padauk.db.engine import Session
    from padauk.db.postgres import PostgresDatabase

HEAD = "0001"
"""The newest revision: the one that this release works with."""


def upgrade_sqlite(connection: sqlite3.Connection, path: str) -> None:
    """Make or upgrade the tables of a SQLite file.

    Raises:
        InvalidStateError: a newer padauk made it.
    """
    connection.execute("BEGIN IMMEDIATE")  # two processes that open a new file take turns
    try:
        there = _sqlite_version(connection)
        if there is None:
            for statement in _statements("sqlite"):
                connection.execute(statement)
            connection.execute("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if there is not None and there != HEAD:
        upgrade(f"sqlite:///{path}", there)


def upgrade_postgres(db: PostgresDatabase) -> None:
    """Make the tables of an empty PostgreSQL database.

    Raises:
        InvalidStateError: it is of another release.
    """

    def work(tx: Session) -> str | None:
        there = version_of(tx)
        if there is None:
            tx.one("SELECT pg_advisory_xact_lock(7263417)")
            there = version_of(tx)
        if there is None:
            for statement in _statements("postgresql"):
                tx.run(statement)
            tx.run("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        return there

    there = db.write(work)
    if there not in {None, HEAD}:
        _check_known(str(there))
        raise InvalidStateError(
            f"the database has schema {there}, and this padauk needs {HEAD}",
            hint="make a backup, then run 'padauk db upgrade URL'",
        )


def version_of(tx: Session) -> str | None:
    """The revision of a PostgreSQL database, or ``None`` when it is empty."""
    if tx.value("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = tx.value("SELECT version_num FROM alembic_version")
    return found


def current(url: str) -> str | None:
    """The revision of the database at ``url``, or ``None`` when it has no tables of ours."""
    from alembic.runtime.migration import MigrationContext

    engine = _engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def differences(url: str) -> list[str]:
    """Where the tables of the database at ``url`` are not as they should be, one line each."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from padauk.db.tables import METADATA

    engine = _engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            found = compare_metadata(context, METADATA)
    finally:
        engine.dispose()
    return [_told(item) for item in found]


def upgrade(url: str, there: str | None = None) -> None:
    """Bring the database at ``url`` to the newest revision.

    Raises:
        InvalidStateError: a newer padauk made it.
    """
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    if there is not None:
        _check_known(there)
    config = Config()
    config.set_main_option("script_location", "padauk.db:migrations")
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs("head", revision)

    engine = _engine(url)
    try:
        with EnvironmentContext(config, script, fn=steps) as environment, engine.begin() as connection:
            environment.configure(connection=connection, render_as_batch=url.startswith("sqlite"))
            environment.run_migrations()
    finally:
        engine.dispose()


def _check_known(there: str) -> None:
    if there > HEAD:
        raise InvalidStateError(
            f"the database has schema {there}, which is newer than this padauk ({HEAD})",
            hint="use the padauk that made it, or a newer one",
        )


def _sqlite_version(connection: sqlite3.Connection) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _statements(kind: str) -> list[str]:
    """The statements that make all tables and indexes."""
    from sqlalchemy.dialects import postgresql, sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    from padauk.db.tables import METADATA

    dialect: Any = postgresql.dialect() if kind == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]
    found = ["CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"]
    for table in METADATA.sorted_tables:
        found.append(str(CreateTable(table).compile(dialect=dialect)))
        found += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return found


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine

    return create_engine(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url))


def _told(item: Any) -> str:
    if isinstance(item, list):
        return "; ".join(_told(one) for one in item)
    kind, *what = item
    names = [str(getattr(one, "name", one)) for one in what if one is not None]
    return f"{str(kind).replace('_', ' ')}: {' '.join(names)}"
