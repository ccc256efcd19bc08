"""Where the artifacts of a source lie on this machine, and which they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from padauk.artifacts.folder import local_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Files:
    """Finds folders of artifacts.

    Args:
        roots: folders that ``mlflow-artifacts:`` URIs may lie in; the first that holds a path counts.
        base: folder that relative paths start from.
    """

    def __init__(self, roots: Sequence[str], base: str) -> None:
        self._roots = roots
        self._base = base

    def folder(self, uri: str) -> str | None:
        """The folder of ``uri``, or ``None`` when it is at a place that only clients reach."""
        parts = urlsplit(uri)
        if parts.scheme == "mlflow-artifacts":
            below = parts.path.strip("/")
            places = [os.path.join(root, below) for root in self._roots]
            return next((place for place in places if os.path.isdir(place)), places[0] if places else None)
        found = local_root(uri)
        return None if found is None else os.path.join(self._base, found)


def files_below(folder: str) -> Iterator[tuple[str, str, int]]:
    """``(path below, absolute path, size)`` of every file; links are not followed out of the tree."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            place = os.path.join(here, name)
            if os.path.isfile(place) and not os.path.islink(place):
                yield os.path.relpath(place, folder).replace(os.sep, "/"), place, os.path.getsize(place)
