"""Temporary names on the disk where their bytes will stay.

Whatever padauk publishes is first written under a temporary name on the same file system and then renamed.
The temporary names of one process lie in one folder that it holds by a file lock, so that whoever comes
later sees what a killed process has left, and clears it away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import secrets
import shutil
import threading
import time
import weakref
from typing import TYPE_CHECKING

from padauk.storage.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

_RANGE = 1 << 27
_PIECE = 4 << 20
_NO_RANGE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM}

_YOUNG = 60.0
"""Seconds in which a folder without its lock file may still be in the making."""


def _make_folder(path: str) -> None:
    os.makedirs(path, exist_ok=True)


class Scratch:
    """A folder ``<parent>/<prefix><random>`` made at the first :meth:`name`; :meth:`close` removes it.

    So does the end of the process, or of this object. Making it removes those of the same prefix whose
    makers died. ``make_folder`` makes the parent. Thread-safe.
    """

    def __init__(
        self, parent: str, prefix: str = ".padauk-", make_folder: Callable[[str], None] = _make_folder
    ) -> None:
        self._parent = parent
        self._prefix = prefix
        self._make_folder = make_folder
        self._count = itertools.count()
        self._guard = threading.Lock()
        self._folder: str | None = None
        self._remove: Callable[[], object] | None = None

    def name(self) -> str:
        """A path that nothing else uses."""
        folder = self._folder or self._make()
        return f"{folder}/{next(self._count)}"

    def close(self) -> None:
        """Remove the folder and all that was not renamed away."""
        with self._guard:
            remove, self._folder, self._remove = self._remove, None, None
            if remove is not None:
                remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self) -> str:
        with self._guard:
            if self._folder is None:
                try:
                    self._make_folder(self._parent)
                    sweep(self._parent, self._prefix)
                    while self._folder is None:
                        self._try()
                except OSError as error:
                    raise explain(error, "write to", self._parent) from error
            return self._folder

    def _try(self) -> None:
        folder = f"{self._parent}/{self._prefix}{secrets.token_hex(6)}"
        os.mkdir(folder, 0o700)
        lock = -1
        try:
            lock = os.open(f"{folder}/lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # a sweeper may have taken the folder between its making and its locking
            if os.path.samestat(os.stat(f"{folder}/lock"), os.fstat(lock)):
                self._remove = weakref.finalize(self, _remove, folder, lock, os.getpid())
                self._folder = folder
                return
        except (BlockingIOError, FileNotFoundError):
            pass
        if lock >= 0:
            os.close(lock)


def _remove(folder: str, lock: int, owner: int) -> None:
    if os.getpid() == owner:  # a forked child shares the lock, not the folder
        shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of ``data``. Raises ``OSError``."""
    done = os.write(fd, data)
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def write_new(path: str, mode: int, data: bytes | memoryview, *, durable: bool = False) -> None:
    """Make the new file ``path`` of ``data``; ``durable``: and have it on the disk. Raises ``OSError``."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        write_all(fd, data)
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def copy_new(
    source: str,
    path: str,
    mode: int,
    *,
    durable: bool = False,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Make the new file ``path`` of all of ``source``, within the kernel where it can; answers the size.

    Raises ``OSError``.
    """
    with open(source, "rb", buffering=0) as file:
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            total = 0
            try:
                while done := os.copy_file_range(file.fileno(), out, _RANGE):
                    total += done
                    if advance is not None:
                        advance(done)
            except OSError as error:
                if total or error.errno not in _NO_RANGE:
                    raise
                while piece := file.read(_PIECE):
                    write_all(out, piece)
                    total += len(piece)
                    if advance is not None:
                        advance(len(piece))
            if durable:
                os.fsync(out)
        finally:
            os.close(out)
    return total


def sweep(parent: str, prefix: str = ".padauk-") -> int:
    """Remove the scratch folders in ``parent`` whose makers died; answers how many."""
    removed = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            if name.startswith(prefix):
                removed += _sweep_one(f"{parent}/{name}")
    return removed


def _sweep_one(folder: str) -> bool:
    try:
        lock = os.open(f"{folder}/lock", os.O_RDWR)
    except FileNotFoundError:
        try:
            if time.time() - os.stat(folder).st_mtime > _YOUNG:
                shutil.rmtree(folder, ignore_errors=True)
                return True
        except OSError:
            pass
        return False
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(lock)
