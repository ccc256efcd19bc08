"""What is known of files by looking at them only: (path, inode, mtime, size) to md5.

A pure cache in SQLite: it may be lost, locked or broken at any time and nothing but speed goes with it.

A row is trusted when inode, mtime in nanoseconds and size still are the same. A file that was written less
than a tick of the file system's clock before it was hashed could be written again with the same three, so
such files are not remembered (:func:`settled`); they are hashed again next time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

_VERSION = 1
_TICK_NS = 20_000_000
_COARSE_NS = 2_000_000_000
_DAY_NS = 86_400_000_000_000


Place = tuple[str, int, int, int]
"""A file below a folder as it looks: relative path with ``/``, inode, mtime in ns, size. Compares fast."""


class Seen(NamedTuple):
    """What the file system says of a file."""

    inode: int
    mtime_ns: int
    size: int


class StateRow(NamedTuple):
    """One thing to remember; ``path`` is absolute."""

    path: str
    inode: int
    mtime_ns: int
    size: int
    md5: str


def seen(stat: os.stat_result) -> Seen:
    """The three facts of ``stat`` that a state goes by."""
    return Seen(signed(stat.st_ino), stat.st_mtime_ns, stat.st_size)


def signed(inode: int) -> int:
    """SQLite's integers have a sign; inode numbers of network file systems may use all 64 bits."""
    return inode - (1 << 64) if inode >= 1 << 63 else inode


def settled(mtime_ns: int, hashed_ns: int) -> bool:
    """Whether a change after ``hashed_ns`` (``time.time_ns()`` before reading) must show in the mtime.

    File systems that keep whole seconds are told by an mtime without a fraction. A clock that is far ahead
    (a day or more) was set on purpose, and will not come by again.
    """
    tick = _TICK_NS if mtime_ns % 1_000_000_000 else _COARSE_NS
    return mtime_ns + tick < hashed_ns or mtime_ns > hashed_ns + _DAY_NS


class NoState:
    """Remembers nothing. Same face as :class:`State`."""

    def get(self, path: str, found: Seen, *, legacy: bool = False) -> str | None:
        """The md5 of the file ``path`` that looks like ``found``, if known."""
        return None

    def below(self, folder: str, *, legacy: bool = False) -> dict[Place, str]:
        """All that is known below ``folder``: ``(relative path, inode, mtime_ns, size)`` to md5."""
        return {}

    def save_many(self, rows: Sequence[StateRow], *, legacy: bool = False) -> None:
        """Remember ``rows``; the caller has left out what is not :func:`settled`."""

    def save_fresh(self, rows: Sequence[StateRow], *, legacy: bool = False) -> None:
        """Remember files that were just written from bytes whose hash is known.

        They are too new to be trusted now; :meth:`flush` looks at them again when a tick has passed.
        """

    def flush(self) -> None:
        """Write down what :meth:`save_fresh` has put off."""

    def close(self) -> None:
        """Flush, and let go of the file."""


class State(NoState):
    """The table at ``path``; made at first use, thread-safe."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._broken = False
        self._fresh: list[tuple[StateRow, bool]] = []

    def get(self, path: str, found: Seen, *, legacy: bool = False) -> str | None:
        def ask(db: sqlite3.Connection) -> str | None:
            row = db.execute(
                f"SELECT md5 FROM {_table(legacy)} WHERE path=? AND inode=? AND mtime=? AND size=?",
                (path, *found),
            ).fetchone()
            return str(row[0]) if row else None

        return self._try(ask, None)

    def below(self, folder: str, *, legacy: bool = False) -> dict[Place, str]:
        start = folder.rstrip("/") + "/"

        def ask(db: sqlite3.Connection) -> dict[Place, str]:
            rows = db.execute(
                f"SELECT substr(path, ?), inode, mtime, size, md5 FROM {_table(legacy)}"
                " WHERE path > ? AND path < ?",
                (len(start) + 1, start, start[:-1] + "0"),
            )
            return {row[:4]: row[4] for row in rows}

        return self._try(ask, {})

    def save_many(self, rows: Sequence[StateRow], *, legacy: bool = False) -> None:
        if not rows:
            return

        def save(db: sqlite3.Connection) -> None:
            with db:
                db.executemany(f"INSERT OR REPLACE INTO {_table(legacy)} VALUES (?,?,?,?,?)", _storable(rows))

        self._try(save, None)

    def save_fresh(self, rows: Sequence[StateRow], *, legacy: bool = False) -> None:
        now = time.time_ns()
        self.save_many([row for row in rows if settled(row.mtime_ns, now)], legacy=legacy)
        self._fresh += [(row, legacy) for row in rows if not settled(row.mtime_ns, now)]

    def flush(self) -> None:
        fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        newest = max(row.mtime_ns for row, _ in fresh)
        time.sleep(min(max((newest + _TICK_NS - time.time_ns()) / 1e9, 0.0) + 0.001, 0.1))
        now = time.time_ns()
        for legacy in (False, True):
            rows = [row for row, kind in fresh if kind is legacy and settled(row.mtime_ns, now)]
            self.save_many([row for row in rows if _unchanged(row)], legacy=legacy)

    def close(self) -> None:
        self.flush()
        with self._guard:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def _try(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do ``work``; a broken table is made anew, and what still fails is done without a table."""
        with self._guard:
            for last in (False, True):
                if self._broken:
                    break
                try:
                    return work(self._open())
                except sqlite3.OperationalError as error:
                    if "locked" in str(error) or "busy" in str(error):
                        break  # somebody else writes: not worth waiting for
                    self._renew(give_up=last)
                except sqlite3.Error:
                    self._renew(give_up=last)
                except OSError:
                    self._broken = True
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            db = sqlite3.connect(self._path, timeout=1.0, check_same_thread=False)
            self._connection = db
            if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                _make(db)
            # a power cut may cost the table, which is a cache; a killed process may not
            db.execute("PRAGMA synchronous=OFF")
            db.execute("PRAGMA journal_mode=TRUNCATE")
            db.execute("PRAGMA cache_size=-16384")
        return self._connection

    def _renew(self, *, give_up: bool) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        for tail in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(self._path + tail)
        self._broken = give_up


def _make(db: sqlite3.Connection) -> None:
    with db:
        for table in ("files", "legacy"):
            db.execute(f"DROP TABLE IF EXISTS {table}")
            db.execute(
                f"CREATE TABLE {table} (path TEXT PRIMARY KEY, inode INTEGER NOT NULL,"
                " mtime INTEGER NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL) WITHOUT ROWID"
            )
        db.execute(f"PRAGMA user_version={_VERSION}")


def _unchanged(row: StateRow) -> bool:
    try:
        return seen(os.stat(row.path)) == row[1:4]
    except OSError:
        return False


def _table(legacy: bool) -> str:
    return "legacy" if legacy else "files"


def _storable(rows: Iterable[StateRow]) -> Iterable[tuple[str, int, int, int, str]]:
    for path, inode, mtime_ns, size, md5 in rows:
        try:
            path.encode()
        except UnicodeEncodeError:
            continue  # a name that is no Unicode is hashed each time
        yield path, inode, mtime_ns, size, md5


def now_ns() -> int:
    """The clock that :func:`settled` compares with."""
    return time.time_ns()
