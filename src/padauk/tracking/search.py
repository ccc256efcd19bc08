"""Search runs and experiments with filters, orders and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from padauk.core.errors import InputError
from padauk.core.filters import Vocabulary, parse, parse_order
from padauk.db import search as rows
from padauk.db.conditions import page_offset, page_token
from padauk.tracking import checks, experiments
from padauk.tracking.assemble import assemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session
    from padauk.tracking.nouns import Experiment, Run

View = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]
_STAGES: dict[View, tuple[int, ...]] = {"ACTIVE_ONLY": (0,), "DELETED_ONLY": (1,), "ALL": (0, 1)}
MAX_RESULTS = 50_000
DEFAULT_RESULTS = 1000

RUNS = Vocabulary(
    attributes={
        "run_id": "text",
        "run_name": "text",
        "status": "text",
        "user_id": "text",
        "artifact_uri": "text",
        "start_time": "time",
        "end_time": "time",
    },
    entities=frozenset({"metric", "param", "tag", "dataset"}),
    aliases={
        "created": "start_time",
        "Created": "start_time",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
    },
)
EXPERIMENTS = Vocabulary(
    attributes={"name": "text", "experiment_id": "text", "creation_time": "time", "last_update_time": "time"},
    entities=frozenset({"tag"}),
)


def stages_of(view: View) -> tuple[int, ...]:
    """The lifecycle stages that a view shows, as numbers."""
    return _STAGES[view]


def search_runs(
    tx: Session,
    experiment_ids: Sequence[str],
    *,
    where: str = "",
    view: View = "ACTIVE_ONLY",
    limit: int = DEFAULT_RESULTS,
    order_by: Sequence[str] = (),
    token: str | None = None,
) -> tuple[list[Run], str | None]:
    """A page of the runs of some experiments, and the token of the next page if there is one.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    check_limit(limit)
    node = parse(where, RUNS)
    orders = parse_order(order_by, RUNS)
    offset = page_offset(token)
    numbers = [checks.parse_experiment_id(text) for text in experiment_ids]
    if not numbers:
        return [], None
    found = rows.find_runs(tx, numbers, _STAGES[view], node, orders, limit=limit + 1, offset=offset)
    more = page_token(offset + limit) if len(found) > limit else None
    return assemble(tx, found[:limit]), more


def search_experiments(
    tx: Session,
    *,
    where: str = "",
    view: View = "ACTIVE_ONLY",
    limit: int = DEFAULT_RESULTS,
    order_by: Sequence[str] = (),
    token: str | None = None,
) -> tuple[list[Experiment], str | None]:
    """A page of experiments, and the token of the next page if there is one.

    Raises:
        InputError: the filter, an order, the limit or the token is wrong.
    """
    check_limit(limit)
    node = parse(where, EXPERIMENTS)
    orders = parse_order(order_by, EXPERIMENTS)
    offset = page_offset(token)
    found = rows.find_experiments(tx, _STAGES[view], node, orders, limit=limit + 1, offset=offset)
    more = page_token(offset + limit) if len(found) > limit else None
    return experiments.nouns(tx, found[:limit]), more


def check_limit(limit: int, largest: int = MAX_RESULTS) -> None:
    """A number of results to ask for."""
    if limit < 1:
        raise InputError(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer."
        )
    if limit > largest:
        raise InputError(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be at most {largest}."
        )
