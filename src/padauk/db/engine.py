"""What a database is to the rooms above: sessions that read, and functions that write in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from padauk.core.errors import InputError, UnsupportedError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from padauk.db.names import Names

T = TypeVar("T")
Row = tuple[Any, ...]


class Dialect(ABC):
    """The few words in which SQLite and PostgreSQL differ, as pieces of SQL text."""

    name: str
    false: str
    """The value false."""

    @abstractmethod
    def like(self, column: str, pattern: str = "?") -> str:
        """``column`` matches ``pattern``; case counts, and no character escapes another."""

    @abstractmethod
    def order(self, column: str, *, ascending: bool, nullable: bool) -> list[str]:
        """Keys of ORDER BY that put NULLs last, whatever the direction."""

    @abstractmethod
    def number_of(self, text: str) -> str:
        """The text expression ``text`` as a number, or NULL where it is none."""

    @abstractmethod
    def matches(self, column: str, pattern: str = "?") -> str:
        """``column`` holds a match of the regular expression ``pattern``; case counts."""

    @abstractmethod
    def member(self, column: str) -> str:
        """The text of a member of the JSON object in ``column``, whose name is bound where ``?`` stands."""


class Session(ABC):
    """One open transaction. Values are bound where the SQL says ``?``; rows come back as tuples."""

    dialect: Dialect
    names: Names

    @abstractmethod
    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""

    @abstractmethod
    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row, or ``None``."""

    @abstractmethod
    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; the number of rows it changed."""

    @abstractmethod
    def many(self, sql: str, rows: Sequence[Sequence[Any]], *, distinct: bool = False) -> None:
        """Run a statement once for each row of values; ``distinct``: no two of them write the same row."""

    @abstractmethod
    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[list[Row]]:
        """The rows of a query in portions of some thousands, without holding them all."""

    @abstractmethod
    def after_commit(self, action: Callable[[], None]) -> None:
        """Call ``action`` once this transaction is durable; never when it is rolled back."""

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or ``None``."""
        row = self.one(sql, values)
        return None if row is None else row[0]


class Database(ABC):
    """A database that can be read by many and written in transactions.

    Work given to ``write`` may run more than once (a deadlock or a lost connection is tried again), so
    it must have no
    effect but on its session. When ``write`` returns, what it wrote survives ``kill -9``.
    """

    dialect: Dialect
    names: Names
    url: str
    quick: bool
    """Whether one small read is so cheap that handing it to another thread would cost more than it."""

    @abstractmethod
    def read(self) -> AbstractContextManager[Session]:
        """A session that sees one state of the database from its first statement to its last."""

    @abstractmethod
    def write(self, work: Callable[[Session], T]) -> T:
        """Run ``work`` in a transaction, commit, and give its result; blocks until it is durable."""

    @abstractmethod
    def submit(self, work: Callable[[Session], T]) -> asyncio.Future[T]:
        """As ``write``, for the running event loop. Many callers may share one commit."""

    @abstractmethod
    def close(self) -> None:
        """Finish what was accepted, then close all connections."""


def open_database(url: str, *, durable: bool = False) -> Database:
    """Open (and create or upgrade) the database at ``url``: ``sqlite:///path`` or ``postgresql://…``.

    Args:
        url: SQLAlchemy's way of writing it; ``sqlite:///x.db`` is relative to the working folder,
            ``sqlite:////x.db`` is absolute. A driver in the scheme (``postgresql+psycopg2``) is ignored.
        durable: flush to the disk at every commit, so that it also survives a power cut. Without, a commit
            survives the end of the process, however it ends.

    Raises:
        InputError: the URL is of no kind that is known.
        UnsupportedError: its kind is known and not there.
        UnavailableError: the database does not answer or cannot be written.
    """
    scheme, found, rest = url.partition("://")
    kind = scheme.partition("+")[0]
    if not found:
        raise InputError(
            f"{url!r} is no database URL", hint="use sqlite:///path/to/file.db or postgresql://…"
        )
    if kind == "sqlite":
        from padauk.db.sqlite import SqliteDatabase

        path = rest.partition("?")[0].removeprefix("/")
        if not path or path == ":memory:":
            raise InputError(f"{url!r} names no file", hint="use sqlite:///path/to/file.db")
        return SqliteDatabase(path, url=url, durable=durable)
    if kind in {"postgresql", "postgres"}:
        try:
            from padauk.db.postgres import PostgresDatabase
        except ImportError as error:
            raise UnsupportedError(
                "PostgreSQL needs the driver psycopg", hint="pip install 'padauk[postgres]'"
            ) from error
        return PostgresDatabase(url, durable=durable)
    known = {"mysql": "MySQL", "mssql": "SQL Server", "oracle": "Oracle"}
    if kind in known:
        raise UnsupportedError(
            f"padauk keeps no data in {known[kind]}", hint="use sqlite:///path/to/file.db or postgresql://…"
        )
    raise InputError(f"unknown database {kind!r}", hint="use sqlite:///path/to/file.db or postgresql://…")


def marks(rows: Iterable[object]) -> str:
    """``?,?,?`` for as many values as ``rows`` has."""
    return ",".join("?" for _ in rows)
