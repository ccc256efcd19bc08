"""What is not as recorded: outputs of ``.dvc`` files, and stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk import data
from padauk.core.events import SILENT
from padauk.pipeline import Look, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.core.events import Reporter
    from padauk.data import Finding
    from padauk.pipeline import Changes
    from padauk.pipeline.graph import Node
    from padauk.repo import Output, Repo


@dataclass
class Status:
    """What is not as recorded.

    Attributes:
        data: outputs of ``.dvc`` files.
        stages: stages that ``repro`` would run, and why.
        frozen: stages whose dependencies were not looked at.
    """

    data: list[Finding] = field(default_factory=list)
    stages: list[tuple[Stage, Changes]] = field(default_factory=list)
    frozen: list[Stage] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.data or self.stages)


def status_of(
    repo: Repo, nodes: Sequence[Node], outs: Sequence[Output], *, reporter: Reporter = SILENT
) -> Status:
    """Compare ``outs`` of ``.dvc`` files and the stages among ``nodes`` with the workspace."""
    found = Status(data.status(repo, outs, reporter=reporter))
    look = Look(repo, reporter)
    for node in nodes:
        if isinstance(node, Stage):
            changes = look.changes(node)
            if changes:
                found.stages.append((node, changes))
            if node.frozen:
                found.frozen.append(node)
    return found
