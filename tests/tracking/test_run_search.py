"""Searching gives what a plain reading of the filter gives, in the order that was asked for."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from padauk.core.filters import And, Comparison, Node, Not, Or, parse, parse_order, render
from padauk.db import open_database
from padauk.db import search as rows
from padauk.tracking import experiments, inputs, log, runs, search
from padauk.tracking.nouns import Dataset, DatasetInput, Run, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from padauk.db import Database, Session

LOSSES = [0.5, 0.25, math.nan, None, -1.0, 0.5, math.inf, 0.0]
RATES = ["0.1", "0.01", "1e-1", None, "x%y", "", "7", " 7"]
TEAMS = ["red", "Red", "r_d", None, "blue", "o'b", "ÄÖ", "äö"]


class Point:
    def __init__(self, key: str, value: float) -> None:
        self.key, self.value, self.timestamp, self.step = key, value, 1, 1
        self.model_id = self.dataset_name = self.dataset_digest = None


def _fill(tx: Session) -> str:
    experiment = experiments.create(tx, "forest", root="mlflow-artifacts:/")
    for number, (loss, rate, team) in enumerate(zip(LOSSES, RATES, TEAMS, strict=True)):
        uid = runs.create(tx, experiment, name=f"run-{number}", start_time=number // 3).info.run_id
        if loss is not None:
            log.metric(tx, uid, Point("loss", loss))
        if rate is not None:
            log.param(tx, uid, "lr", rate)
        if team is not None:
            log.tag(tx, uid, "team", team)
        if number % 2:
            runs.update(tx, uid, status="FINISHED", end_time=100 + number)
        if number < 3:
            dataset = Dataset(f"data-{number}", "d", "local", "here")
            inputs.log(tx, uid, [DatasetInput(dataset, [Tag("mlflow.data.context", "train")])])
    return experiment


@pytest.fixture(scope="module")
def forest(module_database_url: str) -> Iterator[tuple[Database, str, list[Run]]]:
    db = open_database(module_database_url)
    experiment = db.write(_fill)
    with db.read() as tx:
        everything, _ = search.search_runs(tx, [experiment], order_by=["run_name"])
    yield db, experiment, everything
    db.close()


def matches(node: Node, run: Run) -> bool:
    """The filter read out in plain Python."""
    if isinstance(node, And):
        return all(matches(part, run) for part in node.parts)
    if isinstance(node, Or):
        return any(matches(part, run) for part in node.parts)
    if isinstance(node, Not):
        return not matches(node.part, run)
    found = _values(node, run)
    if node.operator == "IS NULL":
        return not found
    if node.operator == "IS NOT NULL":
        return bool(found)
    return any(_holds(value, node) for value in found)


def _values(node: Comparison, run: Run) -> list[Any]:
    if node.entity == "attribute":
        value = getattr(run.info, node.key)
        return [] if value is None else [value]
    if node.entity == "dataset":
        if node.key == "context":
            return [tag.value for given in run.datasets for tag in given.tags]
        return [getattr(given.dataset, node.key) for given in run.datasets]
    pairs = {"metric": run.metrics, "param": run.params, "tag": run.tags}[node.entity]
    return [pair.value for pair in pairs if pair.key == node.key]


def _holds(value: Any, node: Comparison) -> bool:
    operator, wanted = node.operator, node.value
    first = wanted[0] if isinstance(wanted, tuple) else wanted
    if node.entity in {"param", "tag"} and not isinstance(first, str):
        try:
            value = float(value)
        except ValueError:
            return False
    if operator in {"LIKE", "ILIKE"}:
        pattern = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in str(wanted))
        flags = re.DOTALL | (re.IGNORECASE | re.ASCII if operator == "ILIKE" else 0)
        return re.fullmatch(pattern, value, flags) is not None
    return bool(
        {
            "=": lambda: value == wanted,
            "!=": lambda: value != wanted,
            "<": lambda: value < wanted,
            "<=": lambda: value <= wanted,
            ">": lambda: value > wanted,
            ">=": lambda: value >= wanted,
            "IN": lambda: value in wanted,
            "NOT IN": lambda: value not in wanted,
        }[operator]()
    )


_numbers = st.sampled_from([0.5, 0.25, -1, 0, 7, 0.1, 1.7976931348623157e308])
_texts = st.sampled_from(
    ["0.1", "red", "Red", "r_d", "R%", "%", "_", "", "o'b", "äö", "run-1", "FINISHED", "data-%"]
)
_order = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_textual = st.sampled_from(["=", "!=", "LIKE", "ILIKE"])
_member = st.sampled_from(["IN", "NOT IN"])
_keys = st.sampled_from([("param", "lr"), ("tag", "team"), ("tag", "none"), ("param", "team")])


def _of(entity: tuple[str, str], operator: Any, value: Any) -> Comparison:
    return Comparison(entity[0], entity[1], operator, value)  # type: ignore[arg-type]


comparisons = st.one_of(
    st.builds(_of, st.sampled_from([("metric", "loss"), ("metric", "none")]), _order, _numbers),
    st.builds(_of, st.just(("metric", "loss")), _member, st.lists(_numbers, min_size=1).map(tuple)),
    st.builds(_of, _keys, _textual, _texts),
    st.builds(_of, _keys, _order, _numbers),
    st.builds(_of, _keys, _member, st.lists(_texts, min_size=1, max_size=3).map(tuple)),
    st.builds(_of, _keys, st.sampled_from(["IS NULL", "IS NOT NULL"]), st.none()),
    st.builds(_of, st.sampled_from([("attribute", "run_name"), ("attribute", "status")]), _textual, _texts),
    st.builds(_of, st.sampled_from([("attribute", "start_time"), ("attribute", "end_time")]), _order,
              st.sampled_from([0, 1, 2, 103])),
    st.builds(_of, st.sampled_from([("dataset", "name"), ("dataset", "context")]), _textual, _texts),
)  # fmt: skip
filters = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(And),
        st.lists(inner, min_size=2, max_size=3).map(tuple).map(Or),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters)
@example(Not(Comparison("param", "lr", "<", 1)))
@example(Comparison("metric", "loss", "!=", 0))
def test_sql_finds_what_the_filter_says(forest: tuple[Database, str, list[Run]], node: Node) -> None:
    db, experiment, everything = forest
    with db.read() as tx:
        found, _ = search.search_runs(tx, [experiment], where=render(node), order_by=["run_name"])
    assert [run.info.run_name for run in found] == [
        run.info.run_name for run in everything if matches(node, run)
    ]
    assert parse(render(node), search.RUNS) == node


def test_pages_and_orders(forest: tuple[Database, str, list[Run]]) -> None:
    db, experiment, _ = forest
    with db.read() as tx:
        seen: list[str] = []
        token = None
        while True:
            page, token = search.search_runs(
                tx, [experiment], limit=3, order_by=["metrics.loss DESC", "run_name"], token=token
            )
            seen += [run.info.run_name for run in page]
            if token is None:
                break
    # infinity, numbers, NaN, none
    assert seen == ["run-6", "run-0", "run-5", "run-1", "run-7", "run-4", "run-2", "run-3"]


class Counting:
    """A session that counts statements."""

    def __init__(self, tx: Session) -> None:
        self._tx = tx
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        if name in {"all", "one", "value", "stream"}:
            self.statements += 1
        return getattr(self._tx, name)


def test_a_page_costs_the_same_number_of_statements_whatever_its_size(
    forest: tuple[Database, str, list[Run]],
) -> None:
    db, experiment, _ = forest
    counts = []
    for limit in (4, 8):
        with db.read() as tx:
            counting = Counting(tx)
            search.search_runs(counting, [experiment], order_by=["run_name"], limit=limit)  # type: ignore[arg-type]
            counts.append(counting.statements)
    assert counts[0] == counts[1] < 10


def test_texts_are_found_by_their_index(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path}/padauk.db")
    asked = (
        ("params_by_value", Comparison("param", "lr", "=", "0.1")),
        ("run_tags_by_value", Comparison("tag", "lr", "IN", ("a", "b"))),
        ("runs_by_name", Comparison("attribute", "run_name", "=", "swift-owl-7")),
    )
    db.write(lambda tx: tx.names.ids(tx, ["lr"]))
    try:
        with db.read() as tx:
            for index, comparison in asked:
                sql, values = rows._RunSearch(tx).lookup(comparison) or ("", [])
                plan = " ".join(row[3] for row in tx.all(f"EXPLAIN QUERY PLAN {sql}", values))
                assert f"USING COVERING INDEX {index} (" in plan
    finally:
        db.close()


def test_among_many_runs_the_short_cuts_find_the_same(module_database_url: str) -> None:
    db = open_database(module_database_url)

    def fill(tx: Session) -> str:
        experiment = experiments.create(tx, "many", root="mlflow-artifacts:/")
        keys = tx.names.ids(tx, ["acc", "lr", "team"])
        columns = "id, uid, experiment_id, name, user_name, status, stage, start_time, artifact_uri"
        tx.many(
            f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(10_000 + n, f"many{n:05}", int(experiment), f"r{n}", "u", 2, 0, n, "x") for n in range(4000)],
        )
        tx.many(
            "INSERT INTO latest_metrics (run_id, key_id, value, is_nan, timestamp, step)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (10_000 + n, keys["acc"], 0.0 if n % 7 == 0 else n % 100, int(n % 7 == 0), 1, 1)
                for n in range(4000)
                if n % 5
            ],
        )
        texts = ["x", "\u00e4" * 128, "y" * 129, "", "a\nb"]
        for table, key in (("params", "lr"), ("run_tags", "team")):
            tx.many(
                f"INSERT INTO {table} (run_id, key_id, value) VALUES (?, ?, ?)",
                [(10_000 + n, keys[key], texts[n] if n < 5 else f"v{n % 9}") for n in range(4000) if n % 11],
            )
        return experiment

    experiment = db.write(fill)
    try:
        with db.read() as tx:
            for where in (
                "",
                "metrics.acc > 98",
                "metrics.acc = 3 OR metrics.acc = 4",
                "metrics.acc > 1000",
                "params.lr = 'v3'",
                "params.lr = 'x' OR tags.team = 'v1'",
                f"tags.team = '{chr(228) * 128}'",
                f"params.lr = '{'y' * 129}'",
                f"params.lr IN ('', 'v9', '{'y' * 129}') AND metrics.acc > 0",
                "tags.team IN ('v8', 'a\nb') AND params.lr != 'v8'",
                "params.never = 'x'",
                "run_name = 'r77'",
                "run_name IN ('r77', 'r78') AND params.lr IS NOT NULL",
            ):
                for order in (["metrics.acc DESC"], ["params.lr"], []):
                    for limit in (50, 4000):
                        found = search.search_runs(
                            tx, [experiment], where=where, order_by=order, limit=limit
                        )[0]
                        every = rows.run_order(
                            tx,
                            [int(experiment)],
                            [0],
                            parse(where, search.RUNS),
                            parse_order(order, search.RUNS),
                        )
                        assert [run.info.run_id for run in found] == [
                            f"many{number - 10_000:05}" for number in every[:limit]
                        ]
    finally:
        db.close()
