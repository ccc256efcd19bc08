"""Take in bytes of unknown hash: one pass sends them to the store and computes md5, sha256 and size."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from padauk.storage import Store

BLOCK = 1 << 20
"""Bytes that are worth handing to another thread."""

_HASHERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="artifact-md5")


@dataclass(frozen=True, slots=True)
class Content:
    """What bytes are: ``md5`` is their name, ``sha256`` tells a crafted twin from the real one."""

    md5: str
    sha256: str
    size: int

    @property
    def key(self) -> str:
        """Where the bytes lie in the store: DVC's layout, so that a remote can be an artifact store."""
        return key_of(self.md5)


def key_of(md5: str) -> str:
    """The key of the object named ``md5``."""
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def content_of(data: bytes | bytearray) -> Content:
    """What ``data`` is."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return Content(md5, hashlib.sha256(data).hexdigest(), len(data))


class Ingest:
    """Bytes on their way into ``store``. Left without :meth:`commit`, it leaves nothing there.

    Not for use by several threads at once; the blocks may come from different threads in turn.
    """

    def __init__(self, store: Store) -> None:
        self._upload = store.upload()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def write(self, block: bytes | bytearray | memoryview) -> None:
        """Append ``block``; one of :data:`BLOCK` bytes or more is hashed on two processors while it is
        written.
        """
        beside = _HASHERS.submit(self._md5.update, block) if len(block) >= BLOCK else None
        try:
            self._sha256.update(block)
            self._size += len(block)
            self._upload.write(memoryview(block))
        finally:
            if beside is not None:
                beside.result()
        if beside is None:
            self._md5.update(block)

    def content(self) -> Content:
        """What was written so far."""
        return Content(self._md5.hexdigest(), self._sha256.hexdigest(), self._size)

    def commit(self, *, replace: bool = False) -> bool:
        """Publish the object under its name. What is there stays, and the answer is ``False``, unless
        ``replace``.
        """
        return self._upload.commit(self.content().key, if_absent=not replace)

    def abort(self) -> None:
        """Throw away what was written; nothing after a commit."""
        self._upload.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
