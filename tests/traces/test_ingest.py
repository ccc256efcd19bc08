"""Spans and facts of a trace, in any order, make one trace; both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from padauk.core.errors import InputError, NotFoundError
from padauk.db import open_database
from padauk.server.mlflow_api.trace_wire import encoded_span, stored_span
from padauk.traces import Assessment, Span, Trace, assess, ingest, read, record, search
from padauk.tracking import experiments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.db import Database

LOCATION = "mlflow-artifacts:/1/traces/{trace_id}/artifacts"
START = 1_700_000_000_000


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    db = open_database(database_url)
    db.write(lambda tx: experiments.create(tx, "chats", root="mlflow-artifacts:/"))
    yield db
    db.close()


def span(number: int, parent: int | None, *, trace: int = 1, end: int | None = 5, **attributes: Any) -> Span:
    return Span(
        trace_id=f"tr-{trace:032x}",
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        name=f"step-{number}",
        started=(START + number) * 1_000_000,
        ended=None if end is None else (START + number + end) * 1_000_000,
        status=1,
        attributes={name.replace("__", "."): value for name, value in attributes.items()},
    )


def log(db: Database, *spans: Span) -> list[str]:
    ingest.prepare(spans)
    return db.write(lambda tx: ingest.log_spans(tx, 1, spans, location=LOCATION))


def trace(db: Database, number: int = 1) -> Trace:
    with db.read() as tx:
        return read.get(tx, f"tr-{number:032x}")


def test_spans_alone_make_a_trace(db: Database) -> None:
    assert log(db, span(2, 1), span(3, 2)) == []
    early = trace(db)
    assert (early.state, early.started, early.duration) == ("IN_PROGRESS", START + 2, 6)
    root = span(
        1,
        None,
        end=20,
        mlflow__spanInputs={"messages": [{"role": "user", "content": "what?"}]},
        mlflow__spanOutputs='{"answer": 42}',  # a text that holds JSON is what it holds
        mlflow__traceTag__team="red",
        session__id="s1",
        user__id="eve",
    )
    assert log(db, root) == [f"tr-{1:032x}"]
    whole = trace(db)
    assert (whole.state, whole.started, whole.duration) == ("OK", START + 1, 20)
    assert (whole.request_preview, whole.response_preview) == ("what?", '{"answer": 42}')
    assert whole.tags["team"] == "red"
    assert whole.tags["mlflow.artifactLocation"] == LOCATION.replace("{trace_id}", whole.trace_id)
    assert whole.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert whole.metadata == {"mlflow.trace.session": "s1", "mlflow.trace.user": "eve"}
    with db.read() as tx:
        found = read.with_spans(tx, whole.trace_id)
    assert found is not None
    assert [row.name for row in found[1]] == ["step-1", "step-2", "step-3"]


@pytest.mark.parametrize("order", ["spans first", "facts first"])
def test_the_facts_of_a_client_outweigh_what_spans_tell(db: Database, order: str) -> None:
    given = Trace(
        trace_id=f"tr-{1:032x}",
        experiment_id="1",
        started=START - 7,
        duration=99,
        state="ERROR",
        tags={"mlflow.traceName": "ask", "team": "blue"},
        metadata={
            "mlflow.trace.session": "s2",
            "mlflow.trace.tokenUsage": '{"total_tokens": 5}',
            "long": "x" * 400,
        },
        request_preview="asked",
    )
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    spans = [span(1, None, mlflow__spanInputs="raw", mlflow__chat__tokenUsage=usage, session__id="s1")]
    if order == "spans first":
        log(db, *spans)
    db.write(lambda tx: record.start(tx, given, location=LOCATION))
    if order == "facts first":
        log(db, *spans)
    found = trace(db)
    assert (found.started, found.duration, found.state) == (START - 7, 99, "ERROR")
    assert found.request_preview == "asked"
    assert found.tags["mlflow.traceName"] == "ask"
    assert found.metadata["mlflow.trace.session"] == "s2"
    assert json.loads(found.metadata["mlflow.trace.tokenUsage"]) == {"total_tokens": 5}
    assert found.metadata["mlflow.trace.infoFinalized"] == "true"
    assert found.metadata["long"] == "x" * 250


def test_tokens_are_counted_once_along_a_branch(db: Database) -> None:
    def used(tokens: int) -> dict[str, Any]:
        return {
            "mlflow__chat__tokenUsage": {
                "input_tokens": tokens,
                "output_tokens": 1,
                "total_tokens": tokens + 1,
            }
        }

    # 2 has the sum of 4 and 5 already; 3 has no figure of its own, what is below it counts
    log(db, span(4, 2, **used(10)), span(5, 2, **used(20)), span(6, 3, **used(7)))
    log(db, span(2, 1, **used(30)), span(3, 1))
    log(db, span(1, None))
    counted = json.loads(trace(db).metadata["mlflow.trace.tokenUsage"])
    assert counted == {"input_tokens": 37, "output_tokens": 2, "total_tokens": 39}
    log(db, span(7, 3, **used(3)))  # late
    assert json.loads(trace(db).metadata["mlflow.trace.tokenUsage"])["input_tokens"] == 40


def test_a_span_sent_again_replaces_itself(db: Database) -> None:
    log(db, span(1, None, end=None), span(1, None, end=9))
    log(db, span(1, None, end=9))
    with db.read() as tx:
        found = read.with_spans(tx, f"tr-{1:032x}")
    assert found is not None
    assert [row.ended for row in found[1]] == [(START + 10) * 1_000_000]


def test_a_trace_whose_spans_are_on_their_way_is_not_whole(db: Database) -> None:
    uid = f"tr-{1:032x}"
    log(db, span(2, 1))
    sizes = {"mlflow.trace.sizeStats": json.dumps({"num_spans": 2})}
    db.write(lambda tx: record.start(tx, Trace(uid, "1", START, 5, "OK", metadata=sizes), location=LOCATION))
    with db.read() as tx:
        assert read.with_spans(tx, uid) is None
        assert read.many_with_spans(tx, [uid]) == []
        partial = read.with_spans(tx, uid, partial=True)
        assert partial is not None
        assert len(partial[1]) == 1
    log(db, span(1, None))
    with db.read() as tx:
        assert len(read.many_with_spans(tx, ["tr-none", uid, uid])) == 1
        assert read.many_with_spans(tx, [uid], [7]) == []


def test_deleting_takes_all_that_hangs_on_a_trace(db: Database) -> None:
    for number in range(1, 6):
        log(db, span(number, None, trace=number, mlflow__traceTag__a="b", session__id="s"))
    db.write(lambda tx: assess.create(tx, f"tr-{1:032x}", Assessment("good", "feedback", value=True)))
    db.write(lambda tx: record.link_prompts(tx, f"tr-{1:032x}", [("greet", 1)]))
    for wrong in (
        {},
        {"until": 5, "trace_ids": ["x"]},
        {"trace_ids": ["x"], "limit": 1},
        {"until": 5, "limit": 0},
    ):
        with pytest.raises(InputError):
            db.write(lambda tx, wrong=wrong: record.delete(tx, 1, **wrong))
    assert db.write(lambda tx: record.delete(tx, 0, until=START * 2)) == 0
    assert db.write(lambda tx: record.delete(tx, 1, until=START + 3, limit=2)) == 2
    assert db.write(lambda tx: record.delete(tx, 1, trace_ids=[f"tr-{5:032x}", "tr-none"])) == 1
    with db.read() as tx:
        left, _ = search.search_traces(tx, [1])
        assert [int(one.trace_id[3:], 16) for one in left] == [4, 3]
        for table, rows in (("spans", 2), ("trace_tags", 4), ("assessments", 0), ("trace_links", 0)):
            assert tx.value(f"SELECT count(*) FROM {table}") == rows, table


def test_what_is_not_there_says_so(db: Database) -> None:
    log(db, span(1, None))
    uid = f"tr-{1:032x}"
    attempts: list[Any] = [
        lambda tx: record.set_tag(tx, "tr-none", "a", "b"),
        lambda tx: record.delete_tag(tx, uid, "a"),
        lambda tx: record.delete_tag(tx, uid, "mlflow.traceName"),
        lambda tx: record.link_prompts(tx, "tr-none", [("p", 1)]),
        lambda tx: assess.get(tx, uid, "a-none"),
        lambda tx: assess.create(tx, "tr-none", Assessment("good", "feedback", value=True)),
        lambda tx: assess.create(tx, uid, Assessment("good", "feedback", value=True, overrides="a-none")),
        lambda tx: read.get(tx, "tr-none"),
    ]
    for attempt in attempts:
        with pytest.raises(NotFoundError):
            db.write(attempt)
    db.write(lambda tx: assess.delete(tx, uid, "a-none"))  # twice deleted is deleted


def test_an_assessment_stands_in_for_another_until_it_is_deleted(db: Database) -> None:
    log(db, span(1, None))
    uid = f"tr-{1:032x}"
    first = db.write(
        lambda tx: assess.create(tx, uid, Assessment("score", "feedback", 1, metadata={"a": "1"}))
    )
    second = db.write(
        lambda tx: assess.create(tx, uid, Assessment("score", "feedback", 2, overrides=first.assessment_id))
    )
    assert [one.valid for one in trace(db).assessments] == [False, True]
    changed = db.write(
        lambda tx: assess.update(tx, uid, first.assessment_id, rationale="why", metadata={"b": "2"})
    )
    assert (changed.value, changed.rationale, changed.metadata) == (1, "why", {"a": "1", "b": "2"})
    with pytest.raises(InputError):
        db.write(lambda tx: assess.update(tx, uid, first.assessment_id, expectation=changed))
    db.write(lambda tx: assess.delete(tx, uid, second.assessment_id))
    assert [one.valid for one in trace(db).assessments] == [True]


@pytest.mark.parametrize(
    "text",
    ['{"n": 99999999999999999999}', "[" + "9" * 5000 + "]", '["\\ud800"]', "[NaN]", "[" * 50_000, '"', "{1}"],
    ids=["wide", "very wide", "surrogate", "nan", "deep", "quote", "not JSON"],
)
def test_texts_that_look_like_json_do_no_harm(db: Database, text: str) -> None:
    log(db, span(1, None, odd=text, mlflow__spanInputs=text))
    with db.read() as tx:
        found = read.with_spans(tx, f"tr-{1:032x}")
    assert found is not None
    (row,) = found[1]
    wire = json.loads(bytes(encoded_span(row, found[0].trace_id)))
    (value,) = [pair["value"] for pair in wire["attributes"] if pair["key"] == "odd"]
    assert set(value) <= {"string_value", "array_value", "kvlist_value"}
    assert json.loads(json.dumps(stored_span(row, found[0].trace_id)))["attributes"]["odd"]
