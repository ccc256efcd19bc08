"""Find traces with filters, orders and pages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from padauk.core.errors import InputError
from padauk.core.filters import And, Vocabulary, parse, parse_order
from padauk.db import trace_search as rows
from padauk.db.conditions import page_offset, page_token
from padauk.traces.read import traces_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.core.filters import Node
    from padauk.db import Session
    from padauk.traces.nouns import Trace

DEFAULT_RESULTS = 100
MAX_RESULTS = 500

TRACES = Vocabulary(
    attributes={
        "request_id": "text",
        "experiment_id": "number",
        "timestamp_ms": "time",
        "execution_time_ms": "number",
        "end_time_ms": "time",
        "status": "text",
        "client_request_id": "text",
        "name": "text",
        "run_id": "text",
        "session": "text",
        "prompt": "text",
        "text": "text",
    },
    entities=frozenset({"tag", "metadata", "span", "feedback", "expectation", "issue"}),
    aliases={
        "trace_id": "request_id",
        "timestamp": "timestamp_ms",
        "execution_time": "execution_time_ms",
        "end_time": "end_time_ms",
        "state": "status",
        "session_id": "session",
    },
    orderable=frozenset(
        {
            "request_id",
            "experiment_id",
            "timestamp_ms",
            "execution_time_ms",
            "end_time_ms",
            "status",
            "client_request_id",
            "name",
            "session",
        }
    ),
    prefixes={"trace": "attribute"},
)


class Correlation(NamedTuple):
    """How two filters go together, as counts of traces."""

    both: int
    first: int
    second: int
    all: int

    @property
    def npmi(self) -> float | None:
        """Normalised pointwise mutual information: -1 never together, 1 always, ``None`` unknown."""
        if not (self.first and self.second and self.all):
            return None
        if not self.both:
            return -1.0
        return _npmi(self.both, self.first, self.second, self.all)

    @property
    def npmi_smoothed(self) -> float | None:
        """As ``npmi`` with half a trace added to each of the four kinds: small counts say less."""
        if not self.all:
            return None
        return _npmi(self.both + 0.5, self.first + 1, self.second + 1, self.all + 2)


def search_traces(
    tx: Session,
    experiments: Sequence[int],
    *,
    where: str = "",
    limit: int = DEFAULT_RESULTS,
    order_by: Sequence[str] = (),
    token: str | None = None,
) -> tuple[list[Trace], str | None]:
    """A page of the traces of some experiments, and the token of the next page if there is one.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    if not 1 <= limit <= MAX_RESULTS:
        raise InputError(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer of at"
            f" most {MAX_RESULTS}."
        )
    node = parse(where, TRACES)
    orders = parse_order(order_by, TRACES)
    offset = page_offset(token)
    if not experiments:
        return [], None
    found = rows.find(tx, experiments, node, orders, limit=limit + 1, offset=offset)
    more = page_token(offset + limit) if len(found) > limit else None
    return traces_of(tx, found[:limit]), more


def correlate(
    tx: Session, experiments: Sequence[int], first: str, second: str, *, among: str = ""
) -> Correlation:
    """How many traces (of those that ``among`` matches) match one filter, the other, both.

    Raises:
        InputError: a filter is wrong.
    """
    base, one, two = parse(among, TRACES), parse(first, TRACES), parse(second, TRACES)

    def count(*nodes: Node | None) -> int:
        parts = tuple(node for node in nodes if node is not None)
        where = None if not parts else parts[0] if len(parts) == 1 else And(parts)
        return rows.count(tx, experiments, where)

    return Correlation(count(base, one, two), count(base, one), count(base, two), count(base))


def _npmi(both: float, first: float, second: float, total: float) -> float:
    if both >= total:
        return 1.0
    together = both / total
    return math.log(both * total / (first * second)) / -math.log(together)
