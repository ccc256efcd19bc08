"""Pipelines as DVC 3 writes them: ``dvc.yaml`` and ``dvc.lock``, their graph, and running what changed.

Nouns: ``values`` (stages and what they read), ``pipeline`` (all of a repository's), ``graph``, ``plan``,
``observer`` (what a watcher of ``repro`` is told). Reading: ``load``, with ``files`` (workspace or commit),
``schema``, ``template`` (``${…}``), ``params`` and ``lock``. Running: ``planning`` decides, from ``changes``
and ``runcache``; ``repro`` does it, with ``command`` and ``logs``. Showing: ``dag``, ``drawing`` and
``compare``.

This room knows nothing of runs on a tracking server: the recorder that makes runs of stages is an
:class:`Observer` handed in from above. Nor does it know what is in ``.dvc`` files: see :class:`Supply`.
"""

from padauk.pipeline.changes import Changes, Look
from padauk.pipeline.command import Shell
from padauk.pipeline.load import Project, load_project
from padauk.pipeline.observer import Observer, Observers, Outcome, ReproOutcome, StageRecord
from padauk.pipeline.pipeline import Pipeline
from padauk.pipeline.plan import Action, PlanStep, ReproPlan
from padauk.pipeline.planning import ReproOptions
from padauk.pipeline.repro import NoSupply, Repro, Supply
from padauk.pipeline.values import Dep, ParamDep, Source, Stage
from padauk.repo import Repo

__all__ = [
    "Action",
    "Changes",
    "Dep",
    "Look",
    "NoSupply",
    "Observer",
    "Observers",
    "Outcome",
    "ParamDep",
    "Pipeline",
    "PlanStep",
    "Project",
    "Repro",
    "ReproOptions",
    "ReproOutcome",
    "ReproPlan",
    "Shell",
    "Source",
    "Stage",
    "StageRecord",
    "Supply",
    "load_project",
    "load_stages",
]


def load_stages(repo: Repo, rev: str | None = None) -> list[Stage]:
    """Every stage of the repository, in the workspace or at ``rev``. See :meth:`Pipeline.load`."""
    return Pipeline.load(repo, rev).stages
