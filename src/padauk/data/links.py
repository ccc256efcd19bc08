"""What we checked out, so that it can be removed again once nothing declares it any more.

A table of ``path from the root -> (inode, mtime)`` in ``.dvc/tmp/padauk/links.json``: a pure cache. A path
that a person made or changed since does not match and is left alone.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.repo import Repo

_Table = dict[str, list[int]]


def remember(repo: Repo, paths: Iterable[str]) -> None:
    """Note ``paths`` (absolute) as they are now."""
    table = _load(repo)
    before = dict(table)
    for path in paths:
        if facts := _facts(path):
            table[repo.rel(path)] = facts
    if table != before:
        _save(repo, table)


def forget(repo: Repo, paths: Iterable[str]) -> None:
    """Drop ``paths`` (absolute)."""
    table = _load(repo)
    if [table.pop(name) for name in map(repo.rel, paths) if name in table]:
        _save(repo, table)


def unchanged(repo: Repo) -> list[str]:
    """Noted paths (absolute) that are there and were not replaced since."""
    found = []
    for name, facts in _load(repo).items():
        path = os.path.join(repo.root, name)
        if repo.holds(os.path.normpath(path)) and _facts(path) == facts:
            found.append(path)
    return found


def _facts(path: str) -> list[int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return [found.st_ino, found.st_mtime_ns]


def _load(repo: Repo) -> _Table:
    try:
        with open(os.path.join(repo.own_dir, "links.json"), encoding="utf-8") as file:
            table = json.load(file)
        return {str(name): [int(number) for number in facts] for name, facts in table.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _save(repo: Repo, table: _Table) -> None:
    os.makedirs(repo.own_dir, exist_ok=True)
    write_atomic(os.path.join(repo.own_dir, "links.json"), json.dumps(table).encode())
