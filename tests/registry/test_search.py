"""Searching models, versions and logged models, beyond what MLflow's own filters can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padauk.core.errors import InputError
from padauk.core.filters import And, Comparison, Not, Or, render
from padauk.db import Database, Session, open_database
from padauk.registry import logged, models, search, versions
from padauk.registry.search import Dataset, ModelOrder
from padauk.registry.values import IS_PROMPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.core.filters import Node

TAGGED: dict[str, dict[str, str]] = {
    "alpha": {"team": "a", "n": "1"},
    "beta": {"team": "b", "n": "10"},
    "Gamma": {"team": "a", "n": "2"},
    "delta": {"n": "many"},
    "hello": {"team": "a", IS_PROMPT: "true"},
}


@pytest.fixture(scope="module")
def db(module_database_url: str) -> Iterator[Database]:
    database = open_database(module_database_url)

    def fill(tx: Session) -> None:
        for name, tags in TAGGED.items():
            models.create_model(tx, name, tags=list(tags.items()))
            if IS_PROMPT in tags:
                versions.create_version(
                    tx, name, "dummy-source", run_artifact_uri=lambda _: None, tags=list(tags.items())
                )
                continue
            for number in range(len(name) - 3):
                versions.create_version(
                    tx,
                    name,
                    f"s3://bucket/{name}/{number}",
                    run_artifact_uri=lambda _: None,
                    tags=[("v", str(number))],
                )

    database.write(fill)
    yield database
    database.close()


def names(db: Database, where: str, *order_by: str) -> list[str]:
    with db.read() as tx:
        found, more = search.search_models(tx, where, None, order_by, None)
    assert more is None
    return [model.name for model in found]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", ["Gamma", "alpha", "beta", "delta"]),
        ("tags.team = 'a' OR name = 'delta'", ["Gamma", "alpha", "delta"]),
        ("NOT tags.team = 'a'", ["beta", "delta"]),
        ("tags.team != 'a'", ["beta"]),
        ("tags.team IS NULL", ["delta"]),
        ("tags.team IN ('b', 'c')", ["beta"]),
        ("tags.n >= 2", ["Gamma", "beta"]),
        ("tags.n < 10 AND (name ILIKE 'g%' OR name LIKE 'al%')", ["Gamma", "alpha"]),
        ("creation_timestamp > '2020-01-01' AND creation_timestamp < '2021-01-01'", []),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", ["hello"]),
        ("tags.`mlflow.prompt.is_prompt` = 'true' OR name = 'beta'", ["beta", "hello"]),
        ("NOT tags.`mlflow.prompt.is_prompt` = 'true'", ["Gamma", "alpha", "beta", "delta"]),
    ],
)
def test_models(db: Database, where: str, expected: list[str]) -> None:
    assert names(db, where) == expected


def test_order_and_pages(db: Database) -> None:
    assert names(db, "", "name DESC") == ["delta", "beta", "alpha", "Gamma"]
    by_time = names(db, "", "last_updated_timestamp", "name")
    assert by_time == names(db, "", "timestamp ASC", "name ASC")
    seen: list[str] = []
    token: str | None = ""
    with db.read() as tx:
        while token is not None:
            page, token = search.search_models(tx, "", 3, (), token)
            seen += [model.name for model in page]
    assert seen == names(db, "")


def test_versions(db: Database) -> None:
    def found(where: str, *order_by: str) -> list[tuple[str, int]]:
        with db.read() as tx:
            page, _ = search.search_versions(tx, where, None, order_by or ("name", "version_number"), None)
        return [(version.name, version.version) for version in page]

    assert found("version_number >= 2") == [("Gamma", 2), ("alpha", 2), ("delta", 2)]
    assert found("name = 'beta' OR (name LIKE '%a' AND tags.v = '1')") == [
        ("Gamma", 2),
        ("alpha", 2),
        ("beta", 1),
        ("delta", 2),
    ]
    assert found("tags.`mlflow.prompt.is_prompt` = 'true'") == [("hello", 1)]
    assert found("current_stage = 'Production'") == []
    assert found(f"version_number > {'9' * 30}") == []
    assert len(found(f"version_number > -{'9' * 30}")) == 7
    assert len(found("")) == 7


def test_errors_name_the_place(db: Database) -> None:
    for where, message in (
        ("nothing = 'x'", "Invalid attribute key 'nothing'"),
        ("metrics.x > 1", "Invalid entity type 'metrics'"),
        ("name = ", "found the end"),
        ("name = 5", "quoted string"),
    ):
        with pytest.raises(InputError, match=message):
            names(db, where)
    for limit in (0, -1, 1001):
        with db.read() as tx, pytest.raises(InputError, match="max_results"):
            search.search_models(tx, "", limit, (), None)
    with db.read() as tx, pytest.raises(InputError, match="Invalid page token"):
        search.search_models(tx, "", None, (), "nonsense")


COMPARISONS = st.one_of(
    st.builds(
        Comparison,
        st.just("attribute"),
        st.just("name"),
        st.sampled_from(["=", "!=", "LIKE", "ILIKE"]),
        st.sampled_from(["alpha", "beta", "%a", "g%", "G_mma"]),
    ),
    st.builds(
        Comparison,
        st.just("tag"),
        st.sampled_from(["team", "n", "none"]),
        st.sampled_from(["=", "!="]),
        st.sampled_from(["a", "b", "1", "many"]),
    ),
    st.builds(
        Comparison,
        st.just("tag"),
        st.just("n"),
        st.sampled_from(["<", ">=", "="]),
        st.sampled_from([1, 2, 9.5]),
    ),
    st.builds(
        Comparison,
        st.just("tag"),
        st.sampled_from(["team", "none"]),
        st.sampled_from(["IS NULL", "IS NOT NULL"]),
        st.none(),
    ),
    st.builds(
        Comparison,
        st.just("tag"),
        st.just("team"),
        st.sampled_from(["IN", "NOT IN"]),
        st.sampled_from([("a",), ("b", "c")]),
    ),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


def matches(node: Node, name: str, tags: dict[str, str]) -> bool:
    """What a filter means, in plain Python."""
    match node:
        case And(parts):
            return all(matches(part, name, tags) for part in parts)
        case Or(parts):
            return any(matches(part, name, tags) for part in parts)
        case Not(part):
            return not matches(part, name, tags)
        case Comparison(entity, key, operator, value):
            given = name if entity == "attribute" else tags.get(key)
            if operator in {"IS NULL", "IS NOT NULL"}:
                return (given is None) == (operator == "IS NULL")
            return given is not None and compare(given, operator, value)
    raise AssertionError(node)


def compare(given: str, operator: str, value: Any) -> bool:
    if isinstance(value, int | float):
        try:
            number = float(given)
        except ValueError:
            return False
        return {"<": number < value, ">=": number >= value, "=": number == value}[operator]
    if operator in {"IN", "NOT IN"}:
        return (given in value) == (operator == "IN")
    if operator in {"LIKE", "ILIKE"}:
        import re

        pattern = re.escape(value).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, given, re.IGNORECASE if operator == "ILIKE" else 0) is not None
    return (given == value) == (operator == "=")


@settings(max_examples=150, deadline=None)
@given(node=FILTERS)
def test_sql_finds_what_plain_python_finds(db: Database, node: Node) -> None:
    expected = sorted(
        name for name, tags in TAGGED.items() if IS_PROMPT not in tags and matches(node, name, tags)
    )
    assert names(db, render(node)) == expected


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def logs(request: pytest.FixtureRequest) -> Iterator[tuple[Database, list[str]]]:
    """Four logged models with metrics on two datasets; the last is deleted."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path_factory').mktemp('logged')}/padauk.db"
    else:
        url = request.getfixturevalue("postgres").new_database()
    database = open_database(url)

    def fill(tx: Session) -> list[str]:
        tx.run(
            "INSERT INTO runs (id, uid, experiment_id, name, user_name, status, stage, artifact_uri)"
            " VALUES (1, 'r1', 7, 'r', '', 0, 0, '')"
        )
        keys = tx.names.ids(tx, ["acc"])
        made = []
        for number in range(4):
            model = logged.create_logged_model(
                tx, "7", "x:/{model_id}", name=f"m{number}", params=[("n", str(number))]
            )
            made.append(model.model_id)
            tx.many(
                "INSERT INTO model_metrics (model_id, run_id, key_id, timestamp, step, value, is_nan, "
                "dataset_name,"
                " dataset_digest) VALUES (?, 1, ?, ?, 0, ?, 0, ?, ?)",
                [
                    (model.model_id, keys["acc"], 1, number / 10, "train", "d1"),
                    (model.model_id, keys["acc"], 2, 1 - number / 10, "test", f"d{number}"),
                ][: 0 if number == 2 else 2],
            )
        logged.delete_logged_model(tx, made[3])
        return made

    yield database, database.write(fill)
    database.close()


def found(logs: tuple[Database, list[str]], where: str = "", **options: Any) -> list[str]:
    with logs[0].read() as tx:
        page, _ = search.search_logged_models(tx, ["7"], where, **options)
    return [model.name for model in page]


def test_point_46_logged_models(logs: tuple[Database, list[str]]) -> None:
    assert sorted(found(logs)) == ["m0", "m1", "m2"]
    assert found(logs, "metrics.acc > 0.95") == ["m0"]
    assert sorted(found(logs, "metrics.acc > 0.95 OR params.n = '1'")) == ["m0", "m1"]
    assert found(logs, "NOT metrics.acc > 0") == ["m2"]
    assert found(logs, "params.n > 1") == ["m2"]
    assert sorted(found(logs, "status = 'PENDING' AND name IN ('m0', 'm2')")) == ["m0", "m2"]


def test_a_dataset_without_digest_takes_any(logs: tuple[Database, list[str]]) -> None:
    # MLflow takes none, because it looks for points without a digest
    assert sorted(found(logs, datasets=[Dataset("test")])) == ["m0", "m1"]
    assert found(logs, "metrics.acc > 0.05", datasets=[Dataset("train")]) == ["m1"]
    assert found(logs, datasets=[Dataset("test", "d1")]) == ["m1"]
    with pytest.raises(InputError, match="`dataset_name` in the `datasets` clause must be specified"):
        found(logs, datasets=[Dataset("")])


def test_point_46_order(logs: tuple[Database, list[str]]) -> None:
    assert found(logs, order_by=[ModelOrder("metrics.acc")]) == ["m1", "m0", "m2"]
    assert found(logs, order_by=[ModelOrder("metrics.acc", ascending=False)]) == ["m0", "m1", "m2"]
    on_train = ModelOrder("metrics.acc", ascending=False, dataset_name="train")
    assert found(logs, order_by=[on_train]) == ["m1", "m0", "m2"]
    assert found(logs, order_by=[ModelOrder("name", ascending=False)]) == ["m2", "m1", "m0"]
    for wrong in ("params.n", "nothing"):
        with pytest.raises(InputError, match="Invalid order by field name"):
            found(logs, order_by=[ModelOrder(wrong)])


def test_point_38_a_token_belongs_to_its_search(logs: tuple[Database, list[str]]) -> None:
    with logs[0].read() as tx:
        first, token = search.search_logged_models(tx, ["7"], max_results=2)
        rest, last = search.search_logged_models(tx, ["7"], max_results=2, page_token=token)
        assert (len(first), len(rest), last) == (2, 1, None)
        with pytest.raises(InputError, match="Filter string in the page token do not match"):
            search.search_logged_models(tx, ["7"], "params.n = '1'", page_token=token)
        with pytest.raises(InputError, match="Invalid page token"):
            search.search_logged_models(tx, ["7"], page_token="bm9uc2Vuc2U=")
