"""All dvc.yaml files and ``.dvc`` files of a repository as one value."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.pipeline.files import Files, tracked_outs
from padauk.pipeline.graph import Graph, Node, build_graph
from padauk.pipeline.load import Project, files_of, load_project
from padauk.pipeline.values import Source, Stage

if TYPE_CHECKING:
    from padauk.repo import Output, Repo


@dataclass(frozen=True)
class Pipeline:
    """What a repository declares, in the workspace or at a commit.

    Attributes:
        repo: the repository.
        files: where the files were read from, and others can be.
        projects: its dvc.yaml files, folder by folder.
        nodes: its stages and ``.dvc`` files, in the order in which their files were found.
    """

    repo: Repo
    files: Files
    projects: tuple[Project, ...]
    nodes: tuple[Node, ...]

    @classmethod
    def load(cls, repo: Repo, rev: str | None = None) -> Pipeline:
        """Read everything, in the workspace or at ``rev``.

        Raises:
            FormatError: a dvc.yaml or dvc.lock is wrong, with file and line.
            NotFoundError: no such revision.
        """
        files = files_of(repo, rev)
        projects: dict[str, Project] = {}
        nodes: list[Node] = []
        read: set[str] = set()

        def outs_of(path: str) -> list[str]:
            read.add(path)
            if path.endswith(".dvc"):
                outs = tracked_outs(files.read(path), path, repo.rel(path))
                nodes.append(Source(path, repo.rel(path), tuple(outs)))
                return [out.path for out in outs]
            projects[path] = project = load_project(repo, path, files)
            nodes.extend(project.stages.values())
            return [out.path for stage in project.stages.values() for out in stage.outs]

        for path in files.declarations(outs_of):
            if path not in read:
                outs_of(path)
        return cls(repo, files, tuple(projects.values()), tuple(nodes))

    @property
    def stages(self) -> list[Stage]:
        """Every stage."""
        return [node for node in self.nodes if isinstance(node, Stage)]

    @property
    def outs(self) -> list[Output]:
        """Everything that is tracked."""
        return [out for node in self.nodes for out in node.outs]

    @functools.cached_property
    def graph(self) -> Graph:
        """The stages and ``.dvc`` files, connected.

        Raises:
            InputError: overlapping outputs, or a circle.
        """
        return build_graph(self.nodes)
