"""Search registered models, versions and logged models: one statement finds the rows of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.core.filters import And, Comparison, Not, Or
from padauk.db import logged_models, registry
from padauk.db.conditions import Sql, compare, condition, nullable
from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.core.filters import Node, Order
    from padauk.db.engine import Row, Session

_MODEL_COLUMNS = {"name": "m.name", "creation_timestamp": "m.created", "last_updated_timestamp": "m.updated"}
_VERSION_COLUMNS = {
    "name": "m.name",
    "version_number": "v.version",
    "run_id": "v.run_id",
    "model_id": "v.logged_model_id",
    "source_path": "v.source",
    "current_stage": "v.stage",
    "creation_timestamp": "v.created",
    "last_updated_timestamp": "v.updated",
}
_LOGGED_COLUMNS = {
    "name": "m.name",
    "model_id": "m.uid",
    "model_type": "m.model_type",
    "source_run_id": "m.source_run_id",
    "status": "CASE m.status WHEN 1 THEN 'PENDING' WHEN 2 THEN 'READY' WHEN 3 THEN 'FAILED'"
    " ELSE 'UNSPECIFIED' END",
    "creation_timestamp_ms": "m.created",
    "last_updated_timestamp_ms": "m.updated",
}
_NULLABLE = {"model_type", "source_run_id"}
_PROMPT = "mlflow.prompt.is_prompt"
_IS_PROMPT = (
    "EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.model_id = m.id"
    f" AND p.key = '{_PROMPT}' AND lower(p.value) = 'true')"
)


def find_models(
    tx: Session, where: Node | None, orders: Sequence[Order], *, limit: int, offset: int
) -> list[Row]:
    """A page of :data:`padauk.db.registry.MODEL` rows; prompts only where ``where`` asks for them."""
    conditions = _conditions(tx, where, _MODEL_COLUMNS, ("registered_model_tags", "model_id", "m.id"))
    keys = _keys(tx, orders, _MODEL_COLUMNS, [("name", "m.name")])
    return _page(tx, f"SELECT {registry.MODEL} FROM registered_models m", conditions, keys, limit, offset)


def find_versions(
    tx: Session, where: Node | None, orders: Sequence[Order], *, limit: int, offset: int
) -> list[Row]:
    """A page of :data:`padauk.db.registry.VERSION` rows; versions of prompts only where ``where`` asks for
    them.
    """
    conditions = _conditions(tx, where, _VERSION_COLUMNS, ("model_version_tags", "version_id", "v.id"))
    ties = [("name", "m.name"), ("version_number", "v.version DESC")]
    keys = _keys(tx, orders, _VERSION_COLUMNS, ties if orders else [("", "v.updated DESC"), *ties])
    return _page(
        tx,
        f"SELECT {registry.VERSION} {registry.VERSIONS}",
        [(registry.LIVE, []), *conditions],
        keys,
        limit,
        offset,
    )


def find_logged_models(
    tx: Session,
    experiments: Sequence[int],
    where: Node | None,
    datasets: Sequence[tuple[str, str | None]],
    orders: Sequence[tuple[Order, str | None, str | None]],
    *,
    limit: int,
    offset: int,
) -> list[Row]:
    """A page of :data:`padauk.db.logged_models.MODEL` rows.

    Args:
        tx: the session.
        experiments: whose models.
        where: the filter.
        datasets: name and digest (``None``: any) of data; conditions on metrics, and models when there is no
        such
            condition, must have points that were taken on one of them.
        orders: each with the name and digest of the dataset whose points it looks at.
        limit: most rows.
        offset: rows to leave out.
    """
    search = _LoggedSearch(tx, datasets)
    conditions: list[Sql] = [
        ("m.stage = 0", []),
        (f"m.experiment_id IN ({marks(experiments)})", list(experiments)),
    ]
    if where is not None:
        conditions.append(condition(where, search.comparison))
    if datasets and not _asks_metric(where):
        sql, values = search.on_datasets
        conditions.append((f"EXISTS (SELECT 1 FROM model_metrics x WHERE x.model_id = m.uid{sql})", values))
    keys: list[str] = []
    joins: list[str] = []
    joined: list[Any] = []
    for place, (order, dataset, digest) in enumerate(orders):
        if order.entity == "attribute":
            column = _LOGGED_COLUMNS[order.key]
            keys += tx.dialect.order(column, ascending=order.ascending, nullable=order.key in _NULLABLE)
            continue
        key = tx.names.find(tx, order.key)
        if key is None:
            continue
        on, values = _on_datasets([(dataset, digest)] if dataset else [])
        name = f"o{place}"
        # the latest point of each model: a later one, of the same time and step by run, does not exist
        joins.append(
            f" LEFT JOIN (SELECT x.model_id, CASE WHEN x.is_nan = 1 THEN NULL ELSE x.value END AS value,"
            " ROW_NUMBER() OVER (PARTITION BY x.model_id ORDER BY x.timestamp DESC, x.step DESC, "
            "x.run_id) AS place"
            f" FROM model_metrics x WHERE x.key_id = ?{on}) {name} ON {name}.model_id = m.uid AND "
            f"{name}.place = 1"
        )
        joined += [key, *values]
        keys += tx.dialect.order(f"{name}.value", ascending=order.ascending, nullable=True)
    asked = {order.key for order, _, _ in orders if order.entity == "attribute"}
    if "creation_timestamp_ms" not in asked:
        keys.append("m.created DESC")
    if "model_id" not in asked:
        keys.append("m.uid")
    return _page(
        tx,
        f"SELECT {logged_models.MODEL} FROM logged_models m{''.join(joins)}",
        conditions,
        keys,
        limit,
        offset,
        joined,
    )


class _LoggedSearch:
    """Builds the conditions of one search of logged models."""

    def __init__(self, tx: Session, datasets: Sequence[tuple[str, str | None]]) -> None:
        self.tx = tx
        self.on_datasets = _on_datasets(datasets)

    def comparison(self, asked: Comparison) -> Sql:
        dialect = self.tx.dialect
        if asked.entity == "attribute":
            column = _LOGGED_COLUMNS[asked.key]
            return (nullable if asked.key in _NULLABLE else compare)(column, asked, dialect)
        if asked.entity != "metric":
            table = "logged_model_params" if asked.entity == "param" else "logged_model_tags"
            return _tag(self.tx, asked, table, "model_id", "m.id")
        key = self.tx.names.find(self.tx, asked.key)
        if key is None:
            return ("1 = 1" if asked.operator == "IS NULL" else "1 = 0"), []
        on, values = self.on_datasets
        lookup = f"SELECT 1 FROM model_metrics x WHERE x.model_id = m.uid AND x.key_id = ?{on}"
        if asked.operator in {"IS NULL", "IS NOT NULL"}:
            return f"{'NOT ' if asked.operator == 'IS NULL' else ''}EXISTS ({lookup})", [key, *values]
        sql, given = compare("x.value", asked, dialect)
        return f"EXISTS ({lookup} AND x.is_nan = 0 AND {sql})", [key, *values, *given]


def _conditions(
    tx: Session, where: Node | None, columns: Mapping[str, str], tags: tuple[str, str, str]
) -> list[Sql]:
    """What a search asks for, and that it is no prompt unless prompts are asked for."""

    def one(asked: Comparison) -> Sql:
        if asked.entity == "tag" and asked.key == _PROMPT:
            return _prompts(asked, tags)
        if asked.entity == "attribute":
            return compare(columns[asked.key], asked, tx.dialect)
        return _tag(tx, asked, *tags)

    found = [] if where is None else [condition(where, one)]
    if not _asks_prompts(where):
        found.append((f"NOT {_IS_PROMPT}", []))
    return found


def _tag(tx: Session, asked: Comparison, table: str, owner: str, column: str) -> Sql:
    lookup = f"SELECT 1 FROM {table} x WHERE x.{owner} = {column} AND x.key = ?"
    if asked.operator in {"IS NULL", "IS NOT NULL"}:
        return f"{'NOT ' if asked.operator == 'IS NULL' else ''}EXISTS ({lookup})", [asked.key]
    sql, values = compare("x.value", asked, tx.dialect)
    return f"EXISTS ({lookup} AND {sql})", [asked.key, *values]


def _prompts(asked: Comparison, tags: tuple[str, str, str]) -> Sql:
    """The tag of prompts asks for a kind: models lack it, and yet are ``!= 'true'`` and ``= 'false'``."""
    table, owner, column = tags
    wanted = _wants_prompts(asked)
    has = (
        f"EXISTS (SELECT 1 FROM {table} x WHERE x.{owner} = {column} AND x.key = '{_PROMPT}'"
        " AND lower(x.value) = 'true')"
    )
    return has if wanted else f"NOT {has}", []


def _wants_prompts(asked: Comparison) -> bool:
    value = str(asked.value).lower()
    return (asked.operator, value) in {("=", "true"), ("!=", "false")} or asked.operator == "IS NOT NULL"


def _asks_prompts(node: Node | None) -> bool:
    return any(
        part.entity == "tag" and part.key == _PROMPT and _wants_prompts(part) for part in _leaves(node)
    )


def _asks_metric(node: Node | None) -> bool:
    return any(part.entity == "metric" for part in _leaves(node))


def _leaves(node: Node | None) -> list[Comparison]:
    if isinstance(node, Comparison):
        return [node]
    if isinstance(node, Not):
        return _leaves(node.part)
    if isinstance(node, And | Or):
        return [leaf for part in node.parts for leaf in _leaves(part)]
    return []


def _on_datasets(datasets: Sequence[tuple[str, str | None]]) -> Sql:
    if not datasets:
        return "", []
    pieces = []
    values: list[Any] = []
    for name, digest in datasets:
        pieces.append(
            "x.dataset_name = ?" if digest is None else "(x.dataset_name = ? AND x.dataset_digest = ?)"
        )
        values += [name] if digest is None else [name, digest]
    return f" AND ({' OR '.join(pieces)})", values


def _keys(
    tx: Session, orders: Sequence[Order], columns: Mapping[str, str], ties: Sequence[tuple[str, str]]
) -> list[str]:
    keys: list[str] = []
    for order in orders:
        keys += tx.dialect.order(columns[order.key], ascending=order.ascending, nullable=False)
    asked = {order.key for order in orders}
    return [*keys, *(tie for name, tie in ties if name not in asked)]


def _page(
    tx: Session,
    select: str,
    conditions: Sequence[Sql],
    keys: Sequence[str],
    limit: int,
    offset: int,
    before: Sequence[Any] = (),
) -> list[Row]:
    where = f" WHERE {' AND '.join(sql for sql, _ in conditions)}" if conditions else ""
    values = [*before, *(value for _, given in conditions for value in given), limit, offset]
    return tx.all(f"{select}{where} ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?", values)
