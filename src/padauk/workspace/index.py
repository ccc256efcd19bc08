"""Everything a repository declares: ``.dvc`` files and pipelines, read in one walk."""

from __future__ import annotations

import difflib
import functools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk.core.errors import ConflictError, NotFoundError
from padauk.data import DvcFile, Selection, dvcfile
from padauk.pipeline import Pipeline, Source, Stage
from padauk.pipeline.files import WorkspaceFiles
from padauk.pipeline.load import load_project
from padauk.pipeline.targets import find_nodes
from padauk.repo.walk import declarations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.pipeline import Project
    from padauk.pipeline.files import Files
    from padauk.pipeline.graph import Node
    from padauk.repo import Output, Repo


@dataclass
class Index:
    """What is declared, in the workspace or at one commit.

    Attributes:
        repo: whose.
        tree: where files are read from.
        files: ``.dvc`` files by their absolute path, in the order of the walk.
        projects: ``dvc.yaml`` files, in the same order.
        nodes: the stages of the latter, and a node for each of the former, as they come.
    """

    repo: Repo
    tree: Files
    files: dict[str, DvcFile] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)

    @classmethod
    def load(cls, repo: Repo) -> Index:
        """Read the workspace.

        Raises:
            FormatError: a declaration does not read; it says where.
        """
        index = cls(repo, WorkspaceFiles(repo))
        for _ in declarations(repo, index.read):
            pass
        return index

    def read(self, path: str) -> list[str]:
        """Take in one declaring file; returns the absolute paths of its outputs."""
        if path.endswith(dvcfile.SUFFIX):
            return self.take(dvcfile.read(self.repo, path, self.tree.read(path)))
        project = load_project(self.repo, path, self.tree)
        self.projects.append(project)
        stages = list(project.stages.values())
        self.nodes += stages
        return [out.path for stage in stages for out in stage.outs]

    def take(self, file: DvcFile) -> list[str]:
        """Take in a ``.dvc`` file that was read already."""
        self.files[file.path] = file
        self.nodes.append(Source(file.path, self.repo.rel(file.path), file.outs))
        return [out.path for out in file.outs]

    @functools.cached_property
    def pipeline(self) -> Pipeline:
        """The same, as the pipeline room sees it."""
        return Pipeline(self.repo, self.tree, tuple(self.projects), tuple(self.nodes))

    @property
    def stages(self) -> list[Stage]:
        """Every stage."""
        return [node for node in self.nodes if isinstance(node, Stage)]

    @functools.cached_property
    def outs(self) -> list[Output]:
        """Every output, of ``.dvc`` files and of stages."""
        return [out for node in self.nodes for out in node.outs]

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

    def owner(self, path: str) -> Output | None:
        """The output that is at ``path`` (absolute) or in a folder above it."""
        while len(path) > len(self.repo.root):
            out = self.by_path.get(path)
            if out is not None:
                return out
            path = os.path.dirname(path)
        return None

    def select(
        self, targets: Sequence[str], *, recursive: bool = False, with_deps: bool = False
    ) -> list[Selection]:
        """What ``targets`` mean, each output once; no targets: everything.

        A target is a ``.dvc`` file, a stage, a ``dvc.yaml``, a tracked path, a path inside a tracked folder,
        or with ``recursive`` a folder whose declarations are meant.

        Args:
            targets: as a person types them.
            recursive: see above.
            with_deps: also what the targets are made from.

        Raises:
            NotFoundError: nothing tracked is meant.
        """
        if not targets:
            return [Selection(out) for out in self.outs]
        found: dict[tuple[str, str], Selection] = {}
        for target in targets:
            for selection in self._one(target, recursive, with_deps):
                found[selection.out.path, selection.inside] = selection
        return list(found.values())

    def nodes_of(
        self, targets: Sequence[str], *, recursive: bool = False, with_deps: bool = False
    ) -> list[Node]:
        """The stages and ``.dvc`` files that ``targets`` mean (see :meth:`select`), in the walk's order."""
        if not targets:
            return self.nodes
        chosen: dict[Node, None] = {}
        for target in targets:
            try:
                chosen.update(
                    dict.fromkeys(find_nodes(self.nodes, [target], os.getcwd(), recursive=recursive))
                )
            except NotFoundError:
                raise self.unknown(target) from None
        wanted = self.pipeline.graph.upstream(list(chosen)) if with_deps else set(chosen)
        return [node for node in self.nodes if node in wanted]

    def _one(self, target: str, recursive: bool, with_deps: bool) -> Iterable[Selection]:
        path = os.path.abspath(target)
        owner = self.owner(path)
        if owner is not None and not with_deps and not (recursive and os.path.isdir(path)):
            return [Selection(owner, "" if owner.path == path else os.path.relpath(path, owner.path))]
        nodes = self.nodes_of([target], recursive=recursive, with_deps=with_deps)
        if owner is not None and not nodes:
            nodes = [node for node in self.nodes if owner in node.outs]
        return [Selection(out) for node in nodes for out in node.outs]

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
