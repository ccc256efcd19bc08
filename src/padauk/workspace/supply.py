"""What ``repro`` needs done with data that ``.dvc`` files and remotes hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk import data
from padauk.data import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.pipeline import Source
    from padauk.workspace.workspace import Workspace


class DataSupply:
    """Brings tracked data; see :class:`padauk.pipeline.Supply`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def refresh(self, sources: Sequence[Source]) -> None:
        """Bring ``.dvc`` files up to date: commit what changed, check out what is not there."""
        workspace = self._workspace
        repo, reporter = workspace.repo, workspace.reporter
        absent, changed = [], []
        for source in sources:
            file = workspace.index.files[source.file]
            for out in file.outs:
                state = data.state_of(repo, out, reporter=reporter)
                if state == "modified" and not file.frozen:
                    changed.append(out)
                elif state == "deleted":
                    absent.append(Selection(out))
        if absent:
            data.checkout(repo, absent, reporter=reporter).complain()
        if changed:
            data.commit_files(repo, changed, reporter=reporter)
            workspace.refresh()

    def pull(self, paths: Sequence[str]) -> None:
        """Fetch these outputs (absolute paths) from the remote and check out what came."""
        workspace = self._workspace
        chosen = []
        for path in paths:
            owner = workspace.index.owner(path)
            if owner is not None:
                inside = path[len(owner.path) + 1 :]
                chosen.append(Selection(owner, inside))
        data.fetch(workspace.repo, chosen, reporter=workspace.reporter)
        data.checkout(workspace.repo, chosen, reporter=workspace.reporter)
