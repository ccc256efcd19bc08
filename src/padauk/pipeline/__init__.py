"""Pipelines as DVC 3 writes them: ``dvc.yaml`` and ``dvc.lock``, their graph, and running what changed.

``values`` has the nouns (stages, dependencies, parameters), ``observer`` what a watcher of ``repro`` is told.
This room knows nothing of runs on a tracking server: the recorder that makes runs of stages is an
:class:`Observer` handed in from above.
"""

from padauk.pipeline.observer import Observer, Outcome, ReproOutcome, StageRecord
from padauk.pipeline.plan import Action, PlanStep, ReproPlan
from padauk.pipeline.values import Dep, ParamDep, Stage

__all__ = [
    "Action",
    "Dep",
    "Observer",
    "Outcome",
    "ParamDep",
    "PlanStep",
    "ReproOutcome",
    "ReproPlan",
    "Stage",
    "StageRecord",
]
