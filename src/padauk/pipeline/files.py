"""Where the files of a pipeline are read from: the workspace, or a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from padauk.core.errors import FormatError, NotFoundError
from padauk.pipeline import lock
from padauk.repo import Output, yamlfile
from padauk.repo.walk import declarations, is_declaration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from padauk.objects import HashInfo, Odb
    from padauk.repo import Repo
    from padauk.scm import Git


class Files(Protocol):
    """A tree of files; paths are absolute, as if checked out in the repository's folder."""

    def read(self, path: str) -> bytes:
        """Content of one file. Raises FileNotFoundError, or IsADirectoryError."""
        ...

    def declarations(self, outs_of: Callable[[str], Iterable[str]]) -> list[str]:
        """Paths of all ``dvc.yaml`` and ``*.dvc`` files, folder by folder.

        Args:
            outs_of: absolute paths of what one such file declares, which need not be walked into.
        """
        ...


class WorkspaceFiles:
    """What lies in the working tree now."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    def read(self, path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    def declarations(self, outs_of: Callable[[str], Iterable[str]]) -> list[str]:
        return list(declarations(self._repo, outs_of))


class CommitFiles:
    """What a commit holds.

    Args:
        repo: the repository; its root may be a folder below git's.
        git: its git repository.
        rev: anything ``git rev-parse`` takes.

    Raises:
        NotFoundError: there is no such commit.
    """

    def __init__(self, repo: Repo, git: Git, rev: str) -> None:
        self._root = repo.root
        self._git = git
        self._rev = git.resolve(rev)

    def read(self, path: str) -> bytes:
        content = self._git.read(self._rev, os.path.relpath(path, self._git.root))
        if content is None:
            raise FileNotFoundError(path)
        return content

    def declarations(self, outs_of: Callable[[str], Iterable[str]]) -> list[str]:
        # git does not hold tracked outputs, so nothing has to be kept out
        prefix = os.path.relpath(self._root, self._git.root)
        entries = self._git.ls_tree(self._rev, "" if prefix == "." else prefix)
        found = [entry.path for entry in entries if is_declaration(entry.path)]
        found.sort(key=lambda path: (path.count("/"), os.path.dirname(path), path))
        return [os.path.join(self._git.root, path) for path in found]


def tracked_outs(content: bytes, path: str, source: str) -> list[Output]:
    """The outs of a ``.dvc`` file at ``path``; empty for one that does not read well.

    Only what a graph, and reading a tracked file at a commit, need: reading ``.dvc`` files with care is the
    data room's.
    """
    try:
        data = yamlfile.loads(content, path)
    except FormatError:
        return []
    if not isinstance(data, dict):
        return []
    folder = os.path.join(os.path.dirname(path), str(data.get("wdir") or ""))
    return [
        Output(
            path=os.path.normpath(os.path.join(folder, out["path"])),
            declared=out["path"],
            source=source,
            info=lock.info_of(out),
        )
        for out in data.get("outs") or []
        if isinstance(out, dict) and isinstance(out.get("path"), str)
    ]


def read_tracked(files: Files, outs: Iterable[Output], cache: Odb, path: str) -> bytes:
    """Content of ``path`` (absolute), from the files or else, for a tracked one, from the cache.

    Raises:
        FileNotFoundError: in neither.
        IsADirectoryError: it is a folder.
    """
    try:
        return files.read(path)
    except (FileNotFoundError, NotADirectoryError):
        info = _recorded(outs, cache, path)
        if info is None:
            raise FileNotFoundError(path) from None
        if info.is_dir:
            raise IsADirectoryError(path) from None
        with open(cache.path_of(info), "rb") as file:
            return file.read()


def files_below(files: Files, outs: Iterable[Output], cache: Odb, path: str) -> list[str]:
    """Absolute paths of the files in ``path`` if that is a tracked folder, else ``path`` alone."""
    if isinstance(files, WorkspaceFiles) and os.path.isdir(path):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    info = _recorded(outs, cache, path)
    if info is None or not info.is_dir or (isinstance(files, WorkspaceFiles) and os.path.exists(path)):
        return [path]
    return [os.path.join(path, name) for name in cache.read_tree(info).paths]


def _recorded(outs: Iterable[Output], cache: Odb, path: str) -> HashInfo | None:
    for out in outs:
        info: HashInfo | None = out.info
        if info is None:
            continue
        if out.path == path:
            return info
        if path.startswith(out.path + "/") and info.is_dir:
            try:
                return cache.read_tree(info).get(path[len(out.path) + 1 :])
            except NotFoundError:
                return None
    return None
