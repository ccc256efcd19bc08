"""What a run logs: metrics, params, tags, one by one or in batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from padauk.core.errors import InputError, NotFoundError
from padauk.db import metrics as metric_rows
from padauk.db import runs as rows
from padauk.tracking import checks, runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db import Session

LARGEST = 1.7976931348623157e308
HISTORY_TAG = "mlflow.log-model.history"


class Point(Protocol):
    """A metric as a request brings it."""

    key: str
    value: float
    timestamp: int
    step: int
    model_id: str | None
    dataset_name: str | None
    dataset_digest: str | None


class Pair(Protocol):
    """A param or tag as a request brings it."""

    key: str
    value: str


def batch(
    tx: Session, run_id: str, metrics: Sequence[Point], params: Sequence[Pair], tags: Sequence[Pair]
) -> None:
    """Log many things to an active run, all or none.

    A point that is there already (same key, timestamp, step and value) is not written again, so a batch
    that is sent twice changes nothing.

    Raises:
        InputError: too many, a bad key or value, a param twice or with another value than before.
        NotFoundError: there is no such run.
    """
    checks.check_run_id(run_id)
    checked: set[str] = set()
    for place, metric in enumerate(metrics):
        if metric.key not in checked or metric.timestamp < 0:
            _check_point(metric, f"metrics[{place}]." if len(metrics) > 1 else "")
            checked.add(metric.key)
    values: dict[str, str] = {}
    for place, param in enumerate(params):
        _check_pair_key(param.key, f"params[{place}].key", "Param key")
        values[param.key] = checks.cut(param.value, checks.MAX_PARAM_VALUE)
    texts: dict[str, str] = {}
    for place, tag in enumerate(tags):
        _check_pair_key(tag.key, f"tags[{place}].key", f"tags[{place}].key")
        texts[tag.key] = checks.cut(tag.value, checks.MAX_TAG_VALUE)
    _check_sizes(len(metrics), len(params), len(tags))
    if len(values) < len(params):
        keys = [param.key for param in params]
        twice = [key for place, key in enumerate(keys) if key in keys[:place]]
        raise InputError(
            f"Duplicate parameter keys have been submitted: {twice}. Please ensure the request contains only"
            " one param value per param key."
        )
    number, _ = runs.writable(tx, run_id)
    numbers = tx.names.ids(tx, checked.union(values, texts))
    if values:
        changed = _add_params(tx, number, values, numbers)
        if changed:
            raise InputError(
                "Changing param values is not allowed. Params were already"
                f" logged='{changed}' for run ID='{run_id}'."
            )
    if metrics:
        _add_points(tx, number, metrics, numbers)
    if texts:
        _set_tags(tx, number, texts, numbers)


def metric(tx: Session, run_id: str, point: Point) -> None:
    """Log one point to an active run."""
    _check_point(point, "")
    number, _ = runs.writable(tx, run_id)
    _add_points(tx, number, [point], tx.names.ids(tx, [point.key]))


def param(tx: Session, run_id: str, key: str, value: str) -> None:
    """Log a param to an active run; the same value again is fine.

    Raises:
        InputError: it has another value already, or a bad key.
    """
    _check_pair_key(key, "key", "Param key")
    value = checks.cut(value, checks.MAX_PARAM_VALUE)
    number, _ = runs.writable(tx, run_id)
    changed = _add_params(tx, number, {key: value}, tx.names.ids(tx, [key]))
    if changed:
        raise InputError(
            f"Changing param values is not allowed. Param with key='{key}' was already logged with"
            f" value='{changed[0]['old_value']}' for run ID='{run_id}'. Attempted logging new"
            f" value '{value}'."
        )


def tag(tx: Session, run_id: str, key: str, value: str) -> None:
    """Set a tag of an active run; ``mlflow.runName`` renames it."""
    _check_pair_key(key, "key", "key")
    number, _ = runs.writable(tx, run_id)
    texts = {key: checks.cut(value, checks.MAX_TAG_VALUE)}
    _set_tags(tx, number, texts, tx.names.ids(tx, texts))


def delete_tag(tx: Session, run_id: str, key: str) -> None:
    """Remove a tag of an active run.

    Raises:
        NotFoundError: it has no such tag.
    """
    number, _ = runs.writable(tx, run_id)
    known = tx.names.find(tx, key)
    if known is None or not rows.delete_tag(tx, number, known):
        raise NotFoundError(f"No tag with name: {key} in run with id {run_id}")


def model(tx: Session, run_id: str, model_json: str) -> None:
    """Note a model that was logged the way of MLflow 1 and 2, in the run's history tag.

    Raises:
        InputError: ``model_json`` is no JSON, or lacks what a model says of itself.
    """
    try:
        found: Any = json.loads(model_json)
    except (ValueError, RecursionError) as error:
        raise InputError(f"Malformed model info. \n {model_json[:1000]} \n is not a valid JSON.") from error
    wanted = {"artifact_path", "flavors", "utc_time_created", "run_id"}
    missing = wanted - set(found) if isinstance(found, dict) else wanted
    if missing:
        raise InputError(f"Model json is missing mandatory fields: {missing}")
    number, _ = runs.writable(tx, run_id)
    key = tx.names.ids(tx, [HISTORY_TAG])[HISTORY_TAG]
    before = rows.tag(tx, number, key)
    flavors = {
        name: {k: v for k, v in flavor.items() if k != "config"} if isinstance(flavor, dict) else flavor
        for name, flavor in (found["flavors"].items() if isinstance(found["flavors"], dict) else ())
    }
    said = {k: v for k, v in found.items() if k not in {"signature", "saved_input_example_info"}}
    history = json.dumps([*(json.loads(before) if before else []), {**said, "flavors": flavors}])
    rows.set_tags(tx, number, {key: checks.cut(history, 1 << 20)})


def _check_point(point: Point, path: str) -> None:
    checks.check_metric_key(point.key, f"{path}name")
    if point.timestamp < 0:
        raise checks.invalid_value(
            f"{path}timestamp",
            point.timestamp,
            f"metric '{point.key}' (value={point.value}). Timestamp must be a nonnegative long"
            " (64-bit integer) ",
        )


def _check_pair_key(key: str, path: str, what: str) -> None:
    checks.check_key(key, path)
    checks.check_length(what, checks.MAX_KEY, key)


def _check_sizes(metrics: int, params: int, tags: int) -> None:
    for what, limit, length in (
        ("metrics", checks.MAX_METRICS, metrics),
        ("params", checks.MAX_PARAMS, params),
        ("tags", checks.MAX_TAGS, tags),
        ("metrics, params, and tags", checks.MAX_ENTITIES, metrics + params + tags),
    ):
        if length > limit:
            raise InputError(
                f"A batch logging request can contain at most {limit} {what}. Got {length} {what}."
                f" Please split up {what} across multiple requests and try again."
            )


def _add_points(tx: Session, run: int, points: Iterable[Point], numbers: dict[str, int]) -> None:
    found: list[metric_rows.Point] = []
    of_models: list[tuple[Any, ...]] = []
    for point in points:
        value = point.value
        is_nan = 0
        if not -LARGEST <= value <= LARGEST:  # NaN is in no range
            if value != value:
                value, is_nan = 0.0, 1
            else:
                value = LARGEST if value > 0 else -LARGEST
        row = (run, numbers[point.key], point.timestamp, point.step, value, is_nan)
        found.append(row)
        if point.model_id:
            of_models.append((point.model_id, *row, point.dataset_name, point.dataset_digest))
    metric_rows.add(tx, found)
    if of_models:
        metric_rows.add_of_models(tx, of_models)


def _add_params(
    tx: Session, run: int, values: dict[str, str], numbers: dict[str, int]
) -> list[dict[str, str]]:
    """Write params; those that have another value already, as MLflow shows them."""
    stored = rows.add_params(tx, run, {numbers[key]: value for key, value in values.items()})
    return [
        {"key": key, "old_value": old, "new_value": value}
        for key, value in values.items()
        if (old := stored[numbers[key]]) != value
    ]


def _set_tags(tx: Session, run: int, texts: dict[str, str], numbers: dict[str, int]) -> None:
    name = texts.get(runs.NAME_TAG)
    if name is not None:
        if name:
            rows.update(tx, run, status=None, end_time=None, name=name)
        else:
            texts = {key: text for key, text in texts.items() if key != runs.NAME_TAG}
    rows.set_tags(tx, run, {numbers[key]: text for key, text in texts.items()})
