"""Replace a small text file so that a reader, or a crash, sees the old bytes or the new, never a mix."""

from __future__ import annotations

import contextlib
import os
import tempfile


def write_atomic(path: str, content: bytes) -> bool:
    """Give the file at ``path`` this content, keeping its mode; ``False`` when it has it already.

    A symbolic link is written through: the link stays.
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
    folder, name = os.path.split(path)
    handle, fresh = tempfile.mkstemp(prefix=f".{name[:80]}.", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o666 & ~_umask() if mode is None else mode)
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
        raise
    return True


def _umask() -> int:
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except OSError:
        pass
    mask = os.umask(0o022)  # there is no way to read it without setting it
    os.umask(mask)
    return mask
