"""Logged models: what a run made, whether or not it is ever registered. Each function works inside a
transaction.
"""

from __future__ import annotations

import json
import math
import random
import uuid
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import logged_models as rows
from padauk.registry.names import check_logged_model_name
from padauk.registry.values import LoggedModel, ModelMetric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db.engine import Row, Session

STATUSES = ("UNSPECIFIED", "PENDING", "READY", "FAILED")
VERSIONS_TAG = "mlflow.modelVersions"
MAX_KEY = 250
MAX_PARAM_VALUE = 65_536
MAX_TAG_VALUE = 100_000
_ADJECTIVES = (
    "amber",
    "bold",
    "brisk",
    "calm",
    "clever",
    "eager",
    "keen",
    "merry",
    "mild",
    "noble",
    "quick",
    "vivid",
)
_NOUNS = (
    "ash",
    "birch",
    "cedar",
    "elm",
    "fern",
    "fig",
    "hazel",
    "larch",
    "maple",
    "oak",
    "palm",
    "pine",
    "yew",
)


def create_logged_model(
    tx: Session,
    experiment_id: str,
    models_root: str,
    *,
    name: str | None = None,
    model_type: str | None = None,
    source_run_id: str | None = None,
    params: Iterable[tuple[str, str]] = (),
    tags: Iterable[tuple[str, str]] = (),
) -> LoggedModel:
    """Make a logged model in status ``PENDING``.

    Args:
        tx: the transaction.
        experiment_id: of an experiment that is there and active: the caller has checked it.
        models_root: URI below which the experiment's logged models keep their files, with ``{model_id}``
            where the id goes.
        name: for people; ``None`` makes one up.
        model_type: free text, such as ``agent``.
        source_run_id: the run that made it.
        params: of the model; cannot be changed later.
        tags: of the model.

    Raises:
        InputError: the name is not allowed, or a key or value is too long.
    """
    if name is not None:
        check_logged_model_name(name)
    checked_params, checked_tags = _check_params(params), _check_tags(tags)
    uid = f"m-{uuid.uuid4().hex}"
    moment = now_ms()
    number = rows.insert(
        tx,
        {
            "uid": uid,
            "experiment_id": int(experiment_id),
            "name": name or _made_up_name(),
            "artifact_location": models_root.replace("{model_id}", uid),
            "created": moment,
            "updated": moment,
            "status": STATUSES.index("PENDING"),
            "model_type": model_type or None,
            "source_run_id": source_run_id or None,
            "stage": 0,
        },
    )
    rows.insert_params(tx, number, checked_params)
    rows.set_tags(tx, number, checked_tags)
    return get_logged_model(tx, uid)


def find_logged_model(tx: Session, model_id: str) -> LoggedModel | None:
    """A logged model that is not deleted, or ``None``."""
    row = rows.find(tx, model_id)
    return None if row is None or row[11] else logged_models_of(tx, [row])[0]


def get_logged_model(tx: Session, model_id: str, *, allow_deleted: bool = False) -> LoggedModel:
    """A logged model with its params, tags and metrics.

    Raises:
        NotFoundError: there is none of that id.
    """
    return logged_models_of(tx, [_row(tx, model_id, allow_deleted=allow_deleted)])[0]


def finalize_logged_model(tx: Session, model_id: str, status: str) -> LoggedModel:
    """Say how it ended: ``READY`` or ``FAILED``.

    Raises:
        NotFoundError: there is none of that id.
        InputError: there is no such status.
    """
    if status not in STATUSES:
        raise InputError(f"Unknown model status: {status}")
    row = _row(tx, model_id, allow_deleted=True)
    rows.update(tx, row[0], {"status": STATUSES.index(status), "updated": now_ms()})
    return get_logged_model(tx, model_id, allow_deleted=True)


def delete_logged_model(tx: Session, model_id: str) -> None:
    """Mark a logged model as deleted; its files stay until garbage is collected.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = _row(tx, model_id, allow_deleted=True)
    rows.update(tx, row[0], {"stage": 1, "updated": now_ms()})


def log_model_params(tx: Session, model_id: str, params: Iterable[tuple[str, str]]) -> None:
    """Add params. The same value again is fine.

    Raises:
        NotFoundError: there is no such model.
        InputError: a key is there with another value.
    """
    row = _row(tx, model_id, allow_deleted=True)
    checked = _check_params(params)
    there = rows.params_of(tx, [row[0]]).get(row[0], {})
    for key, value in checked.items():
        if there.get(key, value) != value:
            raise InputError(
                f"Changing param values is not allowed. Param with key='{key}' was already logged with "
                f"value='{there[key]}' for model ID='{model_id}'. Attempted logging new value '{value}'."
            )
    rows.insert_params(tx, row[0], checked)


def set_logged_model_tags(tx: Session, model_id: str, tags: Iterable[tuple[str, str]]) -> None:
    """Set tags; of equal keys the last wins.

    Raises:
        NotFoundError: there is no such model.
    """
    rows.set_tags(tx, _row(tx, model_id, allow_deleted=True)[0], _check_tags(tags))


def note_version(tx: Session, model_id: str, name: str, version: int) -> None:
    """Note on a logged model that it was promoted to a version, in the tag where MLflow keeps that.

    Raises:
        NotFoundError: there is no such model.
    """
    row = _row(tx, model_id, allow_deleted=True)
    try:
        noted = json.loads(rows.tags_of(tx, [row[0]])[row[0]][VERSIONS_TAG])
    except (KeyError, ValueError):  # none yet, or a person wrote something else there
        noted = []
    one = {"name": name, "version": str(version)}  # as the client writes it too
    if not isinstance(noted, list):
        noted = []
    if one not in noted:
        rows.set_tags(tx, row[0], {VERSIONS_TAG: json.dumps([*noted, one])})


def delete_logged_model_tag(tx: Session, model_id: str, key: str) -> None:
    """Remove a tag.

    Raises:
        NotFoundError: there is no such model, or it has no such tag.
    """
    if not rows.delete_tag(tx, _row(tx, model_id, allow_deleted=True)[0], key):
        raise NotFoundError(f"No tag with key {key!r} found for model with ID {model_id!r}.")


def logged_models_of_run(tx: Session, run_id: str) -> list[LoggedModel]:
    """What a run logged, oldest first; deleted models are left out."""
    return logged_models_of(tx, rows.of_run(tx, run_id))


def logged_models_of_ids(tx: Session, model_ids: Sequence[str]) -> list[LoggedModel]:
    """The logged models of these ids that are there, deleted or not, in no order."""
    return logged_models_of(tx, rows.find_many(tx, model_ids))


def logged_models_of(tx: Session, found: Sequence[Row]) -> list[LoggedModel]:
    """Models for rows of :data:`padauk.db.logged_models.MODEL`, in their order, with three statements."""
    numbers = [row[0] for row in found]
    tags, params = rows.tags_of(tx, numbers), rows.params_of(tx, numbers)
    metrics: dict[str, list[ModelMetric]] = {}
    for uid, key, value, is_nan, timestamp, step, run_id, dataset, digest in rows.metrics_of(
        tx, [row[1] for row in found]
    ):
        point = ModelMetric(key, math.nan if is_nan else value, timestamp, step, run_id, dataset, digest)
        metrics.setdefault(uid, []).append(point)
    return [
        LoggedModel(
            model_id=row[1],
            experiment_id=str(row[2]),
            name=row[3],
            artifact_location=row[4],
            created=row[5],
            updated=row[6],
            status=STATUSES[row[7]],
            status_message=row[8],
            model_type=row[9],
            source_run_id=row[10],
            deleted=bool(row[11]),
            tags=tags.get(row[0], {}),
            params=params.get(row[0], {}),
            metrics=tuple(metrics.get(row[1], ())),
        )
        for row in found
    ]


def _row(tx: Session, model_id: str, *, allow_deleted: bool) -> Row:
    row = rows.find(tx, model_id)
    if row is None or (row[11] and not allow_deleted):
        raise NotFoundError(f"Logged model with ID '{model_id}' not found.")
    return row


def _check_params(params: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {_short("key", key, MAX_KEY): _short("value", value, MAX_PARAM_VALUE) for key, value in params}


def _check_tags(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {_short("key", key, MAX_KEY): _short("value", value, MAX_TAG_VALUE) for key, value in tags}


def _short(what: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise InputError(f"'{what}' exceeds the maximum length of {limit} characters")
    return text


def _made_up_name() -> str:
    return f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}-{random.randint(0, 999)}"  # noqa: S311
