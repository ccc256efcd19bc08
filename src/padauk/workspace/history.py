"""Outputs that commits record, for verbs that work on branches, tags or all of history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.core.errors import InvalidStateError, PadaukError
from padauk.core.events import SILENT
from padauk.data import DvcFile, dvcfile
from padauk.pipeline.files import CommitFiles
from padauk.workspace.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.core.events import Reporter
    from padauk.repo import Repo
    from padauk.scm import Git


@dataclass(frozen=True)
class Revisions:
    """Which commits are meant; none: the workspace only."""

    branches: bool = False
    tags: bool = False
    commits: bool = False

    def __bool__(self) -> bool:
        return self.branches or self.tags or self.commits


class History:
    """Reads what commits declare; files that are the same in many commits are read once."""

    def __init__(self, repo: Repo) -> None:
        if repo.scm is None:
            raise InvalidStateError("this repository is not in git, so it has no other versions")
        self._repo = repo
        self._git: Git = repo.scm
        self._prefix = "" if repo.root == repo.scm.root else os.path.relpath(repo.root, repo.scm.root) + "/"
        self._files: dict[tuple[str, str], DvcFile] = {}

    def shas(self, which: Revisions) -> list[str]:
        """The commits that ``which`` means, each once."""
        found: dict[str, None] = {}
        if which.commits:
            found.update((commit.sha, None) for commit in self._git.commits(everything=True))
        if which.branches:
            found.update(dict.fromkeys(self._git.branches()))
        if which.tags:
            found.update(dict.fromkeys(self._git.tags()))
        return list(found)

    def at(self, rev: str) -> Index:
        """What the commit ``rev`` declares.

        Raises:
            NotFoundError: no such commit.
            FormatError: a declaration in it does not read.
        """
        sha = self._git.resolve(rev)
        index = Index(self._repo, CommitFiles(self._repo, self._git, sha))
        entries = {entry.path: entry.sha for entry in self._git.ls_tree(sha, self._prefix)}
        for path in sorted(entries, key=lambda path: (path.count("/"), path)):
            if path.endswith(dvcfile.SUFFIX):
                index.take(self._file(path, entries[path]))
            elif os.path.basename(path) == "dvc.yaml":
                index.read(os.path.join(self._git.root, path))
        return index

    def _file(self, path: str, sha: str) -> DvcFile:
        file = self._files.get((path, sha))
        if file is None:
            # paths are as if checked out here: a relative remote, too, stays where the settings put it
            absolute = os.path.join(self._git.root, path)
            file = dvcfile.read(self._repo, absolute, self._git.read_object(sha) or b"")
            self._files[path, sha] = file
        return file

    def indexes(self, shas: Sequence[str], *, reporter: Reporter = SILENT) -> Iterator[Index]:
        """:meth:`at` of each; commits with a declaration that does not read are named and passed over."""
        with reporter.task("Reading commits", len(shas), "steps") as progress:
            for sha in shas:
                try:
                    yield self.at(sha)
                except PadaukError as error:
                    reporter.warning(f"commit {sha[:7]} is passed over: {error.message}")
                progress.advance()
