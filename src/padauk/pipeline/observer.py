"""What a watcher of ``repro`` is told, and when. The base class listens to nothing.

Calls come from one thread, in this order: ``begin``; for each stage one of ``stage_skipped``,
``stage_restored``, ``stage_refused``, or ``stage_started`` followed by ``stage_finished``; ``end``, also
after a failure or an interrupt. When a call comes, everything it tells is on disk already (dvc.lock too). An
observer must not raise for its own troubles: what it raises stops the repro.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from signal import Signals

    from padauk.core.errors import PadaukError
    from padauk.pipeline.plan import ReproPlan
    from padauk.pipeline.values import Stage

Outcome = Literal["finished", "failed", "interrupted", "restored"]


@dataclass(frozen=True)
class StageRecord:
    """One stage that ran, or was restored from the run cache.

    Attributes:
        stage: the stage as it was started.
        entry: its dvc.lock entry, in DVC's order: ``cmd``, ``deps`` (each ``path, hash, md5, size, nfiles``),
            ``params`` (file → dotted key → value), ``outs``. Paths are relative to the stage's working
            folder. After a failure ``outs`` is missing, and dvc.lock keeps what it had.
        outcome: how it ended.
        started: UTC, just before the command.
        ended: UTC, after the outputs were stored.
        exit_code: of the command (``-n``: killed by signal n); ``None`` when none ran.
        log: absolute path of the file that holds the command's output; ``None`` when none ran.
        metrics: numbers in the stage's metric files, flattened to dotted names.
        error: why it failed, one line.
    """

    stage: Stage
    entry: dict[str, Any]
    outcome: Outcome
    started: datetime
    ended: datetime
    exit_code: int | None = None
    log: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    error: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        """Every parameter that the stage read, flattened: dotted name to a scalar or a list.

        Where two files have the same name, the later file's is ``file:name``.
        """
        flat: dict[str, Any] = {}
        for file, values in self.entry.get("params", {}).items():
            for key, value in flatten(values).items():
                flat[key if key not in flat else f"{file}:{key}"] = value
        return flat


@dataclass(frozen=True)
class ReproOutcome:
    """How a whole ``repro`` ended.

    Attributes:
        status: ``failed`` when any stage failed, ``interrupted`` when a person stopped it.
        records: the stages that ran or were restored, in order.
        skipped: stages that were up to date.
        blocked: stages left out because one before them failed.
        started: UTC.
        ended: UTC.
        error: the first failure, one line.
        signal: what interrupted it.
        failure: the first failure, with its hint.
    """

    status: Literal["finished", "failed", "interrupted"]
    records: tuple[StageRecord, ...]
    skipped: tuple[Stage, ...]
    blocked: tuple[Stage, ...]
    started: datetime
    ended: datetime
    error: str | None = None
    signal: Signals | None = None
    failure: PadaukError | None = None


class Observer:
    """Is told of each step of a ``repro``. This base class does nothing."""

    def begin(self, plan: ReproPlan) -> None:
        """The plan is made, nothing has run."""

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        """The command is about to start; what is returned is added to its environment."""
        return {}

    def command_started(self, stage: Stage, command: str) -> None:
        """One of the stage's commands is about to run."""

    def stage_skipped(self, stage: Stage) -> None:
        """Nothing that the stage reads has changed."""

    def stage_restored(self, record: StageRecord) -> None:
        """The same inputs ran before: the outputs were taken from the cache."""

    def stage_finished(self, record: StageRecord) -> None:
        """The command ended, well or not; ``record.outcome`` says."""

    def stage_refused(self, record: StageRecord) -> None:
        """It could not be started or restored: what it reads is missing, say. ``record.error`` says."""

    def end(self, outcome: ReproOutcome) -> None:
        """Nothing more will come."""


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"a": {"b": 1}}`` → ``{"a.b": 1}``; lists stay as they are, empty mappings vanish."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(flatten(value, f"{name}."))
        else:
            flat[name] = value
    return flat


class Observers(Observer):
    """Several observers as one, told in order."""

    def __init__(self, *observers: Observer) -> None:
        self._all = observers

    def begin(self, plan: ReproPlan) -> None:
        for one in self._all:
            one.begin(plan)

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        env: dict[str, str] = {}
        for one in self._all:
            env.update(one.stage_started(stage))
        return env

    def command_started(self, stage: Stage, command: str) -> None:
        for one in self._all:
            one.command_started(stage, command)

    def stage_skipped(self, stage: Stage) -> None:
        for one in self._all:
            one.stage_skipped(stage)

    def stage_restored(self, record: StageRecord) -> None:
        for one in self._all:
            one.stage_restored(record)

    def stage_finished(self, record: StageRecord) -> None:
        for one in self._all:
            one.stage_finished(record)

    def stage_refused(self, record: StageRecord) -> None:
        for one in self._all:
            one.stage_refused(record)

    def end(self, outcome: ReproOutcome) -> None:
        for one in self._all:
            one.end(outcome)
