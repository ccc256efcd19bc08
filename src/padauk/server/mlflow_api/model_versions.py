"""``model-versions/…`` of MLflow's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from padauk.core.errors import InputError, NotFoundError
from padauk.registry import logged, models, search, versions
from padauk.registry.values import PROMPT_TEXT, is_prompt
from padauk.server.mlflow_api.frame import KeyValue, mlflow_routes
from padauk.server.mlflow_api.webhooks import notify, without_prompt_tags
from padauk.server.wire import Empty, Message
from padauk.tracking import runs

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.registry import ModelVersion
    from padauk.server.routing import Call

routes = mlflow_routes()


class WireTag(Message):
    key: str
    value: str


class WireVersion(Message):
    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    source: str
    run_id: str
    run_link: str
    status: str
    user_id: str | None = None
    description: str | None = None
    status_message: str | None = None
    model_id: str | None = None
    tags: list[WireTag] = []
    aliases: list[str] = []


class OneVersion(Message):
    model_version: WireVersion


class CreateVersion(Message):
    required: ClassVar[tuple[str, ...]] = ("name", "source")
    name: str = ""
    source: str = ""
    run_id: str | None = None
    model_id: str | None = None
    run_link: str = ""
    description: str | None = None
    tags: list[KeyValue] = []


class VersionOf(Message):
    required: ClassVar[tuple[str, ...]] = ("name", "version")
    name: str = ""
    version: str | int = ""


class UpdateVersion(VersionOf):
    description: str | None = None


class Transition(VersionOf):
    required: ClassVar[tuple[str, ...]] = ("name", "version", "stage")
    stage: str = ""
    archive_existing_versions: bool = False


class VersionTag(VersionOf):
    required: ClassVar[tuple[str, ...]] = ("name", "version", "key")
    key: str = ""
    value: str = ""


class DownloadUri(Message):
    artifact_uri: str


class SearchVersions(Message):
    filter: str = ""
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str = ""


class FoundVersions(Message):
    model_versions: list[WireVersion] = []
    next_page_token: str | None = None


def pairs(tags: list[KeyValue]) -> list[tuple[str, str]]:
    """Tags or params of a request."""
    return [(tag.key or "", tag.value or "") for tag in tags]


def shown_version(version: ModelVersion) -> WireVersion:
    """A model version as MLflow's clients read it."""
    return WireVersion(
        name=version.name,
        version=str(version.version),
        creation_timestamp=version.created,
        last_updated_timestamp=version.updated,
        user_id=version.user_id,
        current_stage=version.stage,
        description=version.description,
        source=version.source,
        run_id=version.run_id,
        run_link=version.run_link,
        status=version.status,
        status_message=version.status_message,
        model_id=version.model_id or None,
        tags=[WireTag(key=key, value=value) for key, value in version.tags.items()],
        aliases=list(version.aliases),
    )


def _artifact_uri(tx: Session, run_id: str) -> str | None:
    try:
        return runs.find(tx, run_id).artifact_uri
    except (NotFoundError, InputError):
        return None


@routes.write("POST", "/model-versions/create", CreateVersion)
def create(call: Call, request: CreateVersion) -> OneVersion:
    tx = call.tx
    tags = pairs(request.tags)
    version = versions.create_version(
        tx,
        request.name,
        request.source,
        run_artifact_uri=lambda run_id: _artifact_uri(tx, run_id),
        run_id=request.run_id,
        model_id=request.model_id,
        run_link=request.run_link,
        description=request.description or "",
        tags=tags,
    )
    told: dict[str, Any] = {"name": version.name, "version": str(version.version)}
    if is_prompt(version.tags):
        told |= {"template": version.tags.get(PROMPT_TEXT), "tags": without_prompt_tags(version.tags)}
    else:
        if version.model_id:
            logged.note_version(tx, version.model_id, version.name, version.version)
        told |= {"source": version.source, "run_id": version.run_id or None, "tags": version.tags}
    event = "prompt_version.created" if is_prompt(version.tags) else "model_version.created"
    notify(call, event, {**told, "description": version.description or None})
    return OneVersion(model_version=shown_version(version))


@routes.read("GET", "/model-versions/get", VersionOf, quick=True)
def get(call: Call, request: VersionOf) -> OneVersion:
    return OneVersion(
        model_version=shown_version(versions.get_version(call.tx, request.name, request.version))
    )


@routes.write("PATCH", "/model-versions/update", UpdateVersion)
def update(call: Call, request: UpdateVersion) -> OneVersion:
    found = versions.update_version(call.tx, request.name, request.version, request.description)
    return OneVersion(model_version=shown_version(found))


@routes.write("POST", "/model-versions/transition-stage", Transition)
def transition(call: Call, request: Transition) -> OneVersion:
    found = versions.transition_stage(
        call.tx,
        request.name,
        request.version,
        request.stage,
        archive_existing=request.archive_existing_versions,
    )
    return OneVersion(model_version=shown_version(found))


@routes.write("DELETE", "/model-versions/delete", VersionOf)
def delete(call: Call, request: VersionOf) -> Empty:
    versions.delete_version(call.tx, request.name, request.version)
    return Empty()


@routes.read("GET", "/model-versions/get-download-uri", VersionOf, quick=True)
def download_uri(call: Call, request: VersionOf) -> DownloadUri:
    return DownloadUri(artifact_uri=versions.download_uri(call.tx, request.name, request.version))


@routes.read("GET", "/model-versions/search", SearchVersions)
def find(call: Call, request: SearchVersions) -> FoundVersions:
    found, more = search.search_versions(
        call.tx, request.filter, request.max_results, request.order_by, request.page_token
    )
    return FoundVersions(model_versions=[shown_version(version) for version in found], next_page_token=more)


@routes.write("POST", "/model-versions/set-tag", VersionTag)
def set_tag(call: Call, request: VersionTag) -> Empty:
    versions.set_version_tag(call.tx, request.name, request.version, request.key, request.value)
    notify(call, f"{_entity(call, request.name)}_tag.set", {**_told(request), "value": request.value})
    return Empty()


@routes.write("DELETE", "/model-versions/delete-tag", VersionTag)
def delete_tag(call: Call, request: VersionTag) -> Empty:
    versions.delete_version_tag(call.tx, request.name, request.version, request.key)
    notify(call, f"{_entity(call, request.name)}_tag.deleted", _told(request))
    return Empty()


def _entity(call: Call, name: str) -> str:
    return "prompt_version" if models.is_prompt_named(call.tx, name) else "model_version"


def _told(request: VersionTag) -> dict[str, str]:
    return {"name": request.name, "version": str(request.version), "key": request.key}
