"""Bring stages up to date: run what changed, restore what ran before, skip the rest."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from padauk.core.errors import (
    ConflictError,
    CorruptError,
    NotFoundError,
    ObjectMissingError,
    PadaukError,
    StageFailedError,
)
from padauk.core.points import point
from padauk.pipeline import command, lock, logs
from padauk.pipeline.changes import Changes, Look
from padauk.pipeline.keep import Keeper, clear
from padauk.pipeline.load import with_entry
from padauk.pipeline.observer import Observer, Outcome, ReproOutcome, StageRecord
from padauk.pipeline.orphans import Notes
from padauk.pipeline.planning import ReproOptions, find_run, make_plan, read_entry
from padauk.pipeline.values import Source, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from padauk.core.events import Reporter
    from padauk.pipeline.graph import Graph, Node
    from padauk.pipeline.plan import ReproPlan
    from padauk.repo import Repo


class Supply(Protocol):
    """What ``repro`` needs done with tracked data; the workspace gives it, for that is another room."""

    def refresh(self, sources: Sequence[Source]) -> None:
        """Bring ``.dvc`` files up to date: commit what changed, check out what is not there."""

    def pull(self, paths: Sequence[str]) -> None:
        """Fetch these outputs (absolute paths) from the remote and check them out."""


class NoSupply:
    """Knows no ``.dvc`` files and no remotes."""

    def refresh(self, sources: Sequence[Source]) -> None:
        """Nothing to do."""

    def pull(self, paths: Sequence[str]) -> None:
        """Nothing to get."""


@dataclass
class Interrupted(Exception):  # noqa: N818 - no error: a person's wish
    """A signal came while a command ran."""

    signal: signal.Signals


@dataclass
class Repro:
    """One invocation of ``repro``.

    Attributes:
        repo: the repository.
        graph: all its stages and ``.dvc`` files.
        order: those asked for, what is read before what reads it.
        options: how to decide.
        shell: how commands run.
        observer: is told of each step.
        reporter: hears of progress and warnings.
        supply: brings tracked data.
        pull: get missing data from the remote.
        confirm: asked before a stage runs; ``False`` leaves it out.
        targets: what the person named, for the plan.
    """

    repo: Repo
    graph: Graph
    order: Sequence[Node]
    options: ReproOptions
    shell: command.Shell
    observer: Observer
    reporter: Reporter
    supply: Supply = field(default_factory=NoSupply)
    pull: bool = False
    confirm: Callable[[Stage], bool] | None = None
    targets: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.look = Look(self.repo, self.reporter)
        self.keeper = Keeper(self.repo, self.look, self.reporter, commit=self.options.commit)
        self._notes = Notes(os.path.join(self.repo.own_dir, "running"))
        self._forced: set[Node] = set()
        self._records: list[StageRecord] = []
        self._skipped: list[Stage] = []
        self._blocked: dict[Node, None] = {}
        self._first_error: PadaukError | None = None
        self._ran = False

    @property
    def touched(self) -> list[str]:
        """Files for git that were changed: dvc.lock and .gitignore, absolute paths."""
        return list(self.keeper.touched)

    def plan(self) -> ReproPlan:
        """What would be done; changes nothing."""
        return make_plan(self.repo, self.graph, self.order, self.look, self.options, self.targets)

    def run(self, plan: ReproPlan | None = None) -> ReproOutcome:
        """Do it; what failed is told in the outcome.

        Raises:
            BusyError: somebody else holds the repository, or uses a path.
            FormatError: a parameter file does not parse.
        """
        started = datetime.now(UTC)
        with self.repo.lock():
            sources = [node for node in self.order if isinstance(node, Source)]
            if sources:
                self.supply.refresh(sources)
                self.look.forget()
            plan = plan or self.plan()
            self._refuse_tracked(plan)
            self.observer.begin(plan)
            status: str = "finished"
            stop: Interrupted | None = None
            try:
                for step in plan.steps:
                    if step.stage in self._blocked:
                        continue
                    planned_skip = step.action == "skip" and not self._ran
                    self._one(step.stage, planned_skip=planned_skip)
                    if self._first_error is not None and self.options.on_error == "fail":
                        break
            except Interrupted as interrupted:
                status, stop = "interrupted", interrupted
            except KeyboardInterrupt:
                status, stop = "interrupted", Interrupted(signal.SIGINT)
            except BaseException as error:
                self.observer.end(self._outcome("failed", started, str(error)))
                raise
            if status == "finished" and self._first_error is not None:
                status = "failed"
            first = self._first_error.message if self._first_error else None
            outcome = self._outcome(status, started, first, stop)
            self.observer.end(outcome)
            return outcome

    def _outcome(
        self, status: Any, started: datetime, error: str | None, stop: Interrupted | None = None
    ) -> ReproOutcome:
        return ReproOutcome(
            status,
            tuple(self._records),
            tuple(self._skipped),
            tuple(node for node in self._blocked if isinstance(node, Stage)),
            started,
            datetime.now(UTC),
            error,
            stop.signal if stop else None,
            self._first_error,
        )

    def _refuse_tracked(self, plan: ReproPlan) -> None:
        """git must not hold what the cache is to hold; better said before hours of work than after."""
        if self.repo.scm is None:
            return
        outs = {
            out.path: step.stage
            for step in plan.steps
            if step.action != "skip"
            for out in step.stage.outs
            if out.cache
        }
        tracked = sorted(self.repo.scm.tracked(outs))
        if tracked:
            name = self.repo.rel(tracked[0])
            raise ConflictError(
                f"output {name!r} of stage {outs[tracked[0]].address!r} is tracked by git",
                hint=f"git rm -r --cached {name}, or set 'cache: false' for it",
            )

    # -- one stage

    def _one(self, stage: Stage, *, planned_skip: bool) -> None:
        forced = self.options.force or stage in self._forced
        try:
            changes = Changes() if planned_skip and not forced else self.look.changes(stage)
            if not forced and not self._relevant(changes):
                self._skipped.append(stage)
                self.observer.stage_skipped(stage)
                return
            if not forced and self.pull and self._pulled(stage, changes):
                self._skipped.append(stage)
                self.observer.stage_skipped(stage)
                return
            if self.confirm is not None and not self.confirm(stage):
                raise StageFailedError(f"stage {stage.address!r} was not confirmed")
            self._bring_up_to_date(stage, forced)
        except PadaukError as error:
            self._failed(stage, error)
            return
        if self.options.force_downstream:
            self._forced.update(self.graph.readers.get(stage, ()))

    def _relevant(self, changes: Changes) -> bool:
        return bool(changes.without_missing() if self.options.allow_missing else changes)

    def _pulled(self, stage: Stage, changes: Changes) -> bool:
        """Get missing data; ``True``: that was all there was to do (what it reads need not be here then)."""
        if not changes.without_missing():
            self.supply.pull([out.path for out in stage.outs if out.cache])
            self.look.forget()
            changes = self.look.changes(stage)
            if not changes.outs and not changes.without_missing():
                return True
        missing = [path for path, how in changes.deps.items() if how == "deleted"]
        if missing:
            self.supply.pull(missing)
            self.look.forget()
        return not self.look.changes(stage)

    def _failed(self, stage: Stage, error: PadaukError) -> None:
        self._first_error = self._first_error or error
        if not (self._records and self._records[-1].stage == stage):  # it failed before its command ran
            now = datetime.now(UTC)
            reads = _reads(self.look, stage)
            record = StageRecord(stage, reads, "failed", now, now, error=error.message)
            self._records.append(record)
            self.observer.stage_refused(record)
        if self.options.on_error == "fail":
            return
        after: list[Node] = []
        if self.options.on_error == "keep-going":
            after = [node for node in self.graph.downstream_of(stage) if node in self.order]
            self._blocked.update(dict.fromkeys(after))
        left_out = f"; leaving out {', '.join(node.address for node in after)}" if after else ""
        self.reporter.warning(error.message + left_out)

    def _tell(self, record: StageRecord) -> None:
        self._records.append(record)
        if record.outcome == "restored":
            self.observer.stage_restored(record)
        else:
            self.observer.stage_finished(record)

    def _bring_up_to_date(self, stage: Stage, forced: bool) -> None:
        started = datetime.now(UTC)
        reads = [dep.path for dep in stage.deps] + [dep.path for dep in stage.params]
        writes = [out.path for out in stage.outs]
        with self.repo.path_locks.hold("padauk repro", read=reads, write=writes):
            if stage.frozen:
                self.reporter.warning(
                    f"stage {stage.address!r} is frozen: taking its outputs as they are, without a run"
                )
                self._tell(self._finish(stage, started, "restored"))
                return
            entry = None if forced else find_run(self.repo, self.look, stage, self.options)
            if entry is not None and self._restored(stage, entry):
                self._tell(self._finish(stage, started, "restored"))
            else:
                self._run(stage, started)

    def _restored(self, stage: Stage, entry: lock.Entry) -> bool:
        try:
            self.keeper.restore(stage, entry)
        except (CorruptError, ObjectMissingError) as error:
            self.reporter.warning(f"{error.message}; running stage {stage.address!r} instead")
            return False
        self._ran = True
        return True

    def _run(self, stage: Stage, started: datetime) -> None:
        before = read_entry(self.look, stage)
        if not os.path.isdir(stage.wdir):
            raise NotFoundError(
                f"stage {stage.address!r} runs in {self.repo.rel(stage.wdir)!r}, which is not a folder"
            )
        self._notes.stop_orphan(stage.address, self.reporter)
        env = dict(self.observer.stage_started(stage))
        clear(stage)
        point("pipeline.run.cleared")
        status, log, interrupts = self._command(stage, env, started)
        point("pipeline.run.done")
        self._ran = True
        self.look.forget()
        error: PadaukError | None = None
        if status == 0:
            try:
                # after an interrupt too: a command that took it and ended well has done its work
                self._tell(self._finish(stage, started, "finished", exit_code=0, log=log))
            except PadaukError as raised:
                error = raised
        elif interrupts.first is None:
            how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
            error = StageFailedError(
                f"stage {stage.address!r} {how}", hint=f"its output is in {self.repo.rel(log)}"
            )
        if status or error:
            self._tell(
                StageRecord(
                    stage,
                    before,
                    "failed" if error else "interrupted",
                    started,
                    datetime.now(UTC),
                    status,
                    log,
                    self.keeper.metrics(stage),
                    error.message if error else "interrupted",
                )
            )
        if interrupts.first is not None:
            raise Interrupted(interrupts.first)
        if error:
            raise error

    def _command(
        self, stage: Stage, env: dict[str, str], started: datetime
    ) -> tuple[int, str, command.Interrupts]:
        env = {"DVC_ROOT": self.repo.root, **env, "DVC_STAGE": stage.address_from(os.getcwd())}
        if "DVC_ROOT" in self.shell.env:
            env["DVC_ROOT"] = self.shell.env["DVC_ROOT"]
        interrupts = command.Interrupts()
        status = 0
        log = logs.new_path(self.repo.root, stage.address, started)
        with (
            open(log, "xb") as stream,
            self._notes.running(stage.address) as mark,
            self.repo.lock().released(),
        ):
            for text in stage.commands:
                self.observer.command_started(stage, text)
                stream.write(f"> {text}\n".encode())
                status = command.run(
                    self.shell,
                    text,
                    cwd=stage.wdir,
                    env=env | mark,
                    log=stream,
                    interrupts=interrupts,
                )
                if status or interrupts.first is not None:
                    break
        return status, log, interrupts

    # -- keeping what was written

    def commit(self, stage: Stage) -> StageRecord:
        """Record in dvc.lock what a stage reads and has written now, without running it.

        Raises:
            StageFailedError: an output is not there.
        """
        self.look.forget()
        return self._finish(stage, datetime.now(UTC), "restored")

    def _finish(
        self,
        stage: Stage,
        started: datetime,
        outcome: Outcome,
        *,
        exit_code: int | None = None,
        log: str | None = None,
    ) -> StageRecord:
        written = self.keeper.keep(stage)
        return StageRecord(
            with_entry(stage, written),
            written,
            outcome,
            started,
            datetime.now(UTC),
            exit_code,
            log,
            self.keeper.metrics(stage),
        )


def _reads(look: Look, stage: Stage) -> lock.Entry:
    """What a stage that could not start would have read, as far as that can be told."""
    try:
        return read_entry(look, stage)
    except PadaukError:
        return {"cmd": stage.cmd}
