"""Filters as SQL: a tree of ``core.filters`` becomes one condition with bound values."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError
from padauk.core.filters import And, Comparison, Not
from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.core.filters import Node
    from padauk.db.engine import Dialect

Sql = tuple[str, list[Any]]
"""A piece of SQL and the values bound in it."""


def condition(node: Node, one: Callable[[Comparison], Sql]) -> Sql:
    """``node`` as SQL, where ``one`` says what a comparison is: true or false, never NULL."""
    if isinstance(node, Comparison):
        return one(node)
    if isinstance(node, Not):
        sql, values = condition(node.part, one)
        return f"NOT ({sql})", values
    word = " AND " if isinstance(node, And) else " OR "
    pieces = [condition(part, one) for part in node.parts]
    return f"({word.join(sql for sql, _ in pieces)})", [value for _, values in pieces for value in values]


def compare(column: str, comparison: Comparison, dialect: Dialect) -> Sql:
    """``column`` (never NULL) against the value of ``comparison``; params and tags maybe as numbers."""
    operator, value = comparison.operator, comparison.value
    if comparison.entity in {"param", "tag"} and not isinstance(value, str) and _numeric(value):
        number = dialect.number_of(column)
        sql, values = _plain(number, operator, value, dialect)
        return f"coalesce({sql}, {dialect.false})", values
    return _plain(column, operator, value, dialect)


def nullable(column: str, comparison: Comparison, dialect: Dialect) -> Sql:
    """As ``compare`` for a column that may be NULL, which no comparison matches."""
    if comparison.operator in {"IS NULL", "IS NOT NULL"}:
        return f"{column} {comparison.operator}", []
    sql, values = compare(column, comparison, dialect)
    return f"({column} IS NOT NULL AND {sql})", values


def _plain(column: str, operator: str, value: Any, dialect: Dialect) -> Sql:
    if operator in {"IN", "NOT IN"}:
        return f"{column} {operator} ({marks(value)})", list(value)
    if operator == "LIKE":
        return dialect.like(column), [value]
    if operator == "ILIKE":
        return dialect.like(f"lower({column})", "lower(?)"), [value]
    if operator == "RLIKE":
        return dialect.matches(column), [pattern_of(value)]
    if operator in {"IS NULL", "IS NOT NULL"}:
        return f"{column} {operator}", []
    return f"{column} {'<>' if operator == '!=' else operator} ?", [value]


def pattern_of(value: str) -> str:
    """A regular expression that a filter gave.

    Raises:
        InputError: it is none.
    """
    try:
        re.compile(value)
    except re.error as error:
        raise InputError(f"Invalid regular expression {value!r} in the filter: {error}") from error
    return value


def _numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, int | float) for item in value)
    return isinstance(value, int | float)


def page_token(offset: int) -> str:
    """The token of the page that starts at ``offset``."""
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode()


def page_offset(token: str | None) -> int:
    """Where the page of ``token`` starts.

    Raises:
        InputError: it is no token of ours.
    """
    if not token:
        return 0
    try:
        offset = json.loads(base64.b64decode(token, validate=True))["offset"]
        if isinstance(offset, int) and not isinstance(offset, bool) and 0 <= offset < 2**62:
            return offset
    except (binascii.Error, ValueError, KeyError, TypeError):
        pass
    raise InputError(f"Invalid page token '{token[:100]}'.")
