"""PostgreSQL: a pool of connections, transactions tried again where that is right.

Many server processes may share one database: everything that two of them could disagree about is decided by
the database. A deadlock or a serialization failure runs the work again; a connection that broke before the
commit was sent does, too. When it breaks while the commit is on its way, nobody knows the outcome: the
caller gets ``UnavailableError``, which clients may answer by sending the same again.
"""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors as pg

from padauk.core.errors import InputError, PadaukError, UnavailableError
from padauk.db.engine import Database, Dialect, Session
from padauk.db.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from padauk.db.engine import Row

T = TypeVar("T")

_CONNECTIONS = 16
_PATIENCE = 20.0  # seconds that work waits for a database that does not answer
_TRIES = 8
_PORTION = 4096
_ROWS = 500  # rows in one INSERT
_VALUES = re.compile(r"VALUES (\((?:\?, )*\?\))")
_AGAIN = (pg.DeadlockDetected, pg.SerializationFailure)
_ABSENT = (pg.CannotConnectNow, pg.AdminShutdown, pg.CrashShutdown, pg.TooManyConnections)


class PostgresDialect(Dialect):
    """PostgreSQL's words."""

    name = "postgresql"
    false = "false"

    def like(self, column: str, pattern: str = "?") -> str:
        return f"{column} LIKE {pattern} ESCAPE ''"

    def order(self, column: str, *, ascending: bool, nullable: bool) -> list[str]:
        if ascending:
            return [column]  # NULLs come last by themselves
        return [f"{column} DESC NULLS LAST" if nullable else f"{column} DESC"]

    def number_of(self, text: str) -> str:
        plain = r"^\s*[+-]{0,1}([0-9]+\.{0,1}[0-9]*|\.[0-9]+)([eE][+-]{0,1}[0-9]{1,2}){0,1}\s*$"
        return (
            f"CASE WHEN length({text}) < 100 AND {text} ~ '{plain}' THEN CAST({text} AS double precision) END"
        )

    def matches(self, column: str, pattern: str = "?") -> str:
        return f"({column} ~ {pattern})"

    def member(self, column: str) -> str:
        return f"(CAST({column} AS json) ->> CAST(? AS text))"


@lru_cache(maxsize=2000)
def _translated(sql: str) -> str:
    """``?`` as psycopg's ``%s``, a literal ``%`` doubled; statements hold no question mark but these."""
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresSession(Session):
    """A transaction on one connection."""

    def __init__(self, connection: psycopg.Connection[Row], dialect: Dialect, names: Names) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._after: list[Callable[[], None]] = []
        self.dialect = dialect
        self.names = names

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._cursor.execute(_translated(sql), values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        return self._cursor.execute(_translated(sql), values).fetchone()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._cursor.execute(_translated(sql), values).rowcount

    def many(self, sql: str, rows: Sequence[Sequence[Any]], *, distinct: bool = False) -> None:
        if not rows:
            return
        places = _VALUES.search(sql)
        if len(rows) > 1 and places and (distinct or "DO UPDATE" not in sql):
            head, tail = sql[: places.start(1)], sql[places.end(1) :]
            for start in range(0, len(rows), _ROWS):
                part = rows[start : start + _ROWS]
                statement = f"{head}{', '.join([places[1]] * len(part))}{tail}"
                self._cursor.execute(_translated(statement), [value for row in part for value in row])
        else:
            self._cursor.executemany(_translated(sql), rows)

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[list[Row]]:
        with self._connection.cursor(name="portions") as cursor:
            cursor.itersize = _PORTION
            cursor.execute(_translated(sql), values)
            while rows := cursor.fetchmany(_PORTION):
                yield rows

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)


class PostgresDatabase(Database):
    """A PostgreSQL database.

    Args:
        url: ``postgresql://user:password@host:port/name``, with any of libpq's parameters in the query.

    Raises:
        UnavailableError: nobody answers there, or not to this user.
    """

    quick = False

    def __init__(self, url: str, *, durable: bool = False) -> None:
        self.url = url
        self.names = Names()
        self.dialect = PostgresDialect()
        self._conninfo = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
        self._durable = durable
        self._idle: list[psycopg.Connection[Row]] = []
        self._room = threading.Semaphore(_CONNECTIONS)
        self._workers = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="padauk-write")
        self._closed = False
        from padauk.db.schema import upgrade_postgres

        try:
            upgrade_postgres(self)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._room:
            connection = self._connection(psycopg.IsolationLevel.REPEATABLE_READ, read_only=True)
            kept = False
            try:
                session = PostgresSession(connection, self.dialect, self.names)
                yield session
                kept = True
            except psycopg.Error as error:
                raise _explain(error) from error
            except PadaukError:
                kept = True
                raise
            finally:
                self._give_back(connection, kept=kept)
        for action in session._after:
            action()

    def write(self, work: Callable[[Session], T]) -> T:
        with self._room:
            for attempt in range(1, _TRIES + 1):
                connection = self._connection(psycopg.IsolationLevel.READ_COMMITTED, read_only=False)
                session = PostgresSession(connection, self.dialect, self.names)
                committing = kept = False
                try:
                    result = work(session)
                    committing = True
                    connection.commit()
                    kept = True
                except PadaukError:
                    kept = True
                    raise
                except _AGAIN as error:
                    kept = True
                    if attempt == _TRIES:
                        raise UnavailableError(f"the database kept refusing: {error}") from error
                except psycopg.Error as error:
                    gone = connection.broken or isinstance(error, _ABSENT)
                    if committing or not gone or attempt == _TRIES:
                        raise _explain(error) from error
                finally:
                    self._give_back(connection, kept=kept)
                if kept and committing:
                    for action in session._after:
                        action()
                    return result
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads contenders
        raise AssertionError("unreachable")

    def submit(self, work: Callable[[Session], T]) -> asyncio.Future[T]:
        self._check_open()
        return asyncio.get_running_loop().run_in_executor(self._workers, self.write, work)

    def close(self) -> None:
        self._closed = True
        self._workers.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _check_open(self) -> None:
        if self._closed:
            raise UnavailableError("the database is closed: the server is shutting down")

    def _connection(self, level: psycopg.IsolationLevel, *, read_only: bool) -> psycopg.Connection[Row]:
        """A connection with no transaction open; waits for a database that is just starting."""
        self._check_open()
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                try:
                    connection = self._connect()
                except psycopg.OperationalError as error:
                    if not _transient(error) or time.monotonic() > end:
                        raise _explain(error) from error
                    time.sleep(0.2)
                    continue
            if connection.closed:
                continue
            if connection.isolation_level != level or connection.read_only != read_only:
                connection.isolation_level = level
                connection.read_only = read_only
            return connection

    def _connect(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] = psycopg.connect(
            self._conninfo, connect_timeout=10, application_name="padauk", autocommit=False
        )
        return connection

    def _give_back(self, connection: psycopg.Connection[Row], *, kept: bool) -> None:
        """Keep a connection for the next who asks, with its transaction ended."""
        try:
            if kept and not connection.closed:
                connection.rollback()
                self._idle.append(connection)
                return
        except psycopg.Error:
            pass
        connection.close()


def _transient(error: psycopg.OperationalError) -> bool:
    text = str(error)
    return isinstance(error, _ABSENT) or any(
        part in text for part in ("refused", "starting up", "shutting down", "too many", "timeout", "closed")
    )


def _explain(error: psycopg.Error) -> PadaukError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, pg.DataError | pg.UntranslatableCharacter):
        return InputError(f"The request holds what the database cannot keep: {first}")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return UnavailableError(f"PostgreSQL does not answer: {first}", hint="is it running? try again")
    return UnavailableError(f"PostgreSQL: {first}")
