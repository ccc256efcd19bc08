"""The bytes of artifacts: named by their md5, never given out without having been checked against it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from padauk.artifacts.ingest import Content, Ingest, content_of, key_of
from padauk.core.errors import ConflictError, CorruptError, NotFoundError, ObjectMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from padauk.storage import Entry, Store

CHUNK = 1 << 20
_REMEMBERED = 100_000


class ObjectStore:
    """Objects in a :class:`~padauk.storage.Store`. Thread-safe.

    Reading checks an object's sha256 once for as long as its size and time stay what they were.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._guard = threading.Lock()
        self._checked: OrderedDict[str, Entry] = OrderedDict()
        self._corrupt: set[str] = set()

    def ingest(self) -> Ingest:
        """Begin to take in bytes; see :meth:`publish`."""
        return Ingest(self.store)

    def put(self, data: bytes | bytearray, known_sha256: Callable[[str], str | None]) -> Content:
        """Make ``data`` an object; nothing is written when it is there.

        Args:
            data: all of the bytes.
            known_sha256: what is recorded for an object of an md5, ``None`` when nothing is.

        Raises:
            ConflictError: other bytes have the same md5, which does not happen by chance.
        """
        content = content_of(data)
        known = known_sha256(content.md5)
        if known == content.sha256 and content.md5 not in self._corrupt:
            there = self.store.info(content.key)
            if there is not None and there.size == content.size:
                return content
        with self.ingest() as ingest:
            ingest.write(data)
            return self.publish(ingest, known)

    def publish(self, ingest: Ingest, known_sha256: str | None) -> Content:
        """Make what came in an object, once for equal bytes.

        Args:
            ingest: all of the bytes.
            known_sha256: recorded for an object of this md5, or ``None`` when none is.

        Raises:
            ConflictError: other bytes have the same md5, which does not happen by chance.
        """
        content = ingest.content()
        if known_sha256 not in (None, content.sha256):
            raise ConflictError(_TWIN.format(content.md5))
        damaged = content.md5 in self._corrupt
        there = self.store.info(content.key)
        if there is not None and not damaged:
            damaged = there.size != content.size or (known_sha256 is None and self._is_foreign(content))
        ingest.commit(replace=damaged)
        if damaged:
            with self._guard:
                self._corrupt.discard(content.md5)
                self._checked.pop(content.md5, None)
        return content

    def check(self, content: Content) -> None:
        """Read the object through unless that was done before.

        Raises:
            ObjectMissingError: its bytes are not there.
            CorruptError: its bytes are not what its name says.
        """
        entry = self._entry(content)
        if self._checked.get(content.md5) != entry:
            self._verify(content)
            self._remember(content.md5, entry)

    def is_checked(self, content: Content) -> bool:
        """Whether :meth:`check` would answer without reading.

        Raises:
            ObjectMissingError: its bytes are not there.
        """
        return self._checked.get(content.md5) == self._entry(content)

    def stream(self, content: Content, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a checked object from ``offset`` on, piece by piece."""
        return self.store.stream(key_of(content.md5), offset=offset, length=length, chunk=CHUNK)

    def stream_checking(self, content: Content) -> Iterator[bytes]:
        """All bytes of an object, checked on the way: the last piece only comes when they are right.

        Raises:
            CorruptError: instead of the last piece.
        """
        entry = self._entry(content)
        digest = hashlib.sha256()
        held = b""
        for piece in self.store.stream(content.key, chunk=CHUNK):
            digest.update(piece)
            if held:
                yield held
            held = piece
        self._judge(content, digest.hexdigest())
        self._remember(content.md5, entry)
        if held:
            yield held

    def _entry(self, content: Content) -> Entry:
        entry = self.store.info(content.key)
        if entry is None:
            raise ObjectMissingError(
                f"the bytes of artifact {content.md5} are not in {self.store.url}",
                hint="log the file again, or restore the store from a backup",
            )
        if entry.size != content.size:
            self._judge(content, "")
        return entry

    def _verify(self, content: Content) -> None:
        digest = hashlib.sha256()
        try:
            for piece in self.store.stream(content.key, chunk=CHUNK):
                digest.update(piece)
        except NotFoundError as error:
            raise ObjectMissingError(
                f"the bytes of artifact {content.md5} are not in {self.store.url}"
            ) from error
        self._judge(content, digest.hexdigest())

    def _judge(self, content: Content, sha256: str) -> None:
        if sha256 != content.sha256:
            with self._guard:
                self._corrupt.add(content.md5)
                self._checked.pop(content.md5, None)
            raise CorruptError(
                f"the bytes stored as {content.md5} in {self.store.url} are damaged",
                hint="log the file again: that replaces them",
            )

    def _is_foreign(self, content: Content) -> bool:
        """Whether what lies under the name, with no row, is not these bytes: it was cut off, or another
        tool's.
        """
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for piece in self.store.stream(content.key, chunk=CHUNK):
            md5.update(piece)
            sha256.update(piece)
        if sha256.hexdigest() == content.sha256:
            return False
        if md5.hexdigest() == content.md5:
            raise ConflictError(_TWIN.format(content.md5))
        return True

    def _remember(self, md5: str, entry: Entry) -> None:
        with self._guard:
            self._checked[md5] = entry
            if len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)


_TWIN = "other bytes are stored under the md5 {}: one of the two was made to deceive"
