"""A folder as a store."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from padauk.core.errors import ConflictError, InputError, NotFoundError
from padauk.core.points import point
from padauk.storage.base import CHUNK, Entry, Store, Traits, Upload, check_key
from padauk.storage.failures import explain
from padauk.storage.scratch import Scratch, copy_new, write_all, write_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

SCRATCH_PREFIX = ".padauk-"
_FEW = 64


class LocalStore(Store):
    """Keys are files under ``root``, made when the first key is written.

    Args:
        root: absolute path of a folder.
        durable: a commit returns when the bytes and the name are on the disk (``fsync``), so that a power
            cut cannot lose it. Without it only a crash of the process is survived.
        mode: mode of the published files; ``None`` follows the umask.
    """

    def __init__(
        self, root: str | os.PathLike[str], *, durable: bool = False, mode: int | None = None
    ) -> None:
        self.root = os.path.abspath(root)
        self.url = self.root
        self.traits = Traits(conditional_put=True, cheap_listing=True, connections=os.cpu_count() or 2)
        self._durable = durable
        self._file_mode = 0o666 if mode is None else mode
        self._scratch = Scratch(self.root, SCRATCH_PREFIX)

    def path_of(self, key: str) -> str:
        """The file that holds ``key``, there or not."""
        if key.startswith(SCRATCH_PREFIX):
            raise InputError(f"not a key of this store: {key!r}")
        return f"{self.root}/{check_key(key)}"

    def upload(self) -> _LocalUpload:
        return _LocalUpload(self)

    def stream(
        self, key: str, *, offset: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        fd = self._open(key)
        return _Pieces(fd, offset, length, chunk)

    def info(self, key: str) -> Entry | None:
        try:
            found = os.stat(self.path_of(key))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise explain(error, "look at", self.path_of(key)) from error
        return Entry(key, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None

    def exists_many(self, keys: Iterable[str]) -> set[str]:
        by_folder: dict[str, list[str]] = {}
        for key in keys:
            folder, _, _ = check_key(key).rpartition("/")
            by_folder.setdefault(folder, []).append(key)
        found: set[str] = set()
        for folder, wanted in by_folder.items():
            path = f"{self.root}/{folder}" if folder else self.root
            if len(wanted) < _FEW and (len(wanted) == 1 or self._crowded(path, len(wanted))):
                found.update(key for key in wanted if self.exists(key))
                continue
            try:
                names = set(os.listdir(path))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise explain(error, "list", path) from error
            start = len(folder) + 1 if folder else 0
            found.update(key for key in wanted if key[start:] in names)
        return found

    def list(self, prefix: str = "") -> Iterator[Entry]:
        if prefix:
            check_key(prefix.rstrip("/") or "/")
        folder = prefix[: prefix.rfind("/") + 1]
        yield from self._walk(folder, prefix)

    def delete_many(self, keys: Iterable[str]) -> int:
        removed = 0
        for key in keys:
            path = self.path_of(key)
            try:
                os.unlink(path)
                removed += 1
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise explain(error, "remove", path) from error
        return removed

    def write(self, key: str, data: bytes | Iterable[bytes], *, if_absent: bool = False) -> bool:
        if not isinstance(data, bytes | bytearray | memoryview):
            return super().write(key, data, if_absent=if_absent)
        temporary = self._scratch.name()
        try:
            write_new(temporary, self._file_mode, data, durable=self._durable)
        except OSError as error:
            raise explain(error, "write to", self.root) from error
        published = False
        try:
            published = self._publish(temporary, key, if_absent=if_absent)
        finally:
            if if_absent or not published:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
        return published

    def put_file(self, key: str, path: str, *, advance: Callable[[int], None] | None = None) -> int:
        temporary = self._scratch.name()
        try:
            size = copy_new(path, temporary, self._file_mode, durable=self._durable, advance=advance)
        except OSError as error:
            raise explain(error, "copy", path) from error
        self._publish(temporary, key, if_absent=False)
        return size

    def close(self) -> None:
        self._scratch.close()

    def _open(self, key: str) -> int:
        path = self.path_of(key)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(f"nothing is stored as {key!r} in {self.root}") from error
        except OSError as error:
            raise explain(error, "read", path) from error
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            os.close(fd)
            raise NotFoundError(f"nothing is stored as {key!r} in {self.root}")
        return fd

    def _crowded(self, path: str, wanted: int) -> bool:
        """Whether a folder holds so many names that asking one by one is cheaper than listing it."""
        try:
            # the size of a folder's file grows with its names, some 40 bytes each
            return os.stat(path).st_size > wanted * 4000
        except OSError:
            return False

    def _walk(self, folder: str, prefix: str) -> Iterator[Entry]:
        try:
            entries = list(os.scandir(f"{self.root}/{folder}" if folder else self.root))
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise explain(error, "list", f"{self.root}/{folder}") from error
        for entry in entries:
            key = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if (folder or not entry.name.startswith(SCRATCH_PREFIX)) and (
                    key.startswith(prefix) or prefix.startswith(key + "/")
                ):
                    yield from self._walk(key + "/", prefix)
            elif key.startswith(prefix):
                with contextlib.suppress(FileNotFoundError):
                    found = entry.stat()
                    yield Entry(key, found.st_size, found.st_mtime)

    def _publish(self, temporary: str, key: str, *, if_absent: bool) -> bool:
        final = self.path_of(key)
        point("storage.publish.before")
        try:
            try:
                _place(temporary, final, if_absent=if_absent)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(final), exist_ok=True)
                _place(temporary, final, if_absent=if_absent)
            if self._durable:
                _sync_folder(os.path.dirname(final))
        except FileExistsError:
            if os.path.isfile(final):
                return False
            raise ConflictError(
                f"a folder or a file stands in the way of key {key!r} in {self.root}"
            ) from None
        except OSError as error:
            raise explain(error, "write", final) from error
        point("storage.publish.after")
        return True


class _LocalUpload(Upload):
    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self._path = store._scratch.name()
        try:
            self._fd = os.open(
                self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, store._file_mode
            )
        except OSError as error:
            raise explain(error, "write to", store.root) from error
        self._done = False

    def write(self, chunk: bytes | memoryview) -> None:
        try:
            write_all(self._fd, chunk)
        except OSError as error:
            raise explain(error, "write to", self._store.root) from error

    def commit(self, key: str, *, if_absent: bool = False) -> bool:
        try:
            if self._store._durable:
                os.fsync(self._fd)
            self._close()
        except OSError as error:
            raise explain(error, "write to", self._store.root) from error
        published = self._store._publish(self._path, key, if_absent=if_absent)
        self._done = published and not if_absent
        return published

    def abort(self) -> None:
        self._close()
        if not self._done:
            self._done = True
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def _place(temporary: str, final: str, *, if_absent: bool) -> None:
    if not if_absent:
        os.replace(temporary, final)
        return
    try:
        os.link(temporary, final)
    except PermissionError:
        # a disk without hard links: the look and the rename are two steps there
        if os.path.lexists(final):
            raise FileExistsError(final) from None
        os.replace(temporary, final)


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class _Pieces:
    """Reads an open file piece by piece, and closes it at the end, on ``close`` or when dropped."""

    def __init__(self, fd: int, offset: int, length: int | None, chunk: int) -> None:
        self._fd = fd
        self._offset = offset
        self._left = length
        self._chunk = chunk

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        want = self._chunk if self._left is None else min(self._chunk, self._left)
        piece = os.pread(self._fd, want, self._offset) if want > 0 and self._fd >= 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        self._offset += len(piece)
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    __del__ = close
