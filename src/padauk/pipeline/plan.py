"""What ``repro`` is about to do, as a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from padauk.pipeline.values import Stage

Action = Literal["run", "restore", "skip", "depends"]
"""``depends``: it runs if a stage before it changes what it reads, which nobody knows before that ran."""


@dataclass(frozen=True)
class PlanStep:
    """One stage in its turn.

    Attributes:
        stage: the stage.
        action: what will be done with it.
        reasons: why, each a short sentence; empty for ``skip``.
        after: addresses of the stages whose outcome a ``depends`` waits for.
    """

    stage: Stage
    action: Action
    reasons: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReproPlan:
    """All stages that were asked for, in the order in which they will be looked at."""

    steps: tuple[PlanStep, ...]
    targets: tuple[str, ...] = ()

    def summary(self) -> str:
        """``2 stages to run, 1 may follow, 3 up to date``."""
        count = Counter(step.action for step in self.steps)
        total = count["run"]
        parts = [
            f"{total} stage{'' if total == 1 else 's'} to run" if total else "",
            f"{count['depends']} may follow" if count["depends"] else "",
            f"{count['restore']} to restore" if count["restore"] else "",
            f"{count['skip']} up to date" if count["skip"] else "",
        ]
        return ", ".join(part for part in parts if part) or "nothing to do"

    def to_json(self) -> dict[str, Any]:
        """``{"targets": […], "steps": [{"stage", "action", "reasons"}]}``."""
        return {
            "targets": list(self.targets),
            "steps": [
                {"stage": step.stage.address, "action": step.action, "reasons": list(step.reasons)}
                for step in self.steps
            ],
        }
