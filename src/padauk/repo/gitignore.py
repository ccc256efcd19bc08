"""The lines in ``.gitignore`` that keep tracked data out of git, byte for byte as DVC writes them.

A line is ``/name`` with ``[ ] ! * # ?`` and the backslash escaped, in the ``.gitignore`` of the folder that
holds the path. None is added where git ignores the path already.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.scm import Git

_ESCAPED = str.maketrans({letter: "\\" + letter for letter in "[]!*#?\\"})


def line(path: str) -> str:
    """The rule for ``path``, without the end of line."""
    return ("/" + os.path.basename(path)).translate(_ESCAPED)


def add(git: Git | None, paths: Sequence[str]) -> list[str]:
    """Have git ignore ``paths`` (absolute); returns the ``.gitignore`` files that changed."""
    if git is None:
        return []
    inside = git.root.rstrip("/") + "/"
    paths = [path for path in dict.fromkeys(paths) if path.startswith(inside)]
    # asked both ways, for a rule such as "data/" matches the folder only
    known = git.ignored([path + end for path in paths for end in ("", "/")])
    changed = []
    for folder, rules in _by_folder(path for path in paths if not {path, path + "/"} & known).items():
        file = os.path.join(folder, ".gitignore")
        content = _read(file)
        there = set(content.splitlines())
        fresh = [rule for rule in rules if rule.encode() not in there]
        if fresh:
            if content and not content.endswith(b"\n"):
                content += b"\n"
            write_atomic(file, content + "".join(rule + "\n" for rule in fresh).encode())
            changed.append(file)
    return changed


def remove(git: Git | None, paths: Iterable[str]) -> list[str]:
    """Take the lines of ``paths`` (absolute) out again; a file left empty goes. Returns what changed."""
    if git is None:
        return []
    changed = []
    for folder, rules in _by_folder(paths).items():
        file = os.path.join(folder, ".gitignore")
        content = _read(file)
        if not content:
            continue
        gone = {rule.strip().encode() for rule in rules}
        kept = [text for text in content.splitlines(keepends=True) if text.strip() not in gone]
        if not kept:
            os.unlink(file)
            changed.append(file)
        elif write_atomic(file, b"".join(kept)):
            changed.append(file)
    return changed


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(os.path.dirname(path), []).append(line(path))
    return folders


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return b""
