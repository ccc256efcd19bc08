"""Artifacts of a run whose root is a plain folder on the server's disk (``--default-artifact-root ./x``)."""

from __future__ import annotations

import os
from urllib.parse import urlparse
from urllib.request import url2pathname

from padauk.artifacts.values import Entry
from padauk.core.errors import InputError, NotFoundError


def local_root(uri: str) -> str | None:
    """The folder that ``uri`` names (a path, or ``file:``), or ``None`` when it names no local folder."""
    parsed = urlparse(uri)
    if parsed.scheme == "":
        return uri
    if parsed.scheme == "file" and parsed.hostname in (None, "localhost", "127.0.0.1", "."):
        return url2pathname(parsed.path)
    return None


def list_folder(root: str, path: str) -> list[Entry]:
    """What lies directly in folder ``path`` below ``root``; nothing when it is a file or is not there.

    Raises:
        InputError: a symbolic link leads out of ``root``.
    """
    folder = _within(root, path)
    entries = []
    try:
        with os.scandir(folder) as found:
            for item in found:
                is_dir = item.is_dir()
                below = f"{path}/{item.name}" if path else item.name
                entries.append(Entry(below, None if is_dir else item.stat().st_size))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(entries, key=lambda entry: entry.path)


def file_in(root: str, path: str) -> str:
    """The absolute path of file ``path`` below ``root``.

    Raises:
        NotFoundError: there is no such file.
        InputError: it is a folder, or a symbolic link leads out of ``root``.
    """
    place = _within(root, path)
    if os.path.isdir(place):
        raise InputError(f"Artifact path refers to a directory, not a file: '{path}'")
    if not os.path.isfile(place):
        raise NotFoundError(f"No such artifact: '{path}'")
    return place


def _within(root: str, path: str) -> str:
    base = os.path.realpath(root)
    place = os.path.realpath(os.path.join(base, path))
    if place != base and not place.startswith(base.rstrip("/") + "/"):
        raise InputError("Invalid path: resolved path is outside the artifact directory")
    return place
