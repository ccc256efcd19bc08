"""What results are ordered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from padauk.core.errors import InputError
from padauk.core.filters.parse import identifier
from padauk.core.filters.tokens import cut, fail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.core.filters.tree import Entity, Vocabulary


class Order(NamedTuple):
    """One key that results are ordered by."""

    entity: Entity
    key: str
    ascending: bool


def parse_order(clauses: Iterable[str], vocabulary: Vocabulary) -> list[Order]:
    """Each of ``clauses`` (``metrics.loss DESC``, ``start_time``) as a value.

    Raises:
        InputError: a clause does not parse, names what cannot be ordered by, or comes twice.
    """
    found: list[Order] = []
    for clause in clauses:
        tokens = cut(clause)
        name, *rest = tokens[:-1] or tokens
        if name.kind not in {"name", "word", "quoted"} and not (name.kind == "text" and name.text[0] == '"'):
            fail(clause, name.start, f"Invalid order_by clause '{clause}': expected a name")
        direction = rest[0].text.upper() if rest else "ASC"
        if len(rest) > 1 or direction not in {"ASC", "DESC"}:
            fail(clause, rest[0].start, f"Invalid ordering key '{clause}': expected ASC, DESC or the end")
        entity, key = identifier(clause, name, vocabulary)
        if entity == "dataset":
            fail(clause, name.start, f"Invalid order_by entity `{entity}` with key `{key}`")
        if entity == "attribute" and vocabulary.orderable is not None and key not in vocabulary.orderable:
            fail(
                clause,
                name.start,
                f"Invalid order_by key '{key}': valid are {', '.join(vocabulary.orderable)}",
            )
        if any((order.entity, order.key) == (entity, key) for order in found):
            raise InputError(f"`order_by` contains duplicate fields: {list(clauses)}")
        found.append(Order(entity, key, direction == "ASC"))
    return found
