"""Reading the tables of an MLflow database: SQLite or PostgreSQL, as MLflow 2 or 3 left them.

Nothing is ever written there. Columns and tables that an older MLflow had not yet read as NULL and empty.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from padauk.core.errors import InputError, NotFoundError, UnavailableError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from padauk.db.engine import Row

_PORTION = 10_000


class MlflowDatabase:
    """A read-only connection. Use it as a context manager; not for several threads.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…``, as MLflow's ``--backend-store-uri`` takes it.

    Attributes:
        folder: where a SQLite file lies; ``None`` for a server. Relative artifact paths start near it.

    Raises:
        NotFoundError: there is no such file.
        UnavailableError: it cannot be opened.
        InputError: it is no database of MLflow.
    """

    def __init__(self, url: str) -> None:
        self.folder: str | None = None
        self._connection: Any
        self._server = not url.startswith("sqlite:")
        if self._server:
            self._connection = _connect_postgres(url)
        else:
            path = url.partition(":///")[2].partition("?")[0]
            if not os.path.isfile(path):
                raise NotFoundError(f"there is no database file {path!r}")
            self.folder = os.path.dirname(os.path.abspath(path))
            self._connection = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro", uri=True)
        try:
            self._columns = self._read_columns()
        except Exception as error:
            self.close()
            raise InputError(f"{url.rpartition('@')[2]} cannot be read: {error}") from error
        if "experiment_id" not in self._columns.get("experiments", ()) or "run_uuid" not in self._columns.get(
            "runs", ()
        ):
            self.close()
            raise InputError(f"{url.rpartition('@')[2]} is no database of MLflow: it has no runs")

    def rows(
        self, table: str, columns: Sequence[str], *, order: Sequence[str] = (), **equal: Any
    ) -> Iterator[Row]:
        """The rows of ``table`` whose columns are as in ``equal``, streamed; columns not there are NULL."""
        there = self._columns.get(table)
        if not there or not there.issuperset(equal):
            return
        chosen = ", ".join(f'"{name}"' if name in there else "NULL" for name in columns)
        mark = "%s" if self._server else "?"
        where = " AND ".join(f'"{name}" = {mark}' for name in equal)
        sql = f'SELECT {chosen} FROM "{table}"' + (f" WHERE {where}" if where else "")
        if order:
            sql += " ORDER BY " + ", ".join(f'"{name}"' for name in order)
        if self._server:
            with self._connection.cursor(name=f"padauk_{table}") as cursor:
                cursor.itersize = _PORTION
                cursor.execute(sql, tuple(equal.values()))
                yield from cursor
            return
        yield from self._connection.execute(sql, tuple(equal.values()))

    def count(self, table: str, **equal: Any) -> int:
        """How many rows of ``table`` have columns as in ``equal``."""
        if table not in self._columns:
            return 0
        mark = "%s" if self._server else "?"
        where = " AND ".join(f'"{name}" = {mark}' for name in equal)
        sql = f'SELECT count(*) FROM "{table}"' + (f" WHERE {where}" if where else "")
        return int(self._connection.execute(sql, tuple(equal.values())).fetchone()[0])

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_columns(self) -> dict[str, set[str]]:
        if self._server:
            sql = (
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema()"
            )
        else:
            sql = (
                "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                " WHERE m.type = 'table'"
            )
        found: dict[str, set[str]] = {}
        for table, column in self._connection.execute(sql).fetchall():
            found.setdefault(table, set()).add(column)
        return found


def _connect_postgres(url: str) -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise UnsupportedError(
            "PostgreSQL needs the driver psycopg", hint="pip install 'padauk[postgres]'"
        ) from error
    scheme, _, rest = url.partition("://")
    try:
        connection = psycopg.connect(f"{scheme.partition('+')[0]}://{rest}")
        # one state of the store from the first row to the last
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
    except psycopg.Error as error:
        text = str(error).strip().partition("\n")[0]
        raise UnavailableError(f"cannot read {rest.rpartition('@')[2]}: {text}") from error
    return connection
