"""Replace a small text file so that a reader, or a crash, sees the old bytes or the new, never a mix."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile

from padauk.core.points import point


def write_atomic(path: str, content: bytes) -> bool:
    """Give the file at ``path`` this content, keeping its mode; ``False`` when it has it already.

    A symbolic link is written through: the link stays. What a killed process left is used up by the next
    write of the same file.
    """
    path = os.path.realpath(path)
    mode = None
    try:
        with open(path, "rb") as file:
            if file.read() == content:
                return False
            mode = os.fstat(file.fileno()).st_mode & 0o7777
    except FileNotFoundError:
        pass
    descriptor, fresh = _temporary(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.truncate()
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            point("repo.files.written")
            os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
        raise
    return True


def _temporary(path: str) -> tuple[int, str]:
    """A file beside ``path`` that nobody else writes to: under one fixed name, so that none pile up."""
    folder, name = os.path.split(path)
    fixed = os.path.join(folder, f".{name[:80]}.padauk")
    descriptor = os.open(fixed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # whoever held it before may have published it in between
        if os.path.samestat(os.fstat(descriptor), os.stat(fixed)):
            return descriptor, fixed
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    descriptor, unique = tempfile.mkstemp(prefix=f".{name[:80]}.", suffix=".padauk", dir=folder)
    os.fchmod(descriptor, 0o644)
    return descriptor, unique
