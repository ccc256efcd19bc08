"""Large files in parts: each part is a key of its own until all are there, then they become one object.

Nothing is kept in memory between requests, so the parts may come to different servers of one store, and an
upload goes on after a restart. Keys are ``uploads/<id>/<part>``, and ``about`` for what it will be.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from padauk.artifacts.ingest import Content
from padauk.core.errors import ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from padauk.artifacts.objects import ObjectStore
    from padauk.storage import Upload

MOST_PARTS = 10_000
KEPT_SECONDS = 3 * 24 * 3600
"""How long an upload that nobody completes stays."""

_ID = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """One part as the caller says it was answered."""

    number: int
    etag: str


class Multipart:
    """Uploads in parts, into the store of ``objects``. All methods block."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._store = objects.store

    def begin(self, path: str, parts: int) -> str:
        """Begin an upload of artifact ``path``; the id that is also the right to send parts of it.

        Raises:
            InputError: ``parts`` is not from 1 to :data:`MOST_PARTS`.
        """
        if not 1 <= parts <= MOST_PARTS:
            raise InputError(f"an upload has from 1 to {MOST_PARTS:,} parts, not {parts}")
        self.sweep()
        upload = secrets.token_hex(16)
        self._store.write(f"uploads/{upload}/about", json.dumps({"path": path, "parts": parts}).encode())
        return upload

    def part(self, upload: str, number: int) -> Upload:
        """Where to write a part; :meth:`publish_part` makes it one.

        Raises:
            NotFoundError: there is no such upload.
            InputError: it has no part of that number.
        """
        most = self._about(upload)[1]
        if not 1 <= number <= most:
            raise InputError(f"part {number} is not one of the {most} parts of this upload")
        return self._store.upload()

    def publish_part(self, part: Upload, upload: str, number: int) -> None:
        """Keep what was written as a part; one that was sent before is replaced."""
        part.commit(_part_key(upload, number))

    def complete(
        self, upload: str, path: str, parts: Sequence[Part], known_sha256: Callable[[str], str | None]
    ) -> Content:
        """Put the parts together as one object, in the order of their numbers.

        Asked again after it was done, it answers the same.

        Raises:
            NotFoundError: there is no such upload, or a part was not sent.
            InputError: the upload is of another path, or not all parts are named.
            ConflictError: a part is not what its etag says.
        """
        about, most, done = self._about(upload)
        if about != path:
            raise InputError(f"this upload is of '{about}', not of '{path}'")
        if done:
            return Content(*done)
        if sorted(part.number for part in parts) != list(range(1, most + 1)):
            raise InputError(f"all {most} parts must be named once to complete an upload")
        with self._objects.ingest() as ingest:
            for part in sorted(parts, key=lambda part: part.number):
                digest = hashlib.md5(usedforsecurity=False)
                try:
                    for piece in self._store.stream(_part_key(upload, part.number)):
                        digest.update(piece)
                        ingest.write(piece)
                except NotFoundError:
                    raise NotFoundError(f"part {part.number} of this upload was not sent") from None
                if part.etag.strip('"') != digest.hexdigest():
                    raise ConflictError(f"part {part.number} is not the one with etag {part.etag}")
            return self._objects.publish(ingest, known_sha256(ingest.content().md5))

    def forget(self, upload: str, content: Content) -> None:
        """Throw the parts of a completed upload away, and remember for a while what became of them."""
        path, most, _ = self._about(upload)
        done = [content.md5, content.sha256, content.size]
        about = {"path": path, "parts": most, "done": done}
        self._store.write(f"uploads/{upload}/about", json.dumps(about).encode())
        self._store.delete_many([_part_key(upload, number) for number in range(1, most + 1)])

    def abort(self, upload: str) -> None:
        """Throw the parts away; an upload that is not there is fine."""
        if _ID.match(upload):
            self._store.delete_many([entry.key for entry in self._store.list(f"uploads/{upload}/")])

    def sweep(self, *, now: float | None = None) -> int:
        """Throw away uploads whose last part came more than :data:`KEPT_SECONDS` ago; how many keys."""
        latest: dict[str, float] = {}
        keys: dict[str, list[str]] = {}
        for entry in self._store.list("uploads/"):
            upload = entry.key.split("/")[1]
            latest[upload] = max(latest.get(upload, 0.0), entry.modified)
            keys.setdefault(upload, []).append(entry.key)
        oldest = (time.time() if now is None else now) - KEPT_SECONDS
        stale = [key for upload, moment in latest.items() if moment < oldest for key in keys[upload]]
        return self._store.delete_many(stale) if stale else 0

    def _about(self, upload: str) -> tuple[str, int, list[Any]]:
        if not _ID.match(upload):
            raise NotFoundError(f"there is no upload '{upload[:64]}'")
        try:
            found = json.loads(self._store.read(f"uploads/{upload}/about"))
        except NotFoundError:
            raise NotFoundError(
                f"there is no upload '{upload}': it was completed, aborted or forgotten"
            ) from None
        return found["path"], found["parts"], found.get("done", [])


def _part_key(upload: str, number: int) -> str:
    return f"uploads/{upload}/{number:05}"
