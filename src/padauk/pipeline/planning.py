"""From the graph and the workspace to a :class:`ReproPlan`: what would run, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import NotFoundError, PadaukError
from padauk.pipeline import lock, runcache
from padauk.pipeline.changes import Changes, Look, param_values
from padauk.pipeline.plan import PlanStep, ReproPlan
from padauk.pipeline.values import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.objects import HashInfo
    from padauk.pipeline.graph import Graph, Node
    from padauk.repo import Repo


@dataclass(frozen=True)
class ReproOptions:
    """How ``repro`` decides and goes on.

    Attributes:
        force: run every stage that was asked for.
        force_downstream: run what comes after a stage that ran, changed or not.
        allow_missing: data that is merely not here is no reason to run.
        run_cache: take outputs of an equal earlier run from the cache.
        commit: put outputs into the cache.
        on_error: ``fail``: stop at once; ``keep-going``: go on with what does not depend on it; ``ignore``:
            go on with everything.
    """

    force: bool = False
    force_downstream: bool = False
    allow_missing: bool = False
    run_cache: bool = True
    commit: bool = True
    on_error: Literal["fail", "keep-going", "ignore"] = "fail"


def make_plan(
    repo: Repo,
    graph: Graph,
    order: Sequence[Node],
    look: Look,
    options: ReproOptions,
    targets: Sequence[str] = (),
) -> ReproPlan:
    """Look at every stage in ``order`` and decide, as far as that can be known before anything runs."""
    planner = _Planner(repo, graph, look, options)
    steps = [planner.step(node) for node in order if isinstance(node, Stage)]
    return ReproPlan(tuple(steps), tuple(targets))


class _Planner:
    def __init__(self, repo: Repo, graph: Graph, look: Look, options: ReproOptions) -> None:
        self.repo, self.graph, self.look, self.options = repo, graph, look, options
        self.unknown: dict[str, str] = {}
        """Paths that will hold something nobody knows yet → the stage that writes them."""
        self.future: dict[str, HashInfo] = {}
        """Paths that will be restored."""
        self.acting: set[Node] = set()

    def step(self, stage: Stage) -> PlanStep:
        step = self._decide(stage)
        if step.action in ("run", "depends"):
            self.acting.add(stage)
            self.unknown.update((out.path, stage.address) for out in stage.outs)
        return step

    def _decide(self, stage: Stage) -> PlanStep:
        if self.options.force:
            return PlanStep(stage, "run", ("forced",))
        upstream = self.graph.active_reads(stage)
        if self.options.force_downstream and any(node in self.acting for node in upstream):
            return PlanStep(stage, "run", ("a stage before it runs",))
        changes = self.look.changes(stage)
        waiting = {path: self._writer(path) for path in self._reads(stage) if self._writer(path)}
        sure = self._known(stage, changes, waiting)
        if self.options.allow_missing:
            sure = sure.without_missing()
        if sure:
            return self._run_or_restore(stage, sure, waiting)
        if waiting:
            after = tuple(dict.fromkeys(str(name) for name in waiting.values()))
            return PlanStep(stage, "depends", (f"if {', '.join(after)} writes something new",), after)
        return PlanStep(stage, "skip")

    def _reads(self, stage: Stage) -> list[str]:
        if stage.frozen:
            return []
        return [dep.path for dep in stage.deps] + [dep.path for dep in stage.params]

    def _writer(self, path: str) -> str | None:
        for out, name in self.unknown.items():
            if path == out or path.startswith(out + os.sep) or out.startswith(path + os.sep):
                return name
        return None

    def _known(self, stage: Stage, changes: Changes, waiting: dict[str, str | None]) -> Changes:
        """The changes that stay, whatever the stages before it will write."""
        entry = stage.locked or {}
        recorded = {item["path"]: lock.info_of(item) for item in entry.get("deps") or []}
        deps = {path: how for path, how in changes.deps.items() if path not in waiting}
        for dep in stage.deps:
            coming, before = self.future.get(dep.path), recorded.get(dep.spec)
            if coming is not None:
                deps.pop(dep.path, None)
                if before is None or before.value != coming.value:
                    deps[dep.path] = "modified"
        return Changes(
            deps,
            {path: how for path, how in changes.params.items() if path not in waiting},
            changes.outs,
            changes.command,
            changes.always,
            changes.never_ran,
        )

    def _run_or_restore(self, stage: Stage, changes: Changes, waiting: dict[str, str | None]) -> PlanStep:
        reasons = tuple(changes.reasons(self.repo.rel))
        if not waiting and not stage.frozen:
            entry = find_run(self.repo, self.look, stage, self.options, self.future)
            if entry is not None:
                for out in stage.outs:
                    info = next(lock.info_of(item) for item in entry["outs"] if item["path"] == out.declared)
                    if info is not None:
                        self.future[out.path] = info
                return PlanStep(stage, "restore", reasons)
        return PlanStep(stage, "run", reasons)


def find_run(
    repo: Repo,
    look: Look,
    stage: Stage,
    options: ReproOptions,
    future: dict[str, HashInfo] | None = None,
) -> lock.Entry | None:
    """An entry with what the stage would write, whose objects are all in the cache; ``None``: it must run.

    First dvc.lock's own entry, when only outputs differ from it; else the run cache.

    Args:
        repo: the repository.
        look: sees the workspace.
        stage: the stage, with its entry.
        options: ``run_cache`` says whether the run cache may be asked.
        future: what paths will hold, where that is not what they hold now.
    """
    if not runcache.usable(stage, repo):
        return None
    try:
        now = read_entry(look, stage, future or {})
    except PadaukError:
        return None  # running the stage will say what is missing
    entry = stage.locked
    if entry is None or not _reads_same(entry, now) or not _complete(stage, entry):
        if not options.run_cache:
            return None
        now["outs"] = sorted(out.declared for out in stage.outs)
        entry = runcache.load(repo.cache.path, now)
    if entry is None or not _complete(stage, entry):
        return None
    infos = [lock.info_of(item) for item in entry["outs"]]
    return entry if all(info is not None and look.cached(info) for info in infos) else None


def _reads_same(entry: lock.Entry, now: lock.Entry) -> bool:
    return bool(
        entry["cmd"] == now["cmd"]
        and entry.get("params", {}) == now.get("params", {})
        and runcache.without_sizes(entry.get("deps")) == runcache.without_sizes(now.get("deps"))
    )


def _complete(stage: Stage, entry: lock.Entry) -> bool:
    return {item["path"] for item in entry.get("outs") or []} == {out.declared for out in stage.outs}


def read_entry(look: Look, stage: Stage, future: dict[str, HashInfo] | None = None) -> lock.Entry:
    """The part of an entry that says what the stage reads: ``cmd``, ``deps``, ``params``.

    Raises:
        NotFoundError: something it reads is not there.
        FormatError: a parameter file does not parse.
    """
    deps = []
    for dep in stage.deps:
        info = (future or {}).get(dep.path) or look.info(dep.path)
        if info is None:
            raise NotFoundError(
                f"stage {stage.address!r} needs {dep.spec!r}, which does not exist",
                hint="'padauk checkout' or 'padauk pull' brings tracked data; else make it, or mend the path",
            )
        deps.append(lock.item(dep.spec, info, isexec=is_executable(dep.path, info)))
    return lock.entry(stage.cmd, deps, param_values(look, stage), ())


def is_executable(path: str, info: HashInfo) -> bool:
    """Whether a file's owner may execute it, which dvc.lock records; a folder never counts."""
    if info.is_dir:
        return False
    try:
        return bool(os.stat(path).st_mode & 0o100)
    except OSError:
        return False
