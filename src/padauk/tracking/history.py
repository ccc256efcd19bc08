"""All points of a metric, and fewer of them for a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.db import metrics as rows
from padauk.db import runs as run_rows
from padauk.db.conditions import page_offset, page_token
from padauk.tracking.nouns import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from padauk.db import Session

NAN = float("nan")
Row = tuple[float, int, int, int]
"""value, is_nan, timestamp, step."""


def portions(tx: Session, run_id: str, key: str) -> Iterator[list[Row]]:
    """All points by timestamp, step, value, in portions; none for an unknown key or run, as MLflow."""
    run = run_rows.numbers_of(tx, [run_id]).get(run_id)
    number = tx.names.find(tx, key)
    if number is not None and run is not None:
        yield from rows.history(tx, run, number)


def page(
    tx: Session, run_id: str, key: str, *, limit: int, token: str | None = None
) -> tuple[list[Metric], str | None]:
    """At most ``limit`` points, and the token of the next page if there is one.

    Raises:
        InputError: ``limit`` is not positive, or ``token`` is none of ours.
    """
    if limit <= 0:
        raise InputError(
            f"Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer."
        )
    offset = page_offset(token)
    run = run_rows.numbers_of(tx, [run_id]).get(run_id)
    number = tx.names.find(tx, key)
    if number is None or run is None:
        return [], None
    found = [
        row for portion in rows.history(tx, run, number, limit=limit + 1, offset=offset) for row in portion
    ]
    more = page_token(offset + limit) if len(found) > limit else None
    return [_noun(key, row) for row in found[:limit]], more


def bulk(tx: Session, run_ids: Sequence[str], key: str, *, limit: int) -> list[tuple[str, Metric]]:
    """The points of one metric of many runs, by run id, then time; ``limit`` points in all."""
    number = tx.names.find(tx, key)
    if number is None:
        return []
    found: list[tuple[str, Metric]] = []
    for uid, run in sorted(run_rows.numbers_of(tx, run_ids).items()):
        for portion in rows.history(tx, run, number, limit=limit - len(found)):
            found += [(uid, _noun(key, row)) for row in portion]
        if len(found) >= limit:
            break
    return found


def sampled(
    tx: Session, run_ids: Sequence[str], key: str, *, limit: int, start: int | None, end: int | None
) -> list[tuple[str, Metric]]:
    """At most ``limit`` points of each run, evenly spread over its steps (from ``start`` to ``end``);
    the last one is always among them.
    """
    number = tx.names.find(tx, key)
    found: list[tuple[str, Metric]] = []
    runs = run_rows.numbers_of(tx, run_ids)
    for uid in run_ids:
        run = runs.get(uid)
        if number is not None and run is not None:
            for row in rows.sampled(tx, run, number, limit, start, end):
                found.append((uid, _noun(key, row)))  # noqa: PERF401 - two conditions deep
    return found


def _noun(key: str, row: Row) -> Metric:
    value, is_nan, timestamp, step = row
    return Metric(key, NAN if is_nan else value, timestamp, step)
