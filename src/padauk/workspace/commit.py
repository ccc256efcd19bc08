"""Record what tracked paths hold now: in ``.dvc`` files, and for stages in dvc.lock."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk import data
from padauk.core.errors import ConflictError, NotFoundError
from padauk.pipeline import Observer, Repro, ReproOptions, Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from padauk.pipeline import Stage
    from padauk.repo import Output
    from padauk.workspace.workspace import Workspace


@dataclass
class Commit:
    """One commit.

    Attributes:
        workspace: where.
        force: without asking.
        confirm: asked for each output or stage that has changed: its name, and how.
        relink: link workspace files to the cache where links are configured.
        files: for git, absolute: what was written.
    """

    workspace: Workspace
    force: bool = False
    confirm: Callable[[str, str], bool] | None = None
    relink: bool = True
    files: list[str] = field(default_factory=list)

    def data(self, outs: Sequence[Output]) -> list[Output]:
        """Outputs of ``.dvc`` files; returns those that had changed.

        Raises:
            NotFoundError: an output is not there; nothing was recorded.
            ConflictError: one has changed and nobody said yes; nothing was recorded.
        """
        repo, reporter = self.workspace.repo, self.workspace.reporter
        changed: list[Output] = []
        for out in outs:
            state = data.state_of(repo, out, reporter=reporter)
            if state is None:
                continue
            name = os.path.relpath(out.path)
            if not os.path.lexists(out.path):
                raise NotFoundError(f"{name} does not exist", hint="'padauk checkout' brings it back")
            if state != "not in cache" and not self._agreed(name, state):
                raise ConflictError(f"{name} has changed and was not committed", hint="-f commits it")
            changed.append(out)
        files = data.commit_files(
            repo, outs if self.force else changed, relink=self.relink, reporter=reporter
        )
        self.files += files
        return changed

    def stages(self, stages: Sequence[Stage]) -> list[Output]:
        """Stages; returns the outputs of those that had changed.

        Raises:
            StageFailedError: an output is not there.
            ConflictError: one has changed and nobody said yes; those before it were recorded.
        """
        if not stages:
            return []
        workspace = self.workspace
        repro = Repro(
            workspace.repo,
            workspace.index.pipeline.graph,
            [],
            ReproOptions(),
            Shell("/bin/sh", {}, None, None),
            Observer(),
            workspace.reporter,
        )
        recorded: list[Output] = []
        for stage in stages:
            changes = repro.look.changes(stage)
            if not changes and not self.force:
                continue
            why = ", ".join(changes.reasons(os.path.relpath))
            if not self._agreed(stage.address, why):
                raise ConflictError(
                    f"stage {stage.address!r} has changed and was not committed ({why})", hint="-f commits it"
                )
            recorded += repro.commit(stage).stage.outs
        self.files += repro.touched
        return recorded

    def _agreed(self, name: str, how: str) -> bool:
        return self.force or (self.confirm is not None and self.confirm(name, how))
