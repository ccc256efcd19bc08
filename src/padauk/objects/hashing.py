"""From bytes to md5, and from one file to another with the md5 taken on the way."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from padauk.core.errors import ConflictError
from padauk.objects.state import Seen, seen, settled, signed
from padauk.storage.failures import explain
from padauk.storage.scratch import write_all, write_new

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

SMALL = 1 << 20
"""Files up to this size are read in one piece."""

_PIECE = 4 << 20
_BEHIND = 4
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"


class Hashed(NamedTuple):
    """What reading a file told. ``settled``: see :func:`padauk.objects.state.settled`."""

    md5: str
    found: Seen
    settled: bool


class Hasher(Protocol):
    """What takes pieces and answers their digest."""

    def update(self, piece: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


def md5_hex(data: bytes) -> str:
    """md5 of ``data``; not for security, but because DVC names objects by it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def new_md5(*, legacy: bool = False) -> Hasher:
    """A hasher over pieces: of the raw bytes, or as DVC 2 did."""
    return LegacyMd5() if legacy else hashlib.md5(usedforsecurity=False)


def hash_file(path: str, *, legacy: bool = False, advance: Callable[[int], None] | None = None) -> Hashed:
    """Read the file at ``path`` and take its md5 (``legacy``: of text with CRLF read as LF, as DVC 2 did).

    Raises:
        ConflictError: the file changed while it was read.
    """
    return _read(path, None, legacy=legacy, advance=advance)


def copy_hashed(
    source: str,
    target: str,
    *,
    mode: int,
    legacy: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Hashed:
    """Copy ``source`` to the new file ``target`` (made with ``mode`` under the umask), and take the md5 of
    the very bytes that were written.

    Raises:
        ConflictError: the file changed while it was read.
    """
    return _read(source, target, mode=mode, legacy=legacy, advance=advance)


def read_small(path: str) -> tuple[bytes, Hashed] | None:
    """The bytes of a file up to :data:`SMALL` and their hash; ``None`` when it is larger, or grows.

    A file that is written to meanwhile gives what one ``read`` saw of it; the state will not trust it.
    """
    started = time.time_ns()
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = os.fstat(fd)
            size = found.st_size
            if size > SMALL:
                return None
            data = os.read(fd, size + 1)
        finally:
            os.close(fd)
    except OSError as error:
        raise explain(error, "read", path) from error
    if len(data) != size:
        return None
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    mtime_ns = found.st_mtime_ns
    return data, Hashed(md5, Seen(signed(found.st_ino), mtime_ns, size), settled(mtime_ns, started))


def _read(
    source: str,
    target: str | None,
    *,
    mode: int = 0o666,
    legacy: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Hashed:
    started = time.time_ns()
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise explain(error, "read", source) from error
    try:
        before = os.fstat(fd)
        size = before.st_size
        data = os.read(fd, size + 1) if size <= SMALL else b""
        if len(data) == size:
            md5 = _legacy_md5(data) if legacy else hashlib.md5(data, usedforsecurity=False).hexdigest()
            if target is not None:
                write_new(target, mode, data)
            if advance is not None:
                advance(size)
        else:
            os.lseek(fd, 0, os.SEEK_SET)
            md5, size = _pump(fd, target, mode, legacy=legacy, advance=advance)
        after = os.fstat(fd)
    except OSError as error:
        raise explain(error, "read" if target is None else "copy", source) from error
    finally:
        os.close(fd)
    if after.st_mtime_ns != before.st_mtime_ns or after.st_size != size:
        raise _changed(source)
    return Hashed(md5, seen(after), settled(after.st_mtime_ns, started))


def _changed(path: str) -> ConflictError:
    return ConflictError(
        f"{path!r} changed while it was read", hint="wait until nothing writes to it, and run this again"
    )


def _pump(
    fd: int, target: str | None, mode: int, *, legacy: bool, advance: Callable[[int], None] | None
) -> tuple[str, int]:
    """Read ``fd`` to its end; hash here while another thread writes (both let go of the interpreter)."""
    hasher = new_md5(legacy=legacy)
    with open(fd, "rb", buffering=0, closefd=False) as file:
        if target is None:
            total = feed(file, hasher, None, advance)
            return hasher.hexdigest(), total
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with behind(lambda piece: write_all(out, piece)) as write:
                total = feed(file, hasher, write, advance)
        finally:
            os.close(out)
    return hasher.hexdigest(), total


def open_to_read(path: str) -> io.FileIO:
    """The file at ``path``, without a buffer. Errors are of our tree."""
    try:
        return open(path, "rb", buffering=0)
    except OSError as error:
        raise explain(error, "read", path) from error


def feed(
    file: io.FileIO,
    hasher: Hasher,
    write: Callable[[bytes], None] | None,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Read ``file`` to its end and give each piece to ``write`` and ``hasher``; answers how many bytes."""
    total = 0
    while piece := file.read(_PIECE):
        if write is not None:
            write(piece)
        hasher.update(piece)
        total += len(piece)
        if advance is not None:
            advance(len(piece))
    return total


@contextlib.contextmanager
def behind(write: Callable[[bytes], object]) -> Iterator[Callable[[bytes], None]]:
    """Have another thread do the ``write`` of pieces, in their order, a few pieces behind.

    Leaving waits until all are written. An error of ``write`` is raised by the next piece, or at the end.
    """
    pieces: queue.Queue[bytes | None] = queue.Queue(_BEHIND)
    errors: list[BaseException] = []

    def work() -> None:
        while (piece := pieces.get()) is not None:
            if errors:
                continue  # drain, so that nobody waits for ever
            try:
                write(piece)
            except BaseException as error:  # noqa: BLE001 - raised where the pieces come from
                errors.append(error)

    def put(piece: bytes) -> None:
        if errors:
            raise errors[0]
        pieces.put(piece)

    thread = threading.Thread(target=work, name="padauk-writer", daemon=True)
    thread.start()
    try:
        yield put
    finally:
        pieces.put(None)
        thread.join()
    if errors:
        raise errors[0]


class LegacyMd5:
    """DVC 2's ``md5-dos2unix`` over pieces: whether it is text is decided by the first 512 bytes."""

    def __init__(self) -> None:
        self._hasher = hashlib.md5(usedforsecurity=False)
        self._text: bool | None = None
        self._held = b""

    def update(self, piece: bytes) -> None:
        if self._text is None:
            self._text = _is_text(piece[:512])
        if not self._text:
            self._hasher.update(piece)
            return
        data = self._held + piece
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._hasher.update(data[: len(data) - len(self._held)].replace(b"\r\n", b"\n"))

    def hexdigest(self) -> str:
        self._hasher.update(self._held)
        self._held = b""
        return self._hasher.hexdigest()


def _legacy_md5(data: bytes) -> str:
    hasher = LegacyMd5()
    hasher.update(data)
    return hasher.hexdigest()


def _is_text(block: bytes) -> bool:
    if not block:
        return True
    return b"\0" not in block and len(block.translate(None, _TEXT)) <= 0.3 * len(block)
