"""The name of an object."""

from __future__ import annotations

from dataclasses import dataclass

from padauk.core.errors import FormatError

_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class HashInfo:
    """What names the bytes of a file or of a folder.

    Attributes:
        value: md5 in hex; for a folder the md5 of its listing with ``.dir`` at the end.
        size: bytes of the file, or of all files of the folder; ``None`` when not known.
        nfiles: number of files of a folder; ``None`` for a file, or when not known.
        legacy: made by DVC 2 (hash name ``md5-dos2unix``): text was hashed with CRLF read as LF, and the
            object lies at ``xx/…`` below the cache instead of ``files/md5/xx/…``. Not part of equality of
            content: compare ``value`` *and* ``legacy``.
    """

    value: str
    size: int | None = None
    nfiles: int | None = None
    legacy: bool = False

    @property
    def is_dir(self) -> bool:
        """Whether this names a folder's listing."""
        return self.value.endswith(".dir")

    def same(self, other: HashInfo | None) -> bool:
        """Whether both name the same bytes; sizes that one of them does not know do not matter."""
        return other is not None and self.value == other.value and self.legacy == other.legacy


def check_md5(value: str) -> str:
    """``value`` itself if it is an md5 in lower-case hex, with or without ``.dir``; else ``FormatError``."""
    digits = value.removesuffix(".dir")
    if len(digits) != 32 or not _HEX.issuperset(digits):
        raise FormatError(f"not an md5: {value!r}")
    return value
