"""Versions of registered models. Each function works inside a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import registry as rows
from padauk.registry.logged import find_logged_model
from padauk.registry.models import version_by_alias
from padauk.registry.names import check_model_name, check_stage, check_tag_key, check_tags, check_version
from padauk.registry.read import one_model, version_of, version_row, versions_of
from padauk.registry.sources import ModelUri, check_prompt_source, check_source
from padauk.registry.values import DELETED_STAGE, STAGES, is_prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from padauk.db import Session
    from padauk.registry.values import LoggedModel, ModelVersion

_ACTIVE_STAGES = ("Staging", "Production")


def create_version(
    tx: Session,
    name: str,
    source: str,
    *,
    run_artifact_uri: Callable[[str], str | None],
    run_id: str | None = None,
    model_id: str | None = None,
    run_link: str = "",
    description: str | None = None,
    tags: Iterable[tuple[str, str]] = (),
) -> ModelVersion:
    """Make the next version of a model; numbers of deleted versions are not given again.

    Args:
        tx: the transaction.
        name: of a model that is there.
        source: where the files are; see :mod:`padauk.registry.sources` for what is taken.
        run_artifact_uri: where the files of a run are, ``None`` for a run that is not there.
        run_id: the run that made it, ``None`` when the caller names none.
        model_id: the logged model that is promoted, ``None`` when the caller names none.
        run_link: a URL of the run, kept as it is.
        description: for people.
        tags: of the version.

    Raises:
        InputError: a name, a tag or the source is not allowed.
        NotFoundError: there is no such model.
    """
    check_model_name(name)
    checked = check_tags(tags)
    if is_prompt(checked):
        found = check_prompt_source(source)
    else:
        found = check_source(source, run_id, model_id, _Lookups(tx, run_artifact_uri))
    model = rows.model_named(tx, name)
    if model is None:
        raise NotFoundError(f"Registered Model with name={name} not found")
    moment = now_ms()
    if not rows.lock_model(tx, model[0], moment):  # deleted by somebody else a moment ago
        raise NotFoundError(f"Registered Model with name={name} not found")
    number, version = rows.insert_version(
        tx,
        model[0],
        moment,
        {
            "description": description,
            "stage": STAGES[0],
            "source": found.source,
            "storage_location": found.storage_location,
            "run_id": found.run_id,
            "run_link": run_link,
            "logged_model_id": found.model_id,
            "status": "READY",
        },
    )
    rows.set_version_tags(tx, number, checked)
    return version_of(tx, name, version)


def get_version(tx: Session, name: str, version: str | int) -> ModelVersion:
    """One version with its tags and aliases.

    Raises:
        NotFoundError: there is none, or it is deleted.
        InputError: ``version`` is no number.
    """
    return version_of(tx, check_model_name(name), check_version(version))


def update_version(tx: Session, name: str, version: str | int, description: str | None) -> ModelVersion:
    """Set the description.

    Raises:
        NotFoundError: there is no such version.
    """
    row = _row(tx, name, version)
    rows.update_version(tx, row[0], {"description": description, "updated": now_ms()})
    return version_of(tx, name, row[3])


def transition_stage(
    tx: Session, name: str, version: str | int, stage: str, *, archive_existing: bool = False
) -> ModelVersion:
    """Move a version to a stage; with ``archive_existing`` those that were in it become ``Archived``.

    Raises:
        NotFoundError: there is no such version.
        InputError: there is no such stage, or nothing can be archived from it.
    """
    target = check_stage(stage)
    if archive_existing and target not in _ACTIVE_STAGES:
        raise InputError(
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an Active stage. Valid stages are {list(_ACTIVE_STAGES)}"
        )
    row = _row(tx, name, version)
    moment = now_ms()
    rows.lock_model(tx, row[1], moment)
    if archive_existing:
        rows.archive_others(tx, row[1], row[3], target, moment)
    rows.update_version(tx, row[0], {"stage": target, "updated": moment})
    return version_of(tx, name, row[3])


def delete_version(tx: Session, name: str, version: str | int) -> None:
    """Delete a version and the aliases that point to it; its number stays taken, its source is forgotten.

    Raises:
        NotFoundError: there is no such version.
    """
    row = _row(tx, name, version)
    moment = now_ms()
    rows.lock_model(tx, row[1], moment)
    rows.delete_aliases_of_version(tx, row[1], row[3])
    rows.update_version(
        tx,
        row[0],
        {
            "stage": DELETED_STAGE,
            "updated": moment,
            "description": None,
            "user_id": None,
            "source": "REDACTED-SOURCE-PATH",
            "storage_location": "",
            "run_id": "REDACTED-RUN-ID",
            "run_link": "REDACTED-RUN-LINK",
            "logged_model_id": "",
            "status_message": None,
        },
    )


def latest_versions(tx: Session, name: str, stages: Sequence[str] = ()) -> list[ModelVersion]:
    """The highest version of each of these stages (no stages: of every stage), lowest first.

    Raises:
        NotFoundError: there is no such model.
        InputError: there is no such stage.
    """
    wanted = {check_stage(stage) for stage in stages or STAGES}
    check_model_name(name)
    model = rows.model_named(tx, name)
    if model is None:
        raise NotFoundError(f"Registered Model with name={name} not found")
    return [
        version
        for version in versions_of(tx, rows.latest_versions(tx, [model[0]]))
        if version.stage in wanted
    ]


def download_uri(tx: Session, name: str, version: str | int) -> str:
    """Where the files of a version are.

    Raises:
        NotFoundError: there is no such version.
    """
    found = get_version(tx, name, version)
    return found.storage_location or found.source


def set_version_tag(tx: Session, name: str, version: str | int, key: str, value: str) -> None:
    """Set a tag.

    Raises:
        NotFoundError: there is no such version.
        InputError: the key or the value is not allowed.
    """
    checked = check_tags([(key, value)])
    rows.set_version_tags(tx, _row(tx, name, version)[0], checked)


def delete_version_tag(tx: Session, name: str, version: str | int, key: str) -> None:
    """Remove a tag; absent is fine.

    Raises:
        NotFoundError: there is no such version.
    """
    check_tag_key(key)
    rows.delete_version_tag(tx, _row(tx, name, version)[0], key)


def versions_of_run(tx: Session, run_id: str) -> list[ModelVersion]:
    """The versions that were made from a run, oldest first."""
    return versions_of(tx, rows.versions_where(tx, "v.run_id = ?", (run_id,)))


def versions_of_logged_model(tx: Session, model_id: str) -> list[ModelVersion]:
    """The versions that a logged model was promoted to, oldest first."""
    return versions_of(tx, rows.versions_where(tx, "v.logged_model_id = ?", (model_id,)))


def resolve(tx: Session, uri: ModelUri) -> ModelVersion:
    """The version that ``models:/name/3``, ``/Production``, ``/latest`` or ``@alias`` names.

    Raises:
        NotFoundError: there is none.
        InputError: there is no such alias or stage.
    """
    if uri.version is not None:
        return get_version(tx, uri.name, uri.version)
    if uri.alias is not None:
        return version_by_alias(tx, uri.name, uri.alias)
    found = latest_versions(tx, uri.name, [uri.stage] if uri.stage else [])
    if not found:
        where = f" and stage '{uri.stage}'" if uri.stage else ""
        raise NotFoundError(f"No versions of model with name '{uri.name}'{where} found")
    return max(found, key=lambda version: version.version)


class _Lookups:
    """What :func:`check_source` asks, answered within the transaction."""

    def __init__(self, tx: Session, run_artifact_uri: Callable[[str], str | None]) -> None:
        self._tx = tx
        self.run_artifact_uri = run_artifact_uri

    def find_logged_model(self, model_id: str) -> LoggedModel | None:
        return find_logged_model(self._tx, model_id)

    def version_of(self, uri: ModelUri) -> ModelVersion:
        if one_model(self._tx, uri.name).is_prompt:
            raise InputError(
                f"Invalid model version source: 'models:/{uri.name}'. Prompt versions cannot be used as "
                "model version sources."
            )
        return resolve(self._tx, uri)


def _row(tx: Session, name: str, version: str | int) -> tuple[int, int, str, int]:
    row = version_row(tx, check_model_name(name), check_version(version))
    return row[0], row[1], row[2], row[3]
