"""``/models``: registered models, and one of them with its versions and the runs that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.registry.views import all_models, model_with_versions
from padauk.server.api.frame import Pair, RunRow, api_v1, run_row
from padauk.server.wire import Message
from padauk.tracking import views

if TYPE_CHECKING:
    from padauk.registry import ModelVersion
    from padauk.server.routing import Call

routes = api_v1()


class Alias(Message):
    """A name that points at a version."""

    alias: str
    version: int


class ModelLine(Message):
    """A registered model (or prompt) in a list. Times are milliseconds since 1970 UTC."""

    name: str
    created: int
    updated: int
    versions: int
    description: str = ""
    prompt: bool = False
    newest: int | None = None
    aliases: list[Alias] = []


class Models(Message):
    """Registered models, newest change first."""

    models: list[ModelLine]


class Version(Message):
    """A version, with the run that made it where it is known here."""

    version: int
    created: int
    updated: int
    status: str
    stage: str
    source: str
    user: str = ""
    description: str = ""
    run_id: str = ""
    model_id: str = ""
    aliases: list[str] = []
    tags: list[Pair] = []
    run: RunRow | None = None


class ModelDetail(Message):
    """A registered model with all its versions, newest first; ``columns`` name the cells of their runs."""

    name: str
    created: int
    updated: int
    description: str = ""
    prompt: bool = False
    tags: list[Pair] = []
    aliases: list[Alias] = []
    columns: list[str] = []
    versions: list[Version] = []


@routes.read("GET", "/models")
def listed(call: Call, request: Message) -> Models:
    return Models(
        models=[
            ModelLine(
                name=model.name,
                created=model.created,
                updated=model.updated,
                versions=versions,
                description=model.description or "",
                prompt=model.is_prompt,
                newest=max((version.version for version in model.latest), default=None),
                aliases=_aliases(model.aliases),
            )
            for model, versions in all_models(call.tx)
        ]
    )


@routes.read("GET", "/models/{name}")
def one(call: Call, request: Message) -> ModelDetail:
    tx = call.tx
    model, versions = model_with_versions(tx, call.path["name"])
    run_ids = list(dict.fromkeys(version.run_id for version in versions if version.run_id))
    # the metrics that the runs of its versions have: what a version is judged by
    columns = [f"metrics.{name}" for name in views.metric_names(tx, run_ids[:50])][:12]
    lines = {line.info.run_id: run_row(line) for line in views.lines_of(tx, run_ids, columns)}
    return ModelDetail(
        name=model.name,
        created=model.created,
        updated=model.updated,
        description=model.description or "",
        prompt=model.is_prompt,
        tags=[Pair(key=key, value=value) for key, value in sorted(model.tags.items())],
        aliases=_aliases(model.aliases),
        columns=columns,
        versions=[_version(version, lines.get(version.run_id)) for version in versions],
    )


def _version(found: ModelVersion, run: RunRow | None) -> Version:
    return Version(
        version=found.version,
        created=found.created,
        updated=found.updated,
        status=found.status,
        stage=found.stage,
        source=found.source,
        user=found.user_id or "",
        description=found.description or "",
        run_id=found.run_id,
        model_id=found.model_id,
        aliases=list(found.aliases),
        tags=[Pair(key=key, value=value) for key, value in sorted(found.tags.items())],
        run=run,
    )


def _aliases(found: dict[str, int]) -> list[Alias]:
    return [Alias(alias=alias, version=version) for alias, version in sorted(found.items())]
