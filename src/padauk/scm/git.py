"""One git repository, seen through the ``git`` command."""

from __future__ import annotations

import functools
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from padauk.core.errors import NotFoundError, PadaukError
from padauk.scm.batch import CatFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self


_LITERAL = ("--literal-pathspecs",)  # a name with a star is a name


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Attributes:
        sha: its 40 hex digits.
        parents: the shas it was made from.
        time: when it was committed, UTC.
        author: name and address as git shows them.
        subject: first line of its message.
    """

    sha: str
    parents: tuple[str, ...]
    time: datetime
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file in the tree of a commit: ``path`` from the repository's root, ``mode`` as ``100644``."""

    path: str
    mode: str
    sha: str


class Git:
    """The git repository whose working tree starts at ``root`` (absolute).

    Raises:
        PadaukError: from any method, when the ``git`` command is missing or fails.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._objects = CatFile(root)

    @classmethod
    def find(cls, start: str, *, upwards: bool = True) -> Self | None:
        """The repository that holds the folder ``start``, or ``None``; ``upwards=False`` looks there only."""
        here = os.path.abspath(start)
        while True:
            if os.path.exists(os.path.join(here, ".git")):
                return cls(here)
            above = os.path.dirname(here)
            if above == here or not upwards:
                return None
            here = above

    def close(self) -> None:
        """Stop the helper process; the object can be used again."""
        self._objects.close()

    def run(self, *arguments: str, check: bool = True, data: bytes | None = None) -> bytes:
        """Output of ``git ARGUMENTS`` in the root; with ``check`` a failure is a :class:`PadaukError`."""
        command = ["git", "-C", self.root, *arguments]
        try:
            done = subprocess.run(
                command,
                input=data,
                stdin=None if data is not None else subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise PadaukError("the 'git' command is not installed", hint="install git") from error
        if check and done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            verb = next(word for word in arguments if not word.startswith("-"))
            raise PadaukError(f"git {verb} failed: {said[-1] if said else done.returncode}")
        return done.stdout

    # -- revisions

    def resolve(self, rev: str) -> str:
        """The sha of the commit that ``rev`` names.

        Raises:
            NotFoundError: there is no such commit.
        """
        found = None if rev.startswith("-") else self._objects.read(f"{rev}^{{commit}}")
        if found is None:
            raise NotFoundError(f"unknown git revision {rev!r}", hint="'git log --oneline' lists the commits")
        return found[0]

    def head(self) -> str | None:
        """The sha of the commit checked out, or ``None`` before the first one."""
        found = self._objects.read("HEAD^{commit}")
        return found[0] if found else None

    def branch(self) -> str | None:
        """The name of the branch checked out, or ``None`` with a detached head."""
        name = self.run("symbolic-ref", "--short", "-q", "HEAD", check=False).decode().strip()
        return name or None

    def branches(self) -> list[str]:
        """Shas at the tips of the local branches."""
        return self._tips("refs/heads")

    def tags(self) -> list[str]:
        """Shas of the commits that tags name."""
        return self._tips("refs/tags")

    def _tips(self, where: str) -> list[str]:
        shape = "%(objecttype) %(objectname) %(*objecttype) %(*objectname)"
        tips: dict[str, None] = {}
        for line in self.run("for-each-ref", f"--format={shape}", where).decode().splitlines():
            words = line.split()
            if "commit" in words:
                tips[words[words.index("commit") + 1]] = None
        return list(tips)

    def commits(
        self,
        revs: Sequence[str] = ("HEAD",),
        *,
        paths: Sequence[str] = (),
        limit: int | None = None,
        everything: bool = False,
    ) -> list[Commit]:
        """Commits reachable from ``revs``, newest first.

        Args:
            revs: where to start.
            paths: only commits that change one of these (relative to the root).
            limit: at most so many.
            everything: start from every branch and tag too, local and remote.
        """
        if not everything and list(revs) == ["HEAD"] and self.head() is None:
            return []
        arguments = [*_LITERAL, "log", "-z", "--format=%H%n%P%n%ct%n%an <%ae>%n%s"]
        if limit is not None:
            arguments.append(f"-n{limit}")
        if everything:
            arguments += ["--branches", "--tags", "--remotes"]
        arguments += [self.resolve(rev) for rev in revs if not everything or rev != "HEAD" or self.head()]
        if paths:
            arguments += ["--", *paths]
        found = []
        for record in self.run(*arguments).decode(errors="replace").split("\0"):
            if record.strip():
                sha, parents, seconds, author, subject = record.split("\n", 4)
                time = datetime.fromtimestamp(int(seconds), UTC)
                found.append(Commit(sha, tuple(parents.split()), time, author, subject))
        return found

    # -- content

    def read(self, rev: str, path: str) -> bytes | None:
        """Content of the file ``path`` (relative to the root, ``/``) at ``rev``; ``None``: not there."""
        found = self._objects.read(f"{rev}:{path}")
        return found[2] if found and found[1] == "blob" else None

    def read_object(self, sha: str) -> bytes | None:
        """Content of the blob ``sha``, or ``None``."""
        found = self._objects.read(sha)
        return found[2] if found and found[1] == "blob" else None

    def ls_tree(self, rev: str, under: str = "") -> list[TreeEntry]:
        """Every file at ``rev`` below the folder ``under``, by path; submodules are left out."""
        arguments = [*_LITERAL, "ls-tree", "-r", "-z", "--full-tree", rev]
        if under:
            arguments += ["--", under.rstrip("/") + "/"]
        entries = []
        for line in self.run(*arguments).split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, kind, sha = facts.decode().split()
                if kind == "blob":
                    entries.append(TreeEntry(os.fsdecode(path), mode, sha))
        return entries

    def dirty_patch(self, limit: int | None = None) -> bytes:
        """What ``git diff HEAD`` says of tracked files, binary safe; empty when clean.

        Args:
            limit: cut after so many bytes (``None``: never).
        """
        against = "HEAD" if self.head() else "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's empty tree
        patch = self.run("diff", "--binary", "--no-color", "--no-ext-diff", against)
        return patch if limit is None else patch[:limit]

    def is_dirty(self) -> bool:
        """Whether a tracked file differs from the commit checked out."""
        return bool(self.run("status", "--porcelain", "-uno").strip())

    # -- index and ignore rules

    def is_tracked(self, path: str) -> bool:
        """Whether git's index holds ``path`` (absolute), or a file below it."""
        return bool(self.tracked([path]))

    def tracked(self, paths: Iterable[str]) -> set[str]:
        """Those of ``paths`` (absolute) that git's index holds, or a file below them."""
        wanted = list(paths)
        if len(wanted) <= 8:
            return {path for path in wanted if self.run(*_LITERAL, "ls-files", "-z", "--", path, check=False)}
        known: set[str] = set()
        for name in self.run("ls-files", "-z").split(b"\0"):
            here = os.fsdecode(name)
            while here and here not in known:
                known.add(here)
                here = os.path.dirname(here)
        return {path for path in wanted if os.path.relpath(path, self.root) in known}

    def is_ignored(self, path: str) -> bool:
        """Whether an ignore rule of git matches ``path`` (absolute; a folder ends in ``/``)."""
        return path in self.ignored([path])

    def ignored(self, paths: Sequence[str]) -> set[str]:
        """Those of ``paths`` (absolute; folders end in ``/``) that an ignore rule of git matches."""
        # not a child that stays up: it would not see a .gitignore change
        inside = self.root.rstrip("/") + "/"
        left = [path for path in paths if path.startswith(inside)]
        found: set[str] = set()
        while left:
            data = b"".join(os.fsencode(path) + b"\0" for path in left)
            command = ("check-ignore", "--no-index", "-z", "--verbose", "--non-matching", "--stdin")
            fields = self.run(*command, check=False, data=data).split(b"\0")
            # source, line number, pattern, path; a pattern that starts with "!" takes the path back in
            for _, _, pattern, path in zip(*(fields[place::4] for place in range(4)), strict=False):
                if pattern and not pattern.startswith(b"!"):
                    found.add(os.fsdecode(path))
            # git gives up at a path beyond a link or in a submodule: it ignores that one no more than others
            left = left[len(fields) // 4 + 1 :]
        return found

    def add(self, paths: Sequence[str]) -> None:
        """Stage ``paths`` (absolute)."""
        if paths:
            self.run(*_LITERAL, "add", "--", *paths)

    @functools.cached_property
    def git_dir(self) -> str:
        """Where git keeps this repository (absolute)."""
        said = self.run("rev-parse", "--absolute-git-dir").decode()
        return os.fsdecode(said.rstrip("\n"))
