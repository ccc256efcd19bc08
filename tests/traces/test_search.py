"""Filters over traces, their spans and what was said of them; both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError
from padauk.db import open_database
from padauk.traces import Assessment, Span, assess, ingest, record, search
from padauk.tracking import experiments, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.db import Database, Session

START = 1_700_000_000_000
STATES = ["OK", "ERROR", "IN_PROGRESS", "OK"]


def _uid(number: int) -> str:
    return f"tr-{number:032x}"


def _fill(tx: Session) -> str:
    experiments.create(tx, "chats", root="mlflow-artifacts:/")
    run = runs.create(tx, "1", name="run", start_time=1).info.run_id
    for number, state in enumerate(STATES):
        start = (START + number) * 1_000_000
        root = Span(_uid(number), "a" * 16, None, "root", start, start + number * 1_000_000)
        root.status = 2 if state == "ERROR" else 1
        root.attributes = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": f"Käse {number}", "n": number}
        if number < 2:
            root.attributes |= {"mlflow.traceTag.team": ["red", "Red"][number], "session.id": "s"}
        leaf = Span(_uid(number), "b" * 16, "a" * 16, "leaf", start, start)
        leaf.attributes = {"mlflow.spanType": "LLM", "gen.model": ["m-1", "m-2"][number % 2], "on": True}
        spans = [leaf] if state == "IN_PROGRESS" else [root, leaf]
        ingest.prepare(spans)
        ingest.log_spans(tx, 1, spans, location="x:/{trace_id}")
    record.set_tag(tx, _uid(0), "mlflow.traceName", "first")
    record.link_to_run(tx, [_uid(3), "tr-none"], run)
    record.link_prompts(tx, _uid(3), [("greet", 2)])
    for number, value in enumerate([0.25, "yes", True]):
        assess.create(tx, _uid(number), Assessment("score", "feedback", value))
    session = {"mlflow.trace.session": "s"}
    assess.create(tx, _uid(0), Assessment("calm", "feedback", "very", metadata=session))
    assess.create(tx, _uid(3), Assessment("answer", "expectation", {"a": 1}))
    return run


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> Iterator[tuple[Database, str]]:
    db = open_database(module_database_url)
    yield db, db.write(_fill)
    db.close()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", [3, 2, 1, 0]),
        ("status = 'OK'", [3, 0]),
        ("trace.status IN ('ERROR', 'IN_PROGRESS')", [2, 1]),
        ("NOT status = 'OK' OR name = 'first'", [2, 1, 0]),
        ("timestamp_ms > 1700000000001", [3, 2]),
        ("timestamp >= '2023-11-14T22:13:20.002'", [3, 2]),
        ("execution_time_ms >= 1 AND end_time_ms < 1700000000003", [1]),
        (f"request_id = '{_uid(2)}'", [2]),
        ("name = 'first'", [0]),
        ("tags.`mlflow.traceName` IS NULL", [3, 2, 1]),
        ("tags.team = 'red'", [0]),
        ("tags.team ILIKE 'RED'", [1, 0]),
        ("tags.team RLIKE '^[rR]ed$'", [1, 0]),
        ("tags.team IS NULL", [3, 2]),
        ("tags.never_set IS NULL", [3, 2, 1, 0]),
        ("metadata.`mlflow.trace.session` = 's'", [1, 0]),
        ("session IS NULL", [3, 2]),
        ("span.name = 'root'", [3, 1, 0]),
        ("span.name = 'root' AND span.type = 'LLM'", []),
        ("span.name = 'leaf' AND span.type = 'LLM' AND status = 'OK'", [3, 0]),
        ("span.status = 'ERROR'", [1]),
        ("span.attributes.gen.model = 'm-2'", [3, 1]),
        ("span.attributes.gen.model LIKE 'm-%' AND span.attributes.n > 0", []),
        ("span.attributes.n > 0", [3, 1]),
        ("span.attributes.n = '3'", [3]),
        ("trace.text LIKE '%Käse 1%'", [1]),
        ("trace.text ILIKE '%LEAF%'", [3, 2, 1, 0]),
        ("run_id = '<run>'", [3]),
        ("prompt = 'greet/2'", [3]),
        ("feedback.score = 'yes'", [1]),
        ("feedback.score = 'true'", [2]),
        ("feedback.score < 0.5", [0]),
        ("feedback.score IS NULL", [3]),
        ("feedback.calm = 'very'", [1, 0]),  # what is said of a session is said of all its traces
        ("feedback.calm IS NULL", [3, 2]),
        ("expectation.answer IS NOT NULL", [3]),
        ("feedback.answer IS NOT NULL", []),
    ],
)
def test_filters(filled: tuple[Database, str], where: str, expected: list[int]) -> None:
    db, run = filled
    with db.read() as tx:
        found, _ = search.search_traces(tx, [1], where=where.replace("<run>", run))
    assert [int(one.trace_id[3:], 16) for one in found] == expected


@pytest.mark.parametrize(
    "where",
    [
        "nothing = 'x'",
        "params.x = 'y'",
        "status > 3",
        "span.color = 'red'",
        "trace.text = 'whole'",
        "prompt LIKE 'greet%'",
        "prompt = 'greet'",
        "tags.team RLIKE '('",
        "issue.name = 'x'",
    ],
)
def test_what_cannot_be_asked_says_so(filled: tuple[Database, str], where: str) -> None:
    with filled[0].read() as tx, pytest.raises(InputError):
        search.search_traces(tx, [1], where=where)


def test_orders_and_pages(filled: tuple[Database, str]) -> None:
    def order(*keys: str, limit: int = 100, token: str | None = None) -> tuple[list[int], str | None]:
        with filled[0].read() as tx:
            found, more = search.search_traces(tx, [1, 7], order_by=keys, limit=limit, token=token)
        return [int(one.trace_id[3:], 16) for one in found], more

    assert order("timestamp_ms ASC")[0] == [0, 1, 2, 3]
    assert order("execution_time_ms DESC")[0] == [3, 1, 2, 0]
    assert order("tags.team")[0][2:] == [3, 2]
    assert order("tags.team DESC")[0][2:] == [3, 2]
    assert order("name")[0] == [0, 3, 2, 1]
    page, token = order(limit=3)
    assert (page, order(limit=3, token=token)) == ([3, 2, 1], ([0], None))
    for wrong in (0, 501):
        with pytest.raises(InputError):
            order(limit=wrong)
    with pytest.raises(InputError):
        order("span.name")


def test_how_two_filters_go_together(filled: tuple[Database, str]) -> None:
    with filled[0].read() as tx:
        same = search.correlate(tx, [1], "status = 'ERROR'", "span.status = 'ERROR'")
        never = search.correlate(tx, [1], "status = 'ERROR'", "status = 'OK'", among="timestamp_ms > 0")
        nothing = search.correlate(tx, [1], "name = 'x'", "status = 'OK'")
    assert (tuple(same), same.npmi) == ((1, 1, 1, 4), 1.0)
    assert (tuple(never), never.npmi) == ((0, 1, 2, 4), -1.0)
    assert nothing.npmi is None
