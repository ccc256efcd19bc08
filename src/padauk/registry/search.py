"""Search models, versions and logged models with filters, orders and pages."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError
from padauk.core.filters import Order, Vocabulary, parse, parse_order
from padauk.db import registry_search as rows
from padauk.db.conditions import page_offset, page_token
from padauk.registry.logged import logged_models_of
from padauk.registry.read import models_of, versions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Session
    from padauk.registry.values import LoggedModel, ModelVersion, RegisteredModel

MODELS = Vocabulary(
    attributes={"name": "text", "creation_timestamp": "time", "last_updated_timestamp": "time"},
    entities=frozenset({"tag"}),
    aliases={"timestamp": "last_updated_timestamp"},
)
VERSIONS = Vocabulary(
    attributes={
        "name": "text",
        "version_number": "number",
        "run_id": "text",
        "source_path": "text",
        "model_id": "text",
        "current_stage": "text",
        "creation_timestamp": "time",
        "last_updated_timestamp": "time",
    },
    entities=frozenset({"tag"}),
    aliases={"version": "version_number"},
    orderable=frozenset({"name", "version_number", "creation_timestamp", "last_updated_timestamp"}),
)
LOGGED = Vocabulary(
    attributes={
        "name": "text",
        "model_id": "text",
        "model_type": "text",
        "source_run_id": "text",
        "status": "text",
        "creation_timestamp_ms": "time",
        "last_updated_timestamp_ms": "time",
    },
    entities=frozenset({"metric", "param", "tag"}),
    aliases={
        "creation_time": "creation_timestamp_ms",
        "creation_timestamp": "creation_timestamp_ms",
        "last_updated_timestamp": "last_updated_timestamp_ms",
    },
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data that points were taken on; ``digest`` ``None`` takes any of that name."""

    name: str
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """One key that logged models are ordered by: an attribute, or ``metrics.…`` as taken on a dataset."""

    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


def search_models(
    tx: Session, where: str, limit: int | None, order_by: Sequence[str], token: str | None
) -> tuple[list[RegisteredModel], str | None]:
    """A page of registered models, and the token of the next page if there is one; by default by name.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    size = _limit(limit, 100, 1000)
    offset = page_offset(token)
    found = rows.find_models(
        tx, parse(where, MODELS), parse_order(order_by, MODELS), limit=size + 1, offset=offset
    )
    return models_of(tx, found[:size]), _next(found, size, offset)


def search_versions(
    tx: Session, where: str, limit: int | None, order_by: Sequence[str], token: str | None
) -> tuple[list[ModelVersion], str | None]:
    """A page of model versions, and the token of the next page if there is one; by default the last changed
    first.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    size = _limit(limit, 10_000, 200_000)
    offset = page_offset(token)
    found = rows.find_versions(
        tx, parse(where, VERSIONS), parse_order(order_by, VERSIONS), limit=size + 1, offset=offset
    )
    return versions_of(tx, found[:size]), _next(found, size, offset)


def search_logged_models(
    tx: Session,
    experiment_ids: Sequence[str],
    where: str = "",
    *,
    datasets: Sequence[Dataset] = (),
    max_results: int | None = None,
    order_by: Sequence[ModelOrder] = (),
    page_token: str | None = None,
) -> tuple[list[LoggedModel], str | None]:
    """A page of logged models, and the token of the next page if there is one; by default the newest first.

    The token belongs to this search: with another filter or order it is refused.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    if not all(dataset.name for dataset in datasets):
        raise InputError("`dataset_name` in the `datasets` clause must be specified.")
    try:
        experiments = [int(one) for one in experiment_ids]
        if any(abs(one) >= 2**63 for one in experiments):
            raise ValueError
    except ValueError:
        raise InputError(f"Invalid experiment IDs {list(experiment_ids)}: they must be integers.") from None
    size = _limit(max_results or None, 100, 50_000)
    question = {
        "experiment_ids": list(experiment_ids),
        "filter_string": where or None,
        "order_by": [asdict(order) for order in order_by] or None,
    }
    offset = _offset_of(page_token, question)
    if not experiments:
        return [], None
    found = rows.find_logged_models(
        tx,
        experiments,
        parse(where, LOGGED),
        [(dataset.name, dataset.digest) for dataset in datasets],
        [(_order(one), one.dataset_name, one.dataset_digest) for one in order_by],
        limit=size + 1,
        offset=offset,
    )
    more = _encode({**question, "offset": offset + size}) if len(found) > size else None
    return logged_models_of(tx, found[:size]), more


def _order(asked: ModelOrder) -> Order:
    entity, _, key = asked.field_name.partition(".")
    if key:
        if entity not in {"metric", "metrics"}:
            raise InputError(f"Invalid order by field name: {asked.field_name}. Only metrics are supported.")
        return Order("metric", key.strip('`"'), asked.ascending)
    name = LOGGED.aliases.get(entity, entity)
    if name not in LOGGED.attributes:
        raise InputError(f"Invalid order by field name: {asked.field_name}")
    return Order("attribute", name, asked.ascending)


def _limit(asked: int | None, default: int, most: int) -> int:
    limit = default if asked is None else asked
    if limit < 1:
        raise InputError(f"Invalid value for max_results. It must be a positive integer, but got {limit}")
    if limit > most:
        raise InputError(
            f"Invalid value for request parameter max_results. It must be at most {most}, but got value "
            f"{limit}"
        )
    return limit


def _next(found: Sequence[object], size: int, offset: int) -> str | None:
    return page_token(offset + size) if len(found) > size else None


def _encode(token: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(token).encode()).decode()


def _offset_of(token: str | None, question: dict[str, Any]) -> int:
    if not token:
        return 0
    try:
        found = json.loads(base64.b64decode(token, validate=True))
        offset = found.pop("offset")
    except (binascii.Error, ValueError, KeyError, AttributeError, TypeError):
        raise InputError(f"Invalid page token: {token[:100]}") from None
    names = {"experiment_ids": "Experiment IDs", "filter_string": "Filter string", "order_by": "Order by"}
    for name, shown in names.items():
        if found.get(name) != question[name]:
            raise InputError(
                f"{shown} in the page token do not match the requested {shown.lower()}. "
                f"Expected: {question[name]}. Found: {found.get(name)}"
            )
    if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < 2**62:
        raise InputError(f"Invalid page token: {token[:100]}")
    return offset
