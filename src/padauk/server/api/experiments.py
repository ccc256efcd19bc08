"""``/experiments``: the list, one of them, and the keys its runs have logged under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.server.api.frame import Pair, api_v1
from padauk.server.wire import Message
from padauk.tracking import experiments, views

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = api_v1()


class ExperimentLine(Message):
    """An experiment with how many runs it has. Times are milliseconds since 1970 UTC."""

    id: str
    name: str
    created: int
    runs: int
    running: int
    note: str = ""
    newest: int | None = None


class Experiments(Message):
    """All experiments that are not deleted, the one with the newest run first."""

    experiments: list[ExperimentLine]


class OneExperiment(Message):
    """One experiment."""

    id: str
    name: str
    artifact_location: str
    created: int
    deleted: bool = False
    tags: list[Pair] = []


class OfExperiments(Message):
    """Some experiments, by id."""

    experiment: list[str] = []


class Key(Message):
    """A key, and how many of the newest runs have it."""

    name: str
    runs: int


class Keys(Message):
    """Keys by what they are for."""

    metrics: list[Key]
    params: list[Key]
    tags: list[Key]


@routes.read("GET", "/experiments")
def listed(call: Call, request: Message) -> Experiments:
    return Experiments(
        experiments=[
            ExperimentLine(
                id=line.id,
                name=line.name,
                created=line.created,
                runs=line.runs,
                running=line.running,
                note=line.note,
                newest=line.newest,
            )
            for line in views.experiment_lines(call.tx)
        ]
    )


@routes.read("GET", "/experiments/{id}", quick=True)
def one(call: Call, request: Message) -> OneExperiment:
    found = experiments.get(call.tx, call.path["id"])
    return OneExperiment(
        id=found.experiment_id,
        name=found.name,
        artifact_location=found.artifact_location,
        created=found.creation_time,
        deleted=found.lifecycle_stage == "deleted",
        tags=[Pair(key=tag.key, value=tag.value) for tag in found.tags],
    )


@routes.read("GET", "/keys", OfExperiments)
def keys(call: Call, request: OfExperiments) -> Keys:
    found = views.keys(call.tx, request.experiment)

    def shown(some: list[views.Key]) -> list[Key]:
        return [Key(name=key.name, runs=key.runs) for key in some]

    return Keys(metrics=shown(found.metrics), params=shown(found.params), tags=shown(found.tags))
