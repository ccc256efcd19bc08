"""``registered-models/…`` of MLflow's API: models and prompts, their tags and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from padauk.registry import models, search, versions
from padauk.server.mlflow_api.frame import KeyValue, mlflow_routes
from padauk.server.mlflow_api.model_versions import OneVersion, WireTag, WireVersion, pairs, shown_version
from padauk.server.mlflow_api.webhooks import notify, without_prompt_tags
from padauk.server.wire import Empty, Message

if TYPE_CHECKING:
    from padauk.registry import RegisteredModel
    from padauk.server.routing import Call

routes = mlflow_routes()


class WireAlias(Message):
    alias: str
    version: str


class WireModel(Message):
    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str | None = None
    latest_versions: list[WireVersion] = []
    tags: list[WireTag] = []
    aliases: list[WireAlias] = []


class OneModel(Message):
    registered_model: WireModel


class CreateModel(Message):
    required: ClassVar[tuple[str, ...]] = ("name",)
    name: str = ""
    description: str | None = None
    tags: list[KeyValue] = []


class ModelName(Message):
    required: ClassVar[tuple[str, ...]] = ("name",)
    name: str = ""


class UpdateModel(ModelName):
    description: str | None = None


class RenameModel(ModelName):
    required: ClassVar[tuple[str, ...]] = ("name", "new_name")
    new_name: str = ""


class ModelTag(ModelName):
    required: ClassVar[tuple[str, ...]] = ("name", "key")
    key: str = ""
    value: str = ""


class AliasOf(ModelName):
    required: ClassVar[tuple[str, ...]] = ("name", "alias")
    alias: str = ""


class SetAlias(AliasOf):
    required: ClassVar[tuple[str, ...]] = ("name", "alias", "version")
    version: str | int = ""


class LatestVersions(ModelName):
    stages: list[str] = []


class Versions(Message):
    model_versions: list[WireVersion] = []


class SearchModels(Message):
    filter: str = ""
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str = ""


class FoundModels(Message):
    registered_models: list[WireModel] = []
    next_page_token: str | None = None


def shown_model(model: RegisteredModel) -> WireModel:
    """A registered model as MLflow's clients read it."""
    return WireModel(
        name=model.name,
        creation_timestamp=model.created,
        last_updated_timestamp=model.updated,
        description=model.description or None,
        latest_versions=[shown_version(version) for version in model.latest],
        tags=[WireTag(key=key, value=value) for key, value in model.tags.items()],
        aliases=[WireAlias(alias=alias, version=str(version)) for alias, version in model.aliases.items()],
    )


@routes.write("POST", "/registered-models/create", CreateModel)
def create(call: Call, request: CreateModel) -> OneModel:
    model = models.create_model(call.tx, request.name, request.description, pairs(request.tags))
    tags = without_prompt_tags(model.tags) if model.is_prompt else model.tags
    data = {"name": model.name, "tags": tags, "description": request.description or ""}
    notify(call, "prompt.created" if model.is_prompt else "registered_model.created", data)
    return OneModel(registered_model=shown_model(model))


@routes.read("GET", "/registered-models/get", ModelName, quick=True)
def get(call: Call, request: ModelName) -> OneModel:
    return OneModel(registered_model=shown_model(models.get_model(call.tx, request.name)))


@routes.write("PATCH", "/registered-models/update", UpdateModel)
def update(call: Call, request: UpdateModel) -> OneModel:
    model = models.update_model(call.tx, request.name, request.description)
    return OneModel(registered_model=shown_model(model))


@routes.write("POST", "/registered-models/rename", RenameModel)
def rename(call: Call, request: RenameModel) -> OneModel:
    model = models.rename_model(call.tx, request.name, request.new_name)
    return OneModel(registered_model=shown_model(model))


@routes.write("DELETE", "/registered-models/delete", ModelName)
def delete(call: Call, request: ModelName) -> Empty:
    models.delete_model(call.tx, request.name)
    return Empty()


@routes.read("GET", "/registered-models/search", SearchModels)
def find(call: Call, request: SearchModels) -> FoundModels:
    found, more = search.search_models(
        call.tx, request.filter, request.max_results, request.order_by, request.page_token
    )
    return FoundModels(registered_models=[shown_model(model) for model in found], next_page_token=more)


@routes.read("GET", "/registered-models/get-latest-versions", LatestVersions)
@routes.read("POST", "/registered-models/get-latest-versions", LatestVersions)
def latest(call: Call, request: LatestVersions) -> Versions:
    found = versions.latest_versions(call.tx, request.name, request.stages)
    return Versions(model_versions=[shown_version(version) for version in found])


@routes.write("POST", "/registered-models/set-tag", ModelTag)
def set_tag(call: Call, request: ModelTag) -> Empty:
    models.set_model_tag(call.tx, request.name, request.key, request.value)
    if models.is_prompt_named(call.tx, request.name):
        data = {"name": request.name, "key": request.key, "value": request.value}
        notify(call, "prompt_tag.set", data)
    return Empty()


@routes.write("DELETE", "/registered-models/delete-tag", ModelTag)
def delete_tag(call: Call, request: ModelTag) -> Empty:
    models.delete_model_tag(call.tx, request.name, request.key)
    if models.is_prompt_named(call.tx, request.name):
        notify(call, "prompt_tag.deleted", {"name": request.name, "key": request.key})
    return Empty()


@routes.write("POST", "/registered-models/alias", SetAlias)
def set_alias(call: Call, request: SetAlias) -> Empty:
    models.set_alias(call.tx, request.name, request.alias, request.version)
    data = {"name": request.name, "alias": request.alias, "version": str(request.version)}
    notify(call, f"{_entity(call, request.name)}_alias.created", data)
    return Empty()


@routes.write("DELETE", "/registered-models/alias", AliasOf)
def delete_alias(call: Call, request: AliasOf) -> Empty:
    models.delete_alias(call.tx, request.name, request.alias)
    entity = _entity(call, request.name)
    notify(call, f"{entity}_alias.deleted", {"name": request.name, "alias": request.alias})
    return Empty()


@routes.read("GET", "/registered-models/alias", AliasOf, quick=True)
def by_alias(call: Call, request: AliasOf) -> OneVersion:
    found = models.version_by_alias(call.tx, request.name, request.alias)
    return OneVersion(model_version=shown_version(found))


def _entity(call: Call, name: str) -> str:
    return "prompt" if models.is_prompt_named(call.tx, name) else "model_version"
