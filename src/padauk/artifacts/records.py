"""Which path names which bytes, and whose they are. Each function works inside a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.artifacts.ingest import Content
from padauk.artifacts.paths import Owner, owner_of
from padauk.artifacts.values import Artifact, Entry
from padauk.core.errors import ConflictError, InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import artifacts as rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.db.engine import Row, Session


def known_sha256(tx: Session, md5: str) -> str | None:
    """The sha256 that is recorded for an md5, or ``None``."""
    row = rows.object_of_md5(tx, md5)
    return None if row is None else str(row[1])


def record(tx: Session, path: str, content: Content) -> None:
    """Let ``path`` name bytes that are in the store.

    Raises:
        ConflictError: the md5 is known for other bytes, or a file and a folder would have the same path.
    """
    parts = path.split("/")
    above = ["/".join(parts[:end]) for end in range(1, len(parts))]
    if blocking := rows.first_file(tx, above):
        raise ConflictError(f"cannot log '{path}': '{blocking}' is a file")
    if rows.is_folder(tx, path):
        raise ConflictError(f"cannot log '{path}': it is a folder")
    rows.insert_object(tx, content.md5, content.sha256, content.size)
    found = rows.object_of_md5(tx, content.md5)
    if found is None or found[1] != content.sha256:
        raise ConflictError(f"other bytes are stored under the md5 {content.md5}")
    owner = owner_of(path)
    rows.upsert(tx, path, found[0], owner.kind, owner.id, now_ms())


def find(tx: Session, path: str) -> Content:
    """The bytes that ``path`` names.

    Raises:
        NotFoundError: there is no such file.
        InputError: it is a folder.
    """
    row = rows.find(tx, path)
    if row is not None:
        return Content(*row)
    if rows.is_folder(tx, path):
        raise InputError(f"Artifact path refers to a directory, not a file: '{path}'")
    raise NotFoundError(f"No such artifact: '{path}'")


def entries(tx: Session, folder: str) -> list[Entry]:
    """What lies directly in ``folder`` (the root when empty), by name; nothing when it is a file or is not
    there.
    """
    return sorted(
        (Entry(name, size) for name, size in rows.children(tx, folder)), key=lambda entry: entry.path
    )


def remove(tx: Session, path: str) -> int:
    """Forget a file, or a folder with all that is below; how many files that were. Bytes stay until
    collected.
    """
    return rows.delete(tx, path)


def of(tx: Session, owner: Owner) -> list[Artifact]:
    """Every file of a run or logged model, by its path below the owner's folder."""
    return [_artifact(row) for row in rows.of_owner(tx, owner.kind, owner.id)]


def below(tx: Session, folder: str) -> list[Artifact]:
    """Every file below a folder of the artifact root, by path."""
    return [_artifact(row) for row in rows.below(tx, folder)]


def find_by_hash(tx: Session, md5s: Iterable[str]) -> list[Artifact]:
    """Every file that has the bytes of one of these hashes: the join of artifacts with data and outputs."""
    return [_artifact(row) for row in rows.of_md5s(tx, list(dict.fromkeys(md5s)))]


def _artifact(row: Row) -> Artifact:
    kind, owner_id, path, md5, sha256, size = row
    below_owner = path.partition(f"{owner_id}/artifacts/")[2] if kind else path
    return Artifact(kind, owner_id, below_owner, md5, sha256, size)
