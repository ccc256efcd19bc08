"""The filter language: parse and print are each other's inverse, errors point at the wrong token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padauk.core.errors import InputError
from padauk.core.filters import And, Comparison, Node, Not, Or, Vocabulary, parse, parse_order, render

RUNS = Vocabulary(
    attributes={"run_id": "text", "run_name": "text", "start_time": "time", "size": "number"},
    entities=frozenset({"metric", "param", "tag", "dataset"}),
    aliases={"created": "start_time", "Run name": "run_name"},
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="`\0"), min_size=1, max_size=12
).filter(lambda key: key.strip() == key)
integers = st.integers(-(2**53), 2**53)
numbers = integers | st.floats(allow_nan=False, allow_infinity=False)


def lists(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, min_size=1, max_size=4).map(tuple)


EQUALITY = st.sampled_from(["=", "!="])
ORDER = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
MEMBER = st.sampled_from(["IN", "NOT IN"])
NULL = st.sampled_from(["IS NULL", "IS NOT NULL"])
TEXTUAL = st.sampled_from(["=", "!=", "LIKE", "ILIKE"])
pair = st.sampled_from(["param", "tag"])
comparisons = st.one_of(
    st.builds(Comparison, st.just("metric"), keys, ORDER, numbers),
    st.builds(Comparison, st.just("metric"), keys, MEMBER, lists(numbers)),
    st.builds(Comparison, pair, keys, TEXTUAL, texts),
    st.builds(Comparison, pair, keys, ORDER, numbers),
    st.builds(Comparison, pair, keys, MEMBER, lists(texts)),
    st.builds(Comparison, pair | st.just("metric"), keys, NULL, st.none()),
    st.builds(Comparison, st.just("attribute"), st.sampled_from(["run_id", "run_name"]), TEXTUAL, texts),
    st.builds(Comparison, st.just("attribute"), st.sampled_from(["start_time", "size"]), ORDER, integers),
    st.builds(
        Comparison, st.just("dataset"), st.sampled_from(["name", "digest", "context"]), EQUALITY, texts
    ),
)


def _branches(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(And, parts) | st.builds(Or, parts) | st.builds(Not, inner)


filters: st.SearchStrategy[Node] = st.recursive(comparisons, _branches, max_leaves=12)


@given(filters)
def test_what_is_printed_parses_to_the_same(node: Node) -> None:
    assert parse(render(node), RUNS) == node


@given(st.text(max_size=60))
def test_any_text_parses_or_says_where_it_does_not(text: str) -> None:
    try:
        parse(text, RUNS)
    except InputError as error:
        assert error.message.startswith("Invalid filter: ")  # noqa: PT017
        assert error.message.endswith("^")  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("metrics.acc>0.5", "metrics.acc > 0.5"),
        ("metric.`a b`=1 AND params.\"c d\" = 'x'", "metrics.`a b` = 1 AND params.`c d` = 'x'"),
        ("attr.run_id = 'a' or run.run_id = 'b' and created > 5",
         "attributes.run_id = 'a' OR attributes.run_id = 'b' AND attributes.start_time > 5"),
        ("not (tags.a = 'x' OR tags.b = 'y')", "NOT (tags.a = 'x' OR tags.b = 'y')"),
        ("parameters.lr NOT LIKE '1%'", "NOT (params.lr LIKE '1%')"),
        ("tags.mlflow.parentRunId = \"p\"", "tags.mlflow.parentRunId = 'p'"),
        ("start_time >= '1970-01-02'", "attributes.start_time >= 86400000"),
        ("start_time < '1970-01-01T01:00+01:00'", "attributes.start_time < 0"),
        ("run_id in ('a', 'b',)", "attributes.run_id IN ('a', 'b')"),
        ("`Run name` == 'x' AND metrics.l <> 3", "attributes.run_name = 'x' AND metrics.l != 3"),
        ("params.lr > 1e-3 AND tags.x IS NOT NULL", "params.lr > 0.001 AND tags.x IS NOT NULL"),
    ],
)  # fmt: skip
def test_ways_to_write_things(text: str, printed: str) -> None:
    node = parse(text, RUNS)
    assert node is not None
    assert render(node) == printed


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("metrics.acc >> 1", 13, "Expected a number"),
        ("metrics.acc > 'x'", 14, "Expected numeric value type for metric"),
        ("run_id = a", 9, "Expected a quoted string value"),
        ("(run_id = 'a'", 13, "expected ')'"),
        ("run_id = 'a' run_id = 'b'", 13, "expected AND, OR or the end"),
        ("run_id LIKE 5", 12, "Expected a quoted string value"),
        ("metrics.a LIKE 'x'", 10, "LIKE compares texts"),
        ("what.a = 1", 0, "Invalid entity type 'what'"),
        ("what = 1", 0, "Invalid attribute key 'what'"),
        ("datasets.size = 'x'", 0, "Invalid dataset key 'size'"),
        ("start_time > 'yesterday'", 13, "expected milliseconds, or a date"),
        ("run_id = 'abc", 9, "a quote that is not closed"),
        ("run_id IN 'a'", 10, "expected '(' and a list of values"),
        ("tags.a < 'x'", 7, "Invalid comparator '<' for a text"),
        ("NOT " * 60 + "tags.a = 'x'", 204, "more than 50 levels"),
        ("run_id = 'a' ; DROP TABLE runs", 13, "found ';'"),
    ],
)
def test_errors_point_at_the_wrong_token(text: str, place: int, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, RUNS)
    first, shown, mark = caught.value.message.split("\n")
    assert says in first
    assert f"at character {place + 1}" in first
    assert shown[mark.index("^") :][:3] == text[place:][:3]


def test_orders() -> None:
    orders = parse_order(["metrics.`a b` DESC", "created", "tags.x asc"], RUNS)
    assert [(o.entity, o.key, o.ascending) for o in orders] == [
        ("metric", "a b", False),
        ("attribute", "start_time", True),
        ("tag", "x", True),
    ]
    for bad in (
        ["metrics.a", "metric.a DESC"],
        ["metrics.a UP"],
        ["bogus"],
        [""],
        ["datasets.name"],
        ["a b c"],
    ):
        with pytest.raises(InputError):
            parse_order(bad, RUNS)
