"""The tree of a filter, and its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Entity = Literal[
    "attribute", "metric", "param", "tag", "dataset", "metadata", "span", "feedback", "expectation", "issue"
]
Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"
]
Kind = Literal["text", "number", "time"]
Value = str | int | float | tuple[str | int | float, ...] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. ``value`` is ``None`` for ``IS [NOT] NULL`` and a tuple for ``[NOT] IN``.

    On params and tags a number asks for a comparison as numbers: values that are no numbers do not match.
    ``!=`` does not match what lacks the key.
    """

    entity: Entity
    key: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class And:
    """All of ``parts`` (two or more)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of ``parts`` (two or more)."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What ``part`` does not match; also what lacks the key that it asks for."""

    part: Node


Node = Comparison | And | Or | Not


@dataclass(frozen=True)
class Vocabulary:
    """What may be asked of one kind of thing.

    Attributes:
        attributes: name of each attribute to the type of its values.
        entities: which of metrics, params, tags, datasets, metadata, … it has.
        aliases: other names of attributes.
        orderable: attributes that results may be ordered by, where not all.
        prefixes: other words before the dot, such as ``trace.`` for attributes of traces.
    """

    attributes: Mapping[str, Kind]
    entities: frozenset[Entity] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    orderable: frozenset[str] | None = None
    prefixes: Mapping[str, Entity] = field(default_factory=dict)


_PLAIN = re.compile(r"[A-Za-z_][\w.\-/]*\Z")
_PREFIX = {
    "attribute": "attributes",
    "metric": "metrics",
    "param": "params",
    "tag": "tags",
    "dataset": "datasets",
    "metadata": "metadata",
    "span": "span",
    "feedback": "feedback",
    "expectation": "expectation",
    "issue": "issue",
}


def render(node: Node) -> str:
    """The text of a filter; parsing it gives ``node`` again."""
    match node:
        case And(parts):
            return " AND ".join(
                f"({render(part)})" if isinstance(part, And | Or) else render(part) for part in parts
            )
        case Or(parts):
            return " OR ".join(
                f"({render(part)})" if isinstance(part, Or) else render(part) for part in parts
            )
        case Not(part):
            return f"NOT ({render(part)})"
        case Comparison(entity, key, operator, value):
            name = key if _PLAIN.match(key) else f"`{key}`"
            left = f"{_PREFIX[entity]}.{name} {operator}"
            if value is None:
                return left
            if isinstance(value, tuple):
                return f"{left} ({', '.join(_literal(item) for item in value)})"
            return f"{left} {_literal(value)}"


def _literal(value: str | float) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
