"""Search traces: one statement finds the rows of a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError
from padauk.core.filters import And, Comparison
from padauk.db.conditions import Sql, compare, condition, nullable
from padauk.db.engine import marks
from padauk.db.traces import COLUMNS, PROMPT, RUN, TraceRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.core.filters import Node, Order
    from padauk.db.engine import Session

STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")
SESSION = "mlflow.trace.session"
NAME = "mlflow.traceName"
SOURCE_RUN = "mlflow.sourceRun"
_KINDS = {"feedback": 0, "expectation": 1, "issue": 2}
_SPAN_STATES = ("UNSET", "OK", "ERROR")


def _names(column: str, names: Sequence[str]) -> str:
    return f"CASE {column} " + " ".join(f"WHEN {n} THEN '{name}'" for n, name in enumerate(names)) + " END"


_ATTRIBUTES = {
    "request_id": "t.uid",
    "experiment_id": "t.experiment_id",
    "timestamp_ms": "t.started",
    "execution_time_ms": "t.duration",
    "end_time_ms": "(t.started + coalesce(t.duration, 0))",
    "status": _names("t.state", STATES),
    "client_request_id": "t.client_request_id",
    "name": "t.name",
    "session": "t.session",
}
_NULLABLE = {"execution_time_ms", "client_request_id", "name", "session"}
_SPAN_COLUMNS = {"name": "s.name", "type": "s.kind", "status": _names("s.status", _SPAN_STATES)}


def find(
    tx: Session,
    experiments: Sequence[int],
    where: Node | None,
    orders: Sequence[Order],
    *,
    limit: int,
    offset: int,
) -> list[TraceRow]:
    """A page of traces. After ``orders`` the newest first, then by id; what lacks a key comes last."""
    conditions = [_among(experiments)]
    if where is not None:
        conditions.append(_Search(tx).condition(where))
    joins, values, keys = _ordering(tx, orders)
    sql = (
        f"SELECT {', '.join('t.' + name for name in COLUMNS.split(', '))} FROM traces t{joins}"
        f" WHERE {' AND '.join(sql for sql, _ in conditions)} ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?"
    )
    values += [value for _, given in conditions for value in given]
    return [TraceRow(*row) for row in tx.all(sql, [*values, limit, offset])]


def count(tx: Session, experiments: Sequence[int], where: Node | None) -> int:
    """How many traces :func:`find` finds without a limit."""
    conditions = [_among(experiments)]
    if where is not None:
        conditions.append(_Search(tx).condition(where))
    sql = f"SELECT count(*) FROM traces t WHERE {' AND '.join(sql for sql, _ in conditions)}"
    return int(tx.value(sql, [value for _, given in conditions for value in given]))


def _among(experiments: Sequence[int]) -> Sql:
    if len(experiments) == 1:
        return "t.experiment_id = ?", [*experiments]
    return f"t.experiment_id IN ({marks(experiments)})", [*experiments]


def _ordering(tx: Session, orders: Sequence[Order]) -> tuple[str, list[Any], list[str]]:
    joins, values, keys = "", [], []
    for place, order in enumerate(orders):
        column = _plain_column(order.entity, order.key)
        if column is None:
            if order.entity not in {"tag", "metadata"}:
                raise InputError(f"Invalid order_by entity `{order.entity}` with key `{order.key}`")
            key = tx.names.find(tx, order.key)
            if key is None:
                continue
            table = "trace_tags" if order.entity == "tag" else "trace_metadata"
            joins += f" LEFT JOIN {table} o{place} ON o{place}.trace_id = t.id AND o{place}.key_id = ?"
            values.append(key)
            column = f"o{place}.value"
        required = order.entity == "attribute" and order.key not in _NULLABLE
        keys += tx.dialect.order(column, ascending=order.ascending, nullable=not required)
    if not any(order.key == "timestamp_ms" for order in orders):
        keys.append("t.started DESC")
    return joins, values, [*keys, "t.uid"]


def _plain_column(entity: str, key: str) -> str | None:
    if entity == "attribute":
        return _ATTRIBUTES.get(key)
    if (entity, key) == ("tag", NAME):
        return "t.name"
    if (entity, key) == ("metadata", SESSION):
        return "t.session"
    return None


class _Search:
    """Builds the condition of one search."""

    def __init__(self, tx: Session) -> None:
        self.tx = tx
        self.dialect = tx.dialect

    def condition(self, node: Node) -> Sql:
        """As ``conditions.condition``; what is asked of spans together is asked of one span."""
        if isinstance(node, And):
            asked = [part for part in node.parts if _of_span(part)]
            if len(asked) > 1:
                rest = tuple(part for part in node.parts if not _of_span(part))
                sql, values = self.spans([part for part in asked if isinstance(part, Comparison)])
                if not rest:
                    return sql, values
                more, given = self.condition(rest[0] if len(rest) == 1 else And(rest))
                return f"({sql} AND {more})", [*values, *given]
        return condition(node, self.comparison)

    def comparison(self, asked: Comparison) -> Sql:
        column = _plain_column(asked.entity, asked.key)
        if column is not None:
            required = asked.entity == "attribute" and asked.key not in _NULLABLE
            return (compare if required else nullable)(column, asked, self.dialect)
        if _of_span(asked):
            return self.spans([asked])
        if asked.entity == "attribute" and asked.key == "prompt":
            return self.prompt(asked)
        if asked.entity in {"feedback", "expectation", "issue"}:
            return self.assessed(asked)
        if asked.entity == "attribute" and asked.key == "run_id":
            asked = Comparison("metadata", SOURCE_RUN, asked.operator, asked.value)
        sql, values = self.pair(asked)
        if asked.entity == "metadata" and asked.key == SOURCE_RUN and asked.operator in {"=", "IN"}:
            linked, given = compare("x.target", asked, self.dialect)
            links = f"SELECT 1 FROM trace_links x WHERE x.trace_id = t.id AND x.kind = {RUN} AND {linked}"
            return f"({sql} OR EXISTS ({links}))", [*values, *given]
        return sql, values

    def pair(self, asked: Comparison) -> Sql:
        key = self.tx.names.find(self.tx, asked.key)
        if key is None:
            return ("1 = 1" if asked.operator == "IS NULL" else "1 = 0"), []
        table = "trace_tags" if asked.entity == "tag" else "trace_metadata"
        lookup = f"SELECT 1 FROM {table} x WHERE x.trace_id = t.id AND x.key_id = ?"
        if asked.operator == "IS NULL":
            return f"NOT EXISTS ({lookup})", [key]
        if asked.operator == "IS NOT NULL":
            return f"EXISTS ({lookup})", [key]
        sql, values = compare("x.value", asked, self.dialect)
        return f"EXISTS ({lookup} AND {sql})", [key, *values]

    def prompt(self, asked: Comparison) -> Sql:
        if asked.operator != "=" or not isinstance(asked.value, str):
            raise InputError(
                f"Invalid comparator '{asked.operator}' for prompts filter. "
                "Only '=' is supported with format: prompt = \"name/version\""
            )
        if asked.value.count("/") != 1:
            raise InputError(
                f"Invalid prompts filter value '{asked.value}'. Expected format: prompt = \"name/version\""
            )
        links = f"SELECT 1 FROM trace_links x WHERE x.trace_id = t.id AND x.kind = {PROMPT}"
        return f"EXISTS ({links} AND x.target = ?)", [asked.value]

    def spans(self, asked: Sequence[Comparison]) -> Sql:
        pieces = [self.span(one) for one in asked]
        return (
            "EXISTS (SELECT 1 FROM spans s WHERE s.trace_id = t.id AND "
            + " AND ".join(sql for sql, _ in pieces)
            + ")"
        ), [value for _, values in pieces for value in values]

    def span(self, asked: Comparison) -> Sql:
        if asked.key in {"text", "content"}:
            if asked.operator not in {"LIKE", "ILIKE", "RLIKE"}:
                raise InputError(
                    f"span.content comparator '{asked.operator}' not one of '{{'LIKE', 'ILIKE', 'RLIKE'}}'"
                )
            pieces = [
                compare(column, asked, self.dialect)
                for column in ("s.attributes", "s.name", "coalesce(s.more, '')")
            ]
            return f"({' OR '.join(sql for sql, _ in pieces)})", [v for _, values in pieces for v in values]
        if asked.key.startswith("attributes."):
            name = asked.key.removeprefix("attributes.").strip('`"')
            if not name:
                raise InputError("Span attribute name cannot be empty after 'attributes.'")
            member = self.dialect.member("s.attributes")
            if asked.operator in {"IS NULL", "IS NOT NULL"}:
                return f"{member} {asked.operator}", [name]
            # as a param: what is asked for as a number is compared as one
            param = Comparison("param", name, asked.operator, asked.value)
            sql, values = compare(member, param, self.dialect)
            # `member` stands as often in the comparison as there are marks for its name
            names = [name] * sql.count(member)
            return f"({member} IS NOT NULL AND {sql})", [name, *names, *values]
        column = _SPAN_COLUMNS.get(asked.key)
        if column is None:
            raise InputError(
                f"Invalid span attribute '{asked.key}'. Supported attributes: name, status, type,"
                " attributes.<attribute_name>."
            )
        return compare(column, asked, self.dialect)

    def assessed(self, asked: Comparison) -> Sql:
        said = f"a.kind = {_KINDS[asked.entity]} AND a.name = ?"
        if asked.entity == "issue":
            if asked.key != "id" or asked.operator != "=" or not isinstance(asked.value, str):
                raise InputError(f"Invalid issue attribute '{asked.key}'. Supported attributes: id with =")
            return f"EXISTS (SELECT 1 FROM assessments a WHERE a.trace_id = t.id AND {said})", [asked.value]
        said += " AND a.valid = 1"
        values: list[Any] = [asked.key]
        if asked.operator not in {"IS NULL", "IS NOT NULL"}:
            sql, given = self.said_value(asked)
            said += f" AND {sql}"
            values += given
        found = (
            f"(t.id IN (SELECT a.trace_id FROM assessments a WHERE {said}) OR (t.session IS NOT NULL AND"
            " (t.experiment_id, t.session) IN (SELECT u.experiment_id, u.session FROM assessments a JOIN"
            f" traces u ON u.id = a.trace_id WHERE {said} AND a.of_session = 1 AND u.session IS NOT NULL)))"
        )
        return f"NOT {found}" if asked.operator == "IS NULL" else found, [*values, *values]

    def said_value(self, asked: Comparison) -> Sql:
        if isinstance(asked.value, int | float):
            return nullable("a.number", asked, self.dialect)
        if isinstance(asked.value, str) and asked.operator in {"=", "!="}:
            # a text is kept as JSON; true, 5 and null may be asked for in quotes
            word = "IN" if asked.operator == "=" else "NOT IN"
            return f"a.value {word} (?, ?)", [asked.value, json.dumps(asked.value, ensure_ascii=False)]
        return compare("a.value", asked, self.dialect)


def _of_span(node: Node) -> bool:
    return isinstance(node, Comparison) and (
        node.entity == "span" or (node.entity == "attribute" and node.key == "text")
    )
