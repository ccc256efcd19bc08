"""From the operating system's errors to ours."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from padauk.core.errors import (
    ConflictError,
    NotFoundError,
    PadaukError,
    PermissionDeniedError,
    UnavailableError,
)

if TYPE_CHECKING:
    import os

_KINDS: dict[int, tuple[type[PadaukError], str | None]] = {
    errno.ENOENT: (NotFoundError, None),
    errno.ENOTDIR: (ConflictError, "a file stands where a folder is needed"),
    errno.EISDIR: (ConflictError, "a folder stands where a file is needed"),
    errno.ENOTEMPTY: (ConflictError, None),
    errno.EACCES: (PermissionDeniedError, "check its owner and mode"),
    errno.EPERM: (PermissionDeniedError, "check its owner and mode"),
    errno.EROFS: (PermissionDeniedError, None),
    errno.ENOSPC: (UnavailableError, "make room and run the same command again; finished parts are kept"),
    errno.EDQUOT: (UnavailableError, "make room and run the same command again; finished parts are kept"),
    errno.ENAMETOOLONG: (ConflictError, None),
}


def explain(error: OSError, doing: str, path: str | os.PathLike[str]) -> PadaukError:
    """``cannot <doing> <path>: <reason>`` as the error of our tree that fits."""
    kind, hint = _KINDS.get(error.errno or 0, (UnavailableError, None))
    reason = (error.strerror or str(error)).lower()
    return kind(f"cannot {doing} {str(path)!r}: {reason}", hint=hint)
