"""Damage: to files, to disks, to stores."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import threading
from typing import TYPE_CHECKING

from padauk.core.errors import UnavailableError
from padauk.storage.base import CHUNK, Entry, Store, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def flip_bit(path: str | os.PathLike[str], place: int = 0) -> None:
    """Turn one bit of the byte at ``place`` over; mode and mtime stay as they were."""
    with _unprotected(path), open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)
        file.seek(place)
        file.write(bytes([byte[0] ^ 1]))


def tear(path: str | os.PathLike[str], size: int | None = None) -> None:
    """Cut a file short (to half, or to ``size`` bytes); mode and mtime stay as they were."""
    with _unprotected(path):
        os.truncate(path, os.stat(path).st_size // 2 if size is None else size)


@contextlib.contextmanager
def _unprotected(path: str | os.PathLike[str]) -> Iterator[None]:
    found = os.stat(path)
    os.chmod(path, 0o644)
    try:
        yield
    finally:
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        os.chmod(path, found.st_mode & 0o7777)


class CannotMountError(Exception):
    """This user may not mount a disk here; skip the test."""


@contextlib.contextmanager
def small_disk(folder: str | os.PathLike[str], size: int) -> Iterator[None]:
    """Mount an empty disk (in memory) of ``size`` bytes over the existing ``folder``, for a while.

    Raises:
        CannotMountError: only root may.
    """
    path = os.fspath(folder)
    options = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", path]
    try:
        done = subprocess.run(options, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotMountError(str(error)) from error
    if done.returncode:
        raise CannotMountError(done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


class FaultyStore(Store):
    """A store that passes everything on to another one, except where it is told to fail.

    Attributes:
        fail_after: so many more operations succeed, then each raises ``UnavailableError``; ``None``: all do.
        flip: keys whose bytes come out with one bit turned over.
        cut: keys whose bytes come out short.
        calls: how many operations of each kind there were.
    """

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.url = inner.url
        self.traits = inner.traits
        self.fail_after: int | None = None
        self.flip: set[str] = set()
        self.cut: set[str] = set()
        self.calls: dict[str, int] = {}
        self._guard = threading.Lock()

    def upload(self) -> Upload:
        self._count("upload")
        return self.inner.upload()

    def stream(
        self, key: str, *, offset: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        self._count("stream")
        pieces = self.inner.stream(key, offset=offset, length=length, chunk=chunk)
        return self._spoilt(key, pieces) if key in self.flip | self.cut else pieces

    def info(self, key: str) -> Entry | None:
        self._count("info")
        return self.inner.info(key)

    def exists_many(self, keys: Iterable[str]) -> set[str]:
        self._count("exists_many")
        return self.inner.exists_many(keys)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        self._count("list")
        return self.inner.list(prefix)

    def delete_many(self, keys: Iterable[str]) -> int:
        self._count("delete_many")
        return self.inner.delete_many(keys)

    def _spoilt(self, key: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for number, piece in enumerate(pieces):
            if key in self.cut:
                yield piece[: len(piece) // 2]
                return
            yield bytes([piece[0] ^ 1]) + piece[1:] if number == 0 else piece

    def _count(self, kind: str) -> None:
        with self._guard:
            self.calls[kind] = self.calls.get(kind, 0) + 1
            if self.fail_after is not None:
                if self.fail_after <= 0:
                    raise UnavailableError(f"{self.url} did not answer: {os.strerror(errno.ECONNRESET)}")
                self.fail_after -= 1
