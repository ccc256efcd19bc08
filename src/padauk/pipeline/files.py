"""Where the files of a pipeline are read from: the workspace, or a commit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from padauk.repo import yamlfile
from padauk.repo.walk import declarations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


def is_declaration(path: str) -> bool:
    """Whether a file of this name declares outputs."""
    return path.endswith(".dvc") or os.path.basename(path) == "dvc.yaml"


def tracked_paths(content: bytes, path: str) -> list[str]:
    """Absolute paths of the outs of a ``.dvc`` file; empty for one that does not read well.

    Only to know what need not be walked into: reading ``.dvc`` files with care is the data room's.
    """
    from padauk.core.errors import FormatError

    try:
        data = yamlfile.loads(content, path)
    except FormatError:
        return []
    if not isinstance(data, dict):
        return []
    folder = os.path.join(os.path.dirname(path), str(data.get("wdir") or ""))
    return [
        os.path.normpath(os.path.join(folder, out["path"]))
        for out in data.get("outs") or []
        if isinstance(out, dict) and isinstance(out.get("path"), str)
    ]
