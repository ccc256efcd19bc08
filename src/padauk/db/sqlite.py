"""SQLite: WAL, a reader connection for each thread that reads, one thread that writes.

All writes go through one connection. Whatever is waiting is run in one transaction, each piece of work in a
savepoint, and committed once: thirty-two clients that log at the same time share one commit, and nobody
meets "database is locked" inside the process.

Who runs it: callers without an event loop leave their work to a write thread. What an event loop submits is
run by the loop itself at the end of its turn, when the write connection is free at once: handing a 100 µs
transaction to another thread costs more than it takes. When another process holds the file, or the thread is
at work, or commits are flushed to the disk (``durable``), the work goes to the thread, and the loop
never waits. Copying the log back into the file (a checkpoint) is the thread's, too.
"""

from __future__ import annotations

import asyncio
import os
import queue
import re
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from padauk.core.errors import BusyError, CorruptError, PadaukError, UnavailableError
from padauk.db.engine import Database, Dialect, Row, Session
from padauk.db.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

_MAPPED = 128 << 20  # bytes of the file that are read without a system call
_BUSY_SECONDS = 60.0
_GROUP = 512  # pieces of work that share a commit at most
_PORTION = 4096  # rows fetched at once when streaming
_SPARE_READERS = 8
_HOUSEKEEPING = 0.5  # seconds between looks at the log while nothing else is to do
_WAL_SOON = 4 << 20  # bytes of log that are worth copying back
_WAL_LATE = 64 << 20  # bytes of log at which writers are made to wait for it


class SqliteDialect(Dialect):
    """SQLite's words."""

    name = "sqlite"
    false = "0"

    def like(self, column: str, pattern: str = "?") -> str:
        return f"{column} LIKE {pattern}"  # the connection makes case count

    def order(self, column: str, *, ascending: bool, nullable: bool) -> list[str]:
        # NULL is SQLite's smallest value: last by itself when descending
        if not ascending:
            return [f"{column} DESC"]
        return [f"{column} IS NULL", column] if nullable else [column]

    def number_of(self, text: str) -> str:
        return f"CASE WHEN padauk_is_number({text}) THEN CAST({text} AS REAL) END"

    def matches(self, column: str, pattern: str = "?") -> str:
        return f"padauk_matches({column}, {pattern})"

    def member(self, column: str) -> str:
        # not ->>, which takes a dot in the name for a path
        return f"CAST(json_extract({column}, '$.\"' || ? || '\"') AS TEXT)"


class SqliteSession(Session):
    """A transaction on one connection."""

    __slots__ = ("_after", "_connection", "_execute", "dialect", "names")

    def __init__(self, connection: sqlite3.Connection, dialect: Dialect, names: Names) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._after: list[Callable[[], None]] = []
        self.dialect = dialect
        self.names = names

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._execute(sql, values).fetchone()
        return row

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        return self._execute(sql, values).rowcount

    def many(self, sql: str, rows: Sequence[Sequence[Any]], *, distinct: bool = False) -> None:
        self._connection.executemany(sql, rows)

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[list[Row]]:
        cursor = self._execute(sql, values)
        while rows := cursor.fetchmany(_PORTION):
            yield rows

    def after_commit(self, action: Callable[[], None]) -> None:
        self._after.append(action)


class _Job:
    """Work that waits for the write thread, and where its outcome goes."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(
        self, work: Callable[[Session], Any], future: Any, loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.work = work
        self.future = future
        self.loop = loop
        self.result: Any = None
        self.error: BaseException | None = None


class SqliteDatabase(Database):
    """A SQLite file.

    Raises:
        UnavailableError: the file cannot be opened or made.
        CorruptError: the file is no SQLite database.
    """

    quick = True

    def __init__(self, path: str, *, url: str, durable: bool = False) -> None:
        self.url = url
        self.path = os.path.abspath(path)
        self.names = Names()
        self.dialect = SqliteDialect()
        self._durable = durable
        self._readers: list[sqlite3.Connection] = []
        self._keeper: sqlite3.Connection | None = None  # for checkpoints
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._patience = -1.0
        self._turn: list[_Job] = []  # submitted in this turn of the event loop
        self._writing = threading.Lock()  # held by whoever uses the write connection
        self._closed = False
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self._writer = self._connect()
        except (OSError, sqlite3.Error) as error:
            raise _explain(error, self.path) from error
        try:
            self._writer.execute("PRAGMA journal_mode = WAL").fetchone()
            self._writer.execute("PRAGMA wal_autocheckpoint = 0")
            from padauk.db.schema import upgrade_sqlite

            upgrade_sqlite(self._writer, self.path)
        except sqlite3.Error as error:
            self._writer.close()
            raise _explain(error, self.path) from error
        except BaseException:
            self._writer.close()
            raise
        self._thread = threading.Thread(target=self._write_loop, name="padauk-db-writer", daemon=True)
        self._thread.start()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        connection.execute(
            "PRAGMA case_sensitive_like = ON"
        )  # MLflow's LIKE tells case apart on every database
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        connection.create_function("padauk_is_number", 1, _is_number, deterministic=True)
        connection.create_function("padauk_matches", 2, _matches, deterministic=True)
        return connection

    @contextmanager
    def read(self) -> Iterator[Session]:
        self._check_open()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        try:
            connection.execute("BEGIN")
            session = SqliteSession(connection, self.dialect, self.names)
            yield session
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if len(self._readers) < _SPARE_READERS:
                self._readers.append(connection)
            else:
                connection.close()
        for action in session._after:
            action()

    def write(self, work: Callable[[Session], T]) -> T:
        self._check_open()
        if threading.current_thread() is self._thread:
            raise RuntimeError("write() inside of a write: pass the session on")
        future: Future[T] = Future()
        self._jobs.put(_Job(work, future, None))
        return future.result()

    def submit(self, work: Callable[[Session], T]) -> asyncio.Future[T]:
        self._check_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        job = _Job(work, future, loop)
        if self._durable:
            self._jobs.put(job)
        else:
            self._turn.append(job)
            if len(self._turn) == 1:
                loop.call_soon(self._end_turn)
        return future

    def _end_turn(self) -> None:
        """Commit what this turn of the event loop brought, without ever waiting for anybody."""
        group, self._turn = self._turn, []
        if self._jobs.empty() and self._writing.acquire(blocking=False):
            try:
                self._be_patient(0)
                done = self._run_group(group, patient=False)
            finally:
                self._writing.release()
            if done:
                _settle(group)
                return
        for job in group:
            self._jobs.put(job)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        turn, self._turn = self._turn, []
        for job in turn:
            self._jobs.put(job)
        self._jobs.put(None)
        self._thread.join()
        for connection in [*self._readers, self._keeper, self._writer]:
            if connection is not None:
                connection.close()
        self._readers.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise UnavailableError("the database is closed: the server is shutting down")

    def _write_loop(self) -> None:
        jobs = self._jobs
        last = False
        while not last:
            try:
                first = jobs.get(timeout=_HOUSEKEEPING)
            except queue.Empty:
                self._checkpoint()
                continue
            group: list[_Job] = []
            waiting: _Job | None = first
            while True:
                if waiting is None:
                    last = True
                    break
                group.append(waiting)
                if len(group) == _GROUP:
                    break
                try:
                    waiting = jobs.get_nowait()
                except queue.Empty:
                    break
            if group:
                with self._writing:
                    self._be_patient(_BUSY_SECONDS)
                    self._run_group(group, patient=True)
                _hand_back(group)
                self._checkpoint()

    def _be_patient(self, seconds: float) -> None:
        if seconds != self._patience:
            self._writer.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
            self._patience = seconds

    def _checkpoint(self) -> None:
        """Copy the write-ahead log back into the file, now and then, and by all means before it gets long."""
        try:
            size = os.stat(self.path + "-wal").st_size
            if size < _WAL_SOON:
                return
            if self._keeper is None:
                self._keeper = self._connect()
            self._keeper.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if size > _WAL_LATE:
                # writers must pause once, or they keep appending in front of the copy
                with self._writing:
                    self._keeper.execute("PRAGMA busy_timeout = 1000")
                    self._keeper.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        except (OSError, sqlite3.Error):
            return  # the next one will do

    def _run_group(self, group: list[_Job], *, patient: bool) -> bool:
        """Run and commit ``group``; ``False`` when nothing was done because the file is busy."""
        connection = self._writer
        session = SqliteSession(connection, self.dialect, self.names)
        execute = connection.execute
        try:
            execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if not patient:
                return False
            for job in group:
                job.error = _explain(error, self.path)
            return True
        try:
            if len(group) == 1:
                group[0].result = group[0].work(session)
            for job in group if len(group) > 1 else ():
                kept = len(session._after)
                execute("SAVEPOINT job")
                try:
                    job.result = job.work(session)
                except BaseException as error:
                    job.error = _explain(error, self.path) if isinstance(error, sqlite3.Error) else error
                    del session._after[kept:]
                    if not connection.in_transaction:  # SQLite itself gave the transaction up (disk full)
                        raise
                    execute("ROLLBACK TO job")
                execute("RELEASE job")
            execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - each caller gets it
            if connection.in_transaction:
                execute("ROLLBACK")
            trouble = _explain(error, self.path) if isinstance(error, sqlite3.Error) else error
            for job in group:
                job.error = job.error or trouble
        else:
            for action in session._after:
                action()
        return True


def _hand_back(group: list[_Job]) -> None:
    """Give each caller its outcome; one wake-up for each event loop."""
    loops: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        if job.loop is not None:
            loops.setdefault(job.loop, []).append(job)
        elif job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
    for loop, jobs in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, jobs)
        except RuntimeError:  # the loop is gone: nobody waits any more
            continue


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():  # the client went away
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _explain(error: Exception | BaseException, path: str) -> PadaukError:
    if isinstance(error, OSError):
        return UnavailableError(f"cannot keep the database at {path}: {error.strerror}")
    text = str(error)
    if "locked" in text or "busy" in text:
        return BusyError(f"{path} is locked by another process", hint="it is waited for; try again")
    if "not a database" in text or "malformed" in text:
        return CorruptError(f"{path}: {text}", hint="restore it from a backup, or give another file")
    if "full" in text:
        return UnavailableError(
            f"no room left on the disk of {path}", hint="free some space; nothing was lost"
        )
    return UnavailableError(f"{path}: {text}")


_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*", re.ASCII)


def _matches(text: object, pattern: str) -> bool:
    return text is not None and re.search(pattern, str(text)) is not None


def _is_number(text: object) -> bool:
    """What PostgreSQL's dialect takes for a number, too."""
    return isinstance(text, str) and len(text) < 100 and _NUMBER.fullmatch(text) is not None
