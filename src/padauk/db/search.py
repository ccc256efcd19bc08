"""Search runs and experiments: one statement finds the rows of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError
from padauk.core.filters import And, Comparison
from padauk.db import runs
from padauk.db.conditions import Sql, compare, condition, nullable
from padauk.db.engine import marks
from padauk.db.experiments import ExperimentRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.core.filters import Node, Order
    from padauk.db.engine import Session

STATUS_NAMES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
_RUN_COLUMNS = {
    "run_id": "r.uid",
    "run_name": "r.name",
    "user_id": "r.user_name",
    "artifact_uri": "r.artifact_uri",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "status": "CASE r.status "
    + " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(STATUS_NAMES))
    + " END",
}
_EXPERIMENT_COLUMNS = {
    "experiment_id": "e.id",
    "name": "e.name",
    "creation_time": "e.created",
    "last_update_time": "e.updated",
}
_NULLABLE = {"start_time", "end_time"}
_MANY = 3000  # runs that are too many to look at each
_FEW = 3000  # runs that are few enough to be named one by one
_RANGES = {"=", "<", "<=", ">", ">="}
_TABLES = {"metric": "latest_metrics", "param": "params", "tag": "run_tags"}


def find_runs(
    tx: Session,
    experiments: Sequence[int],
    stages: Sequence[int],
    where: Node | None,
    orders: Sequence[Order],
    *,
    limit: int,
    offset: int,
) -> list[runs.RunRow]:
    """A page of runs. After ``orders`` the newest first, then by id; what lacks a key comes last.

    Among few runs, all are looked at. Among many there are two short cuts: a comparison that few runs
    pass, and that an index answers, picks these; and an order by a metric walks its values in order until
    the page is full.
    """
    search = _RunSearch(tx)
    scope = [_among("r.experiment_id", experiments), _among("r.stage", stages)]
    if search.many(scope):
        # no index on the experiment then: the one on values is the better
        inside = [(sql.replace("r.experiment_id", "(r.experiment_id + 0)", 1), given) for sql, given in scope]
        if where is not None:
            inside.append(condition(where, search.comparison))
        joins, keys = search.ordering(orders)
        chosen = search.rare(where)
        if chosen is not None:
            if not chosen:
                return []
            inside.append(_among("r.id", chosen))
            return search.rows("runs r" + "".join(joins[0]), joins[1], inside, keys, limit, offset)
        if orders and orders[0].entity == "metric" and joins[0]:
            found = search.walk(inside, joins, keys, limit, offset)
            if len(found) == limit:
                return found
    columns = ", ".join("r." + name for name in runs.COLUMNS.split(", "))
    sql, values = _run_query(tx, columns, experiments, stages, where, orders)
    return [runs.RunRow(*row) for row in tx.all(f"{sql} LIMIT ? OFFSET ?", [*values, limit, offset])]


def run_order(
    tx: Session,
    experiments: Sequence[int],
    stages: Sequence[int],
    where: Node | None,
    orders: Sequence[Order],
) -> list[int]:
    """The row numbers of all runs that :func:`find_runs` finds, in its order."""
    sql, values = _run_query(tx, "r.id", experiments, stages, where, orders)
    return [row[0] for row in tx.all(sql, values)]


def _run_query(
    tx: Session,
    columns: str,
    experiments: Sequence[int],
    stages: Sequence[int],
    where: Node | None,
    orders: Sequence[Order],
) -> tuple[str, list[Any]]:
    search = _RunSearch(tx)
    conditions = [_among("r.experiment_id", experiments), _among("r.stage", stages)]
    if where is not None:
        conditions.append(condition(where, search.comparison))
    joins, keys = search.ordering(orders)
    sql = (
        f"SELECT {columns} FROM runs r{''.join(joins[0])}"
        f" WHERE {' AND '.join(sql for sql, _ in conditions)} ORDER BY {', '.join(keys)}"
    )
    return sql, [*joins[1], *(value for _, given in conditions for value in given)]


def count_runs(tx: Session, experiments: Sequence[int], stages: Sequence[int], where: Node | None) -> int:
    """How many runs :func:`find_runs` finds without a limit."""
    conditions = [_among("r.experiment_id", experiments), _among("r.stage", stages)]
    if where is not None:
        conditions.append(condition(where, _RunSearch(tx).comparison))
    sql = f"SELECT count(*) FROM runs r WHERE {' AND '.join(sql for sql, _ in conditions)}"
    return int(tx.value(sql, [value for _, given in conditions for value in given]))


def _among(column: str, values: Sequence[int]) -> Sql:
    if len(values) == 1:
        return f"{column} = ?", list(values)
    return f"{column} IN ({marks(values)})", list(values)


def _is_short_text(asked: Comparison) -> bool:
    """Whether an index of short values holds all that equals what is asked for."""
    if asked.operator not in {"=", "IN"}:
        return False
    values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    return all(isinstance(value, str) and len(value) <= runs.SHORT for value in values)


class _RunSearch:
    """Builds the pieces of one run search."""

    def __init__(self, tx: Session) -> None:
        self.tx = tx
        self.dialect = tx.dialect

    def many(self, scope: list[Sql]) -> bool:
        """Whether there are more runs than are quickly looked at."""
        inner = f"SELECT 1 FROM runs r WHERE {' AND '.join(sql for sql, _ in scope)} LIMIT ?"
        values = [value for _, given in scope for value in given]
        return int(self.tx.value(f"SELECT count(*) FROM ({inner}) few", [*values, _MANY])) == _MANY

    def rare(self, where: Node | None) -> list[int] | None:
        """The runs that one comparison in ``where`` leaves, if it leaves few; ``None`` if none does."""
        parts = where.parts if isinstance(where, And) else (where,)
        for part in parts:
            lookup = self.lookup(part) if isinstance(part, Comparison) else None
            if lookup is None:
                continue
            sql, values = lookup
            found = self.tx.all(f"{sql} LIMIT ?", [*values, _FEW + 1]) if sql else []
            if len(found) <= _FEW:
                return [number for (number,) in found]
        return None

    def lookup(self, asked: Comparison) -> Sql | None:
        """The runs that match, found by an index; ``None`` if there is none for such a comparison, and
        empty if nothing was ever logged under the key.
        """
        if asked.entity == "metric" and asked.operator in _RANGES:
            table, more = "latest_metrics", "is_nan = 0"
        elif asked.entity in {"param", "tag"} and _is_short_text(asked):
            table, more = _TABLES[asked.entity], runs.SHORT_VALUE
        elif (asked.entity, asked.key) == ("attribute", "run_name") and _is_short_text(asked):
            sql, values = compare("name", asked, self.dialect)
            return f"SELECT id FROM runs WHERE {runs.SHORT_NAME} AND {sql}", values
        else:
            return None
        key = self.tx.names.find(self.tx, asked.key)
        if key is None:
            return "", []
        sql, values = compare("value", asked, self.dialect)
        return f"SELECT run_id FROM {table} WHERE key_id = ? AND {more} AND {sql}", [key, *values]

    def walk(
        self,
        conditions: list[Sql],
        joins: tuple[list[str], list[Any]],
        keys: list[str],
        limit: int,
        offset: int,
    ) -> list[runs.RunRow]:
        """A page in the order of a metric's values, as far as there are numbers."""
        key, *others = joins[1]
        first = ("o0.key_id = ? AND o0.is_nan = 0 AND r.id = o0.run_id", [key])
        source = "latest_metrics o0 CROSS JOIN runs r" + "".join(joins[0][1:])
        return self.rows(source, others, [first, *conditions], keys[1:], limit, offset)

    def rows(
        self, source: str, values: list[Any], conditions: list[Sql], keys: list[str], limit: int, offset: int
    ) -> list[runs.RunRow]:
        columns = ", ".join("r." + name for name in runs.COLUMNS.split(", "))
        sql = (
            f"SELECT {columns} FROM {source} WHERE {' AND '.join(sql for sql, _ in conditions)}"
            f" ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?"
        )
        bound = [*values, *(value for _, given in conditions for value in given), limit, offset]
        return [runs.RunRow(*row) for row in self.tx.all(sql, bound)]

    def comparison(self, asked: Comparison) -> Sql:
        if asked.entity == "attribute":
            column = _RUN_COLUMNS[asked.key]
            return (nullable if asked.key in _NULLABLE else compare)(column, asked, self.dialect)
        if asked.entity == "dataset":
            return self.dataset(asked)
        key = self.tx.names.find(self.tx, asked.key)
        if key is None:
            return ("1 = 1" if asked.operator == "IS NULL" else "1 = 0"), []
        table = _TABLES[asked.entity]
        lookup = f"SELECT 1 FROM {table} x WHERE x.run_id = r.id AND x.key_id = ?"
        if asked.operator == "IS NULL":
            return f"NOT EXISTS ({lookup})", [key]
        if asked.operator == "IS NOT NULL":
            return f"EXISTS ({lookup})", [key]
        # the plus keeps the index on values out of it: the row of the run is found by its key
        sql, values = compare("+x.value" if asked.entity == "metric" else "x.value", asked, self.dialect)
        if asked.entity == "metric":
            # NaN differs from every number, and compares with none
            differs = asked.operator in {"!=", "NOT IN"}
            sql = f"({sql} OR +x.is_nan = 1)" if differs else f"({sql} AND +x.is_nan = 0)"
        return f"EXISTS ({lookup} AND {sql})", [key, *values]

    def dataset(self, asked: Comparison) -> Sql:
        if asked.key == "context":
            sql, values = compare("x.value", asked, self.dialect)
            return (
                "EXISTS (SELECT 1 FROM run_dataset_tags x WHERE x.run_id = r.id"
                f" AND x.key = 'mlflow.data.context' AND {sql})"
            ), values
        sql, values = compare(f"d.{asked.key}", asked, self.dialect)
        return (
            "EXISTS (SELECT 1 FROM run_datasets x JOIN datasets d ON d.id = x.dataset_id"
            f" WHERE x.run_id = r.id AND {sql})"
        ), values

    def ordering(self, orders: Sequence[Order]) -> tuple[tuple[list[str], list[Any]], list[str]]:
        """Joins with their values, and the keys of ORDER BY."""
        joins: list[str] = []
        values: list[Any] = []
        keys: list[str] = []
        for place, order in enumerate(orders):
            if order.entity == "attribute":
                keys += self.dialect.order(
                    _RUN_COLUMNS[order.key], ascending=order.ascending, nullable=order.key in _NULLABLE
                )
                continue
            key = self.tx.names.find(self.tx, order.key)
            if key is None:
                continue
            name = f"o{place}"
            joins.append(
                f" LEFT JOIN {_TABLES[order.entity]} {name} ON {name}.run_id = r.id AND {name}.key_id = ?"
            )
            values.append(key)
            if order.entity == "metric":
                keys.append(
                    f"CASE WHEN {name}.is_nan = 1 THEN 1 WHEN {name}.is_nan IS NULL THEN 2 ELSE 0 END"
                )
            keys += self.dialect.order(f"{name}.value", ascending=order.ascending, nullable=True)
        if not any(order.entity == "attribute" and order.key == "start_time" for order in orders):
            keys += self.dialect.order("r.start_time", ascending=False, nullable=True)
        return (joins, values), [*keys, "r.uid"]


def find_experiments(
    tx: Session,
    stages: Sequence[int],
    where: Node | None,
    orders: Sequence[Order],
    *,
    limit: int,
    offset: int,
) -> list[ExperimentRow]:
    """A page of experiments, without ``orders`` the newest first."""
    dialect = tx.dialect

    def comparison(asked: Comparison) -> Sql:
        if asked.entity == "attribute":
            if asked.key == "experiment_id":
                asked = _with_numbers(asked)
            return compare(_EXPERIMENT_COLUMNS[asked.key], asked, dialect)
        lookup = "SELECT 1 FROM experiment_tags x WHERE x.experiment_id = e.id AND x.key = ?"
        if asked.operator == "IS NULL":
            return f"NOT EXISTS ({lookup})", [asked.key]
        if asked.operator == "IS NOT NULL":
            return f"EXISTS ({lookup})", [asked.key]
        sql, values = compare("x.value", asked, dialect)
        return f"EXISTS ({lookup} AND {sql})", [asked.key, *values]

    conditions = [_among("e.stage", stages)]
    if where is not None:
        conditions.append(condition(where, comparison))
    keys: list[str] = []
    values = [value for _, given in conditions for value in given]
    for order in orders:
        if order.entity == "attribute":
            column = _EXPERIMENT_COLUMNS[order.key]
        else:
            column = "(SELECT x.value FROM experiment_tags x WHERE x.experiment_id = e.id AND x.key = ?)"
            values.append(order.key)
        keys += dialect.order(column, ascending=order.ascending, nullable=False)
    if not orders:
        keys.append("e.created DESC")
    if all(order.key != "experiment_id" for order in orders):
        keys.append("e.id DESC" if not orders else "e.id")
    sql = (
        "SELECT e.id, e.name, e.artifact_location, e.stage, e.created, e.updated FROM experiments e"
        f" WHERE {' AND '.join(sql for sql, _ in conditions)} ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?"
    )
    return [ExperimentRow(*row) for row in tx.all(sql, [*values, limit, offset])]


def _with_numbers(asked: Comparison) -> Comparison:
    """Ids are texts in a filter and numbers in the table."""
    if asked.operator not in {"=", "!=", "IN", "NOT IN"}:
        raise InputError(f"Invalid comparator for experiment_id: {asked.operator}")
    try:
        if isinstance(asked.value, tuple):
            value: Any = tuple(int(item) for item in asked.value)
        else:
            value = int(asked.value or 0)
    except ValueError as error:
        raise InputError(
            f"Invalid experiment ID '{asked.value}'. Experiment ID must be a valid integer."
        ) from error
    return type(asked)(asked.entity, asked.key, asked.operator, value)
