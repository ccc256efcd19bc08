"""The listing of a folder: DVC's ``.dir`` object."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from itertools import pairwise
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING

import msgspec

from padauk.core.errors import FormatError
from padauk.objects.info import HashInfo, check_md5

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class _Row(msgspec.Struct):
    md5: str
    relpath: str


_decode = msgspec.json.Decoder(list[_Row]).decode


class Tree:
    """The files of a folder, in DVC's order: sorted by the code points of the path joined with ``/``.

    Three columns of equal length instead of an object a file, for folders with many of them.

    Attributes:
        paths: relative POSIX paths, sorted.
        md5s: hex md5 of each file.
        sizes: bytes of each file, or ``None``: a listing that was read holds no sizes.
        legacy: see :class:`HashInfo`.
    """

    __slots__ = ("__dict__", "legacy", "md5s", "paths", "sizes")

    def __init__(
        self,
        paths: Sequence[str],
        md5s: Sequence[str],
        sizes: Sequence[int] | None = None,
        *,
        legacy: bool = False,
    ) -> None:
        self.paths = paths
        self.md5s = md5s
        self.sizes = sizes
        self.legacy = legacy

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int]], *, legacy: bool = False) -> Tree:
        """A tree of ``(path, md5, size)`` in any order."""
        ordered = sorted(rows)
        if not ordered:
            return cls((), (), (), legacy=legacy)
        paths, md5s, sizes = zip(*ordered, strict=True)
        return cls(paths, md5s, sizes, legacy=legacy)

    @classmethod
    def from_bytes(cls, data: bytes, *, legacy: bool = False) -> Tree:
        """Read a listing.

        Raises:
            FormatError: not a listing, or one with a path that leaves its folder.
        """
        try:
            rows = [(row.relpath, row.md5) for row in _decode(data)]
        except (msgspec.DecodeError, UnicodeDecodeError):
            rows = _decode_slowly(data)
        _check_md5s([md5 for _, md5 in rows])
        for path, _ in rows:
            # the fast look first: most paths hold none of these
            if not path or path[0] == "/" or "//" in path or "." in path or path[-1] == "/" or "\0" in path:
                _check_path(path)
        ordered = sorted(rows)
        for (one, _), (two, _) in pairwise(ordered):
            if one == two:
                raise FormatError(f"the listing of a folder names {one!r} twice")
        paths, md5s = zip(*ordered, strict=True) if ordered else ((), ())
        return cls(paths, md5s, legacy=legacy)

    def to_bytes(self) -> bytes:
        """The bytes that DVC writes for this listing."""
        quote = encode_basestring_ascii
        rows = [
            f'{{"md5": "{md5}", "relpath": {quote(path)}}}'
            for path, md5 in zip(self.paths, self.md5s, strict=True)
        ]
        return f"[{', '.join(rows)}]".encode("ascii")

    @cached_property
    def info(self) -> HashInfo:
        """Name, total size (if sizes are known) and number of files."""
        digest = hashlib.md5(self.to_bytes(), usedforsecurity=False).hexdigest()
        size = sum(self.sizes) if self.sizes is not None else None
        return HashInfo(f"{digest}.dir", size, len(self.paths), self.legacy)

    @property
    def digest(self) -> HashInfo:
        """Same as :attr:`info`."""
        return self.info

    @cached_property
    def by_path(self) -> dict[str, str]:
        """Path to md5."""
        return dict(zip(self.paths, self.md5s, strict=True))

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[tuple[str, str, int | None]]:
        """``(path, md5, size or None)`` of each file, in order."""
        sizes: Iterable[int | None] = self.sizes if self.sizes is not None else [None] * len(self.paths)
        return zip(self.paths, self.md5s, sizes, strict=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        return (tuple(self.paths), tuple(self.md5s), self.legacy) == (
            tuple(other.paths),
            tuple(other.md5s),
            other.legacy,
        )

    def __hash__(self) -> int:
        return hash(self.info.value)

    def get(self, path: str) -> HashInfo | None:
        """The hash of a file, or of a sub-folder as a folder of its own; ``None`` if neither is there."""
        if (md5 := self.by_path.get(path)) is not None:
            size = self.sizes[self.paths.index(path)] if self.sizes is not None else None
            return HashInfo(md5, size, legacy=self.legacy)
        below = self.below(path)
        return below.info if below.paths else None

    def below(self, path: str) -> Tree:
        """The files below the sub-folder ``path``, with paths relative to it."""
        start = path.rstrip("/") + "/"
        picked = [place for place, name in enumerate(self.paths) if name.startswith(start)]
        return Tree(
            [self.paths[place][len(start) :] for place in picked],
            [self.md5s[place] for place in picked],
            None if self.sizes is None else [self.sizes[place] for place in picked],
            legacy=self.legacy,
        )

    def __repr__(self) -> str:
        return f"<Tree of {len(self.paths)} files>"


def _check_md5s(md5s: list[str]) -> None:
    """:func:`check_md5` for all, at once where all is well."""
    try:
        if all(len(md5) == 32 for md5 in md5s) and len(bytes.fromhex("".join(md5s))) == 16 * len(md5s):
            return
    except ValueError:
        pass
    for md5 in md5s:
        if md5.endswith(".dir"):
            raise FormatError(f"not the md5 of a file: {md5!r}")
        check_md5(md5)


def _check_path(path: str) -> None:
    if "\0" in path or any(part in {"", ".", ".."} for part in path.split("/")):
        raise FormatError(f"the listing of a folder holds the path {path!r}")


def _decode_slowly(data: bytes) -> list[tuple[str, str]]:
    """For names that are no Unicode (lone surrogates), which the fast reader refuses, and for the message."""
    try:
        rows = json.loads(data)
        if not isinstance(rows, list):
            raise TypeError(f"a list is expected, not {type(rows).__name__}")
        return [(_text(row["relpath"]), _text(row["md5"])) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(f"not the listing of a folder: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
