"""Statements on artifacts and the objects they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.db.engine import Row, Session

_CHUNK = 500
_ROW = "a.owner_kind, a.owner_id, a.path, o.md5, o.sha256, o.size"
_JOIN = "FROM artifacts a JOIN objects o ON o.id = a.object_id"


def object_of_md5(tx: Session, md5: str) -> Row | None:
    """``(id, sha256, size)`` of the object named ``md5``."""
    return tx.one("SELECT id, sha256, size FROM objects WHERE md5 = ?", (md5,))


def insert_object(tx: Session, md5: str, sha256: str, size: int) -> None:
    """Record an object; one that is known stays as it is."""
    tx.run(
        "INSERT INTO objects (md5, sha256, size) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (md5, sha256, size)
    )


def upsert(tx: Session, path: str, object_id: int, owner_kind: str, owner_id: str, now: int) -> None:
    """Let ``path`` name the object, whatever it named before."""
    tx.run(
        "INSERT INTO artifacts (path, object_id, owner_kind, owner_id, created) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET object_id = excluded.object_id, created = excluded.created",
        (path, object_id, owner_kind, owner_id, now),
    )


def find(tx: Session, path: str) -> Row | None:
    """``(md5, sha256, size)`` of the file ``path``."""
    return tx.one(f"SELECT o.md5, o.sha256, o.size {_JOIN} WHERE a.path = ?", (path,))


def first_file(tx: Session, paths: Sequence[str]) -> str | None:
    """One of ``paths`` that is a file."""
    if not paths:
        return None
    found = tx.value(f"SELECT path FROM artifacts WHERE path IN ({marks(paths)}) LIMIT 1", paths)
    return None if found is None else str(found)


def is_folder(tx: Session, path: str) -> bool:
    """Whether any file lies below ``path``."""
    return tx.one("SELECT 1 FROM artifacts WHERE path >= ? AND path < ? LIMIT 1", bounds(path)) is not None


def children(tx: Session, folder: str) -> Iterator[tuple[str, int | None]]:
    """Names directly in ``folder`` with their sizes, ``None`` for a folder, in the order of their code
    points.

    One statement, and one more for each folder found, so that what lies deeper is not read.
    """
    low, high = bounds(folder)
    cut = len(low)
    while True:
        below = None
        for rows in tx.stream(
            f"SELECT a.path, o.size {_JOIN} WHERE a.path >= ? AND a.path < ? ORDER BY a.path", (low, high)
        ):
            for path, size in rows:
                name, deeper, _ = path[cut:].partition("/")
                if deeper:
                    below = name
                    break
                yield name, size
            if below is not None:
                break
        if below is None:
            return
        yield below, None
        low = f"{low[:cut]}{below}0"  # "0" is the letter after "/"


def delete(tx: Session, path: str) -> int:
    """Forget the file ``path`` and all files below it; the number of files."""
    low, high = bounds(path)
    gone = tx.run("DELETE FROM artifacts WHERE path >= ? AND path < ?", (low, high))
    return gone + (tx.run("DELETE FROM artifacts WHERE path = ?", (path,)) if path else 0)


def of_owner(tx: Session, kind: str, owner_id: str) -> list[Row]:
    """``(owner kind, owner id, path, md5, sha256, size)`` of every file of one owner, by path."""
    return tx.all(
        f"SELECT {_ROW} {_JOIN} WHERE a.owner_id = ? AND a.owner_kind = ? ORDER BY a.path", (owner_id, kind)
    )


def below(tx: Session, folder: str) -> list[Row]:
    """``(owner kind, owner id, path, md5, sha256, size)`` of every file below ``folder``, by path."""
    return tx.all(f"SELECT {_ROW} {_JOIN} WHERE a.path >= ? AND a.path < ? ORDER BY a.path", bounds(folder))


def of_md5s(tx: Session, md5s: Sequence[str]) -> Iterator[Row]:
    """``(owner kind, owner id, path, md5, sha256, size)`` of every file that has one of these hashes."""
    for start in range(0, len(md5s), _CHUNK):
        part = md5s[start : start + _CHUNK]
        yield from tx.all(f"SELECT {_ROW} {_JOIN} WHERE o.md5 IN ({marks(part)}) ORDER BY a.path", part)


def bounds(folder: str) -> tuple[str, str]:
    """The range of keys that lie below ``folder``; every key for the root."""
    return (f"{folder}/", f"{folder}0") if folder else ("", "\U0010ffff")
