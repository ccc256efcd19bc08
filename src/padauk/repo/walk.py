"""Find the files that declare tracked things: ``*.dvc`` and ``dvc.yaml``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from padauk.repo.repository import Repo


def is_declaration(name: str) -> bool:
    """Whether a file of this name (a path will do) declares outputs."""
    return name.endswith(".dvc") or os.path.basename(name) == "dvc.yaml"


def declarations(
    repo: Repo, outs_of: Callable[[str], Iterable[str]], *, start: str | None = None
) -> Iterator[str]:
    """Paths of all declaring files, folder by folder.

    Folders that are outputs, that ``.dvcignore`` hides or that git ignores are not entered, and files that
    git ignores are left out, as DVC does.

    Args:
        repo: where to look.
        outs_of: reads one such file and returns the absolute paths of its outputs.
        start: look below this folder only.
    """
    outs: set[str] = set()
    level = [start or repo.root]
    while level:
        found: list[str] = []
        folders: list[str] = []
        for folder in level:
            dirs, files = _scan(folder)
            dirs, names = repo.ignore.filter(folder, dirs, [name for name in files if is_declaration(name)])
            found += [f"{folder}/{name}" for name in names]
            folders += [f"{folder}/{name}" for name in dirs]
        ignored = repo.scm.ignored(found + [folder + "/" for folder in folders]) if repo.scm else set()
        for path in found:
            if path not in ignored:
                outs.update(outs_of(path))
                yield path
        level = [folder for folder in folders if folder not in outs and folder + "/" not in ignored]


def _scan(folder: str) -> tuple[list[str], list[str]]:
    dirs: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    dirs.append(entry.name)
                elif entry.name == "dvc.yaml" or entry.name.endswith(".dvc"):
                    files.append(entry.name)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    return sorted(dirs), sorted(files)
