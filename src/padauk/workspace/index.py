"""Everything a repository declares: ``.dvc`` files and pipelines, read in one walk."""

from __future__ import annotations

import difflib
import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk.core.errors import ConflictError, NotFoundError
from padauk.data import DvcFile, Selection, dvcfile
from padauk.repo.walk import declarations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.repo import Output, Repo


@dataclass
class Index:
    """What is declared, in the workspace or at one commit.

    Attributes:
        repo: whose.
        files: ``.dvc`` files, in the order of the walk.
    """

    repo: Repo
    files: list[DvcFile] = field(default_factory=list)

    @classmethod
    def load(cls, repo: Repo) -> Index:
        """Read the workspace.

        Raises:
            FormatError: a declaration does not read; it says where.
        """
        index = cls(repo)
        for _ in declarations(repo, index._read):
            pass
        return index

    def _read(self, path: str) -> list[str]:
        if not path.endswith(dvcfile.SUFFIX):
            return []
        file = dvcfile.read(self.repo, path)
        self.files.append(file)
        return [out.path for out in file.outs]

    @functools.cached_property
    def outs(self) -> list[Output]:
        """Every output."""
        return [out for file in self.files for out in file.outs]

    @functools.cached_property
    def by_path(self) -> dict[str, Output]:
        """Every output by its absolute path.

        Raises:
            ConflictError: two declarations name one path.
        """
        found: dict[str, Output] = {}
        for out in self.outs:
            other = found.setdefault(out.path, out)
            if other is not out:
                raise ConflictError(
                    f"{self.repo.rel(out.path)} is declared twice, in {other.source} and {out.source}",
                    hint="remove one of them",
                )
        return found

    def check(self) -> None:
        """See that no output is declared twice, and none is inside another.

        Raises:
            ConflictError: it says which.
        """
        for path, out in self.by_path.items():
            owner = self.owner(os.path.dirname(path))
            if owner is not None:
                raise ConflictError(
                    f"{self.repo.rel(path)} ({out.source}) is inside {self.repo.rel(owner.path)}"
                    f" ({owner.source})",
                    hint="one of them has to go: outputs must not overlap",
                )

    def owner(self, path: str) -> Output | None:
        """The output that is at ``path`` (absolute) or in a folder above it."""
        while len(path) > len(self.repo.root):
            out = self.by_path.get(path)
            if out is not None:
                return out
            path = os.path.dirname(path)
        return None

    def select(self, targets: Sequence[str], *, recursive: bool = False) -> list[Selection]:
        """What ``targets`` mean, each output once; no targets: everything.

        A target is a ``.dvc`` file, a tracked path, a path inside a tracked folder, or with ``recursive``
        a folder whose declarations are meant.

        Raises:
            NotFoundError: nothing tracked is meant.
        """
        if not targets:
            return [Selection(out) for out in self.outs]
        found: dict[tuple[str, str], Selection] = {}
        for target in targets:
            for selection in self._one(target, recursive):
                found[selection.out.path, selection.inside] = selection
        return list(found.values())

    def _one(self, target: str, recursive: bool) -> Iterable[Selection]:
        path = os.path.abspath(target)
        if path.endswith(dvcfile.SUFFIX):
            file = next((file for file in self.files if file.path == path), None)
            if file is not None:
                return [Selection(out) for out in file.outs]
        if recursive and os.path.isdir(path) and path not in self.by_path:
            inside = path.rstrip("/") + "/"
            return [
                Selection(out)
                for out in self.outs
                if os.path.join(self.repo.root, out.source.partition(":")[0]).startswith(inside)
            ]
        owner = self.owner(path)
        if owner is None:
            raise self.unknown(target)
        return [Selection(owner, "" if owner.path == path else os.path.relpath(path, owner.path))]

    def unknown(self, target: str) -> NotFoundError:
        """The error for a target that means nothing."""
        path = os.path.abspath(target)
        if path.endswith(dvcfile.SUFFIX) and not os.path.exists(path):
            return NotFoundError(f"there is no file {target}", hint="'padauk status' names what is tracked")
        near = difflib.get_close_matches(path, self.by_path, n=1)
        hint = f"did you mean {os.path.relpath(near[0])}?" if near else f"'padauk add {target}' tracks it"
        if not os.path.lexists(path) and not near:
            hint = "targets are tracked paths, .dvc files and stages"
        return NotFoundError(f"{target} is not tracked", hint=hint)


def quick(repo: Repo, targets: Sequence[str]) -> list[Selection] | None:
    """What ``targets`` mean where no walk is needed (``x.dvc``, ``x`` beside ``x.dvc``), else ``None``."""
    found = []
    for target in targets:
        path = os.path.abspath(target)
        name = path if path.endswith(dvcfile.SUFFIX) else path + dvcfile.SUFFIX
        if not repo.holds(name) or not os.path.isfile(name) or repo.ignore.hides(name):
            return None
        if repo.scm is not None and repo.scm.is_ignored(name):
            return None
        file = dvcfile.read(repo, name)
        outs = file.outs if name == path else [out for out in file.outs if out.path == path]
        if not outs:
            return None
        found += [Selection(out) for out in outs]
    return found or None
