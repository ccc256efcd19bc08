"""The contract of a store, and the values it speaks in."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.storage.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

CHUNK = 1 << 20
"""Bytes in one piece of a stream, where nothing asks for another size."""


@dataclass(frozen=True)
class Traits:
    """What a store can and cannot do. Callers ask here instead of guessing by type.

    Attributes:
        atomic_replace: writing a key that exists swaps old bytes for new ones at once.
        conditional_put: ``commit(if_absent=True)`` is decided by the store, not by a look before.
        cheap_listing: listing a prefix costs about as much as asking for one key.
        connections: how many operations at a time are worth while.
    """

    atomic_replace: bool = True
    conditional_put: bool = False
    cheap_listing: bool = False
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a listing. ``modified`` is in seconds since 1970, UTC."""

    key: str
    size: int
    modified: float


class Upload(abc.ABC):
    """Bytes on their way to a key that may not be known yet.

    As a context manager it throws away what was not committed.
    """

    @abc.abstractmethod
    def write(self, chunk: bytes | memoryview) -> None:
        """Append ``chunk``."""

    @abc.abstractmethod
    def commit(self, key: str, *, if_absent: bool = False) -> bool:
        """Publish what was written as ``key``, at once and complete.

        With ``if_absent`` a key that is there stays as it is, and the answer is ``False``.
        """

    @abc.abstractmethod
    def abort(self) -> None:
        """Throw away what was written; nothing after a commit."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


class Store(abc.ABC):
    """Keys to bytes. All methods may be called from several threads at a time.

    Keys are relative POSIX paths without empty, ``.`` or ``..`` parts (:func:`check_key`).
    Errors: :class:`~padauk.core.errors.NotFoundError` for a key that is not there, ``UnavailableError`` when
    trying again later may help (also a full disk), ``PermissionDeniedError``.
    """

    url: str
    traits: Traits

    @abc.abstractmethod
    def upload(self) -> Upload:
        """Begin to write bytes whose key is named at the end."""

    @abc.abstractmethod
    def stream(
        self, key: str, *, offset: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        """The bytes of ``key`` from ``offset`` on, at most ``length`` of them, in pieces (none empty)."""

    @abc.abstractmethod
    def info(self, key: str) -> Entry | None:
        """Size and time of ``key``; ``None`` when it is not there."""

    @abc.abstractmethod
    def exists_many(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that are there, by the cheapest way to find out."""

    @abc.abstractmethod
    def list(self, prefix: str = "") -> Iterator[Entry]:
        """All keys that begin with ``prefix``, in no order. Unfinished writes never show."""

    @abc.abstractmethod
    def delete_many(self, keys: Iterable[str]) -> int:
        """Remove ``keys``; those that are not there are no error. Answers how many were removed."""

    def close(self) -> None:
        """Let go of connections. The store is not used after."""
        return

    # what follows is made of the above; a store may know a faster way

    def read(self, key: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes of ``key`` at once; for small things."""
        return b"".join(self.stream(key, offset=offset, length=length))

    def write(self, key: str, data: bytes | Iterable[bytes], *, if_absent: bool = False) -> bool:
        """Publish ``data`` as ``key``. See :meth:`Upload.commit`."""
        with self.upload() as upload:
            if isinstance(data, bytes | bytearray | memoryview):
                upload.write(data)
            else:
                for chunk in data:
                    upload.write(chunk)
            return upload.commit(key, if_absent=if_absent)

    def put_file(self, key: str, path: str, *, advance: Callable[[int], None] | None = None) -> int:
        """Publish the bytes of the file at ``path`` as ``key``; answers how many (``advance``: meanwhile)."""
        size = 0
        try:
            with open(path, "rb", buffering=0) as file, self.upload() as upload:
                while piece := file.read(CHUNK):
                    upload.write(piece)
                    size += len(piece)
                    if advance is not None:
                        advance(len(piece))
                upload.commit(key)
        except OSError as error:
            raise explain(error, "read", path) from error
        return size

    def exists(self, key: str) -> bool:
        """Whether ``key`` is there."""
        return self.info(key) is not None

    def delete(self, key: str) -> bool:
        """Remove ``key``; ``False`` when it was not there."""
        return self.delete_many([key]) == 1


def check_key(key: str) -> str:
    """``key`` itself, or :class:`InputError` when it could leave the store's root or name no object."""
    if not key or key[0] == "/" or "\\" in key or "\0" in key:
        raise InputError(f"not a key: {key!r}")
    if "//" not in key and "/." not in key and key[0] != "." and key[-1] != "/":
        return key  # most are told quickly
    for part in key.split("/"):
        if part in {"", ".", ".."}:
            raise InputError(f"not a key: {key!r}")
    return key
