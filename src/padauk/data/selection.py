"""What a verb shall work on: outputs, whole or in part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.core.errors import InputError

if TYPE_CHECKING:
    from padauk.objects import Tree
    from padauk.repo import Output


@dataclass(frozen=True)
class Selection:
    """One output, or the part of a folder below ``inside`` (relative, ``/``; empty: all of it)."""

    out: Output
    inside: str = ""

    @property
    def path(self) -> str:
        """The absolute path that is meant."""
        return f"{self.out.path}/{self.inside}" if self.inside else self.out.path

    def files(self, tree: Tree) -> list[tuple[str, str]]:
        """``(path inside the output, md5)`` of the files that are meant, of those in ``tree``.

        Raises:
            InputError: the folder holds nothing of that name.
        """
        if not self.inside:
            return list(zip(tree.paths, tree.md5s, strict=True))
        start = self.inside + "/"
        found = [
            (path, md5)
            for path, md5 in zip(tree.paths, tree.md5s, strict=True)
            if path == self.inside or path.startswith(start)
        ]
        if not found:
            raise InputError(f"{self.inside!r} is not in {self.out.source}")
        return found
