"""Which path names which bytes."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padauk.artifacts import Content, Entry, Owner, find_by_hash, of, records
from padauk.core.errors import ConflictError, InputError, NotFoundError
from padauk.db import Database, open_database

RUN = "0123456789abcdef0123456789abcdef"
ONE = Content("1" * 32, "a" * 64, 10)
TWO = Content("2" * 32, "b" * 64, 20)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def log(db: Database, *paths: str, content: Content = ONE) -> None:
    for path in paths:
        db.write(lambda tx, path=path: records.record(tx, path, content))


def names(db: Database, folder: str) -> list[Entry]:
    with db.read() as tx:
        return records.entries(tx, folder)


def test_a_path_names_bytes_and_can_be_written_again(db: Database) -> None:
    log(db, "a/b")
    log(db, "a/b", content=TWO)
    with db.read() as tx:
        assert records.find(tx, "a/b") == TWO
        assert records.known_sha256(tx, ONE.md5) == ONE.sha256
        assert records.known_sha256(tx, "3" * 32) is None


def test_a_listing_is_one_level(db: Database) -> None:
    log(db, "a/b/c", "a/b/d", "a/b-c", "a/b0", "a/z", "top", "a/ü", "a/\U0001f600/x")
    assert names(db, "") == [Entry("a", None), Entry("top", 10)]
    assert names(db, "a") == [
        Entry("b", None),
        Entry("b-c", 10),
        Entry("b0", 10),
        Entry("z", 10),
        Entry("ü", 10),
        Entry("\U0001f600", None),
    ]
    assert names(db, "a/b") == [Entry("c", 10), Entry("d", 10)]
    assert names(db, "top") == []
    assert names(db, "nothing") == []


@settings(max_examples=60, deadline=None)
@given(
    paths=st.sets(
        st.lists(st.sampled_from(["a", "b", "a-", "a.", "a0", "ä"]), min_size=1, max_size=3).map("/".join)
    )
)
def test_listings_are_what_a_folder_tree_would_say(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str]
) -> None:
    db = open_database(f"sqlite:///{tmp_path_factory.mktemp('db')}/padauk.db")
    kept: set[str] = set()
    for path in sorted(paths):
        clash = any(path.startswith(other + "/") or other.startswith(path + "/") for other in kept)
        try:
            log(db, path)
        except ConflictError:
            assert clash
        else:
            assert not clash
            kept.add(path)
    for folder in {"", "a", "a/b", "ä", *(path.rpartition("/")[0] for path in kept)}:
        prefix = f"{folder}/" if folder else ""
        inside = {path[len(prefix) :] for path in kept if path.startswith(prefix)}
        expected = {name.partition("/")[0]: None if "/" in name else 10 for name in inside}
        assert names(db, folder) == [Entry(name, expected[name]) for name in sorted(expected)]
    db.close()


@pytest.mark.parametrize(
    ("first", "second"), [("a", "a/b"), ("a/b/c", "a"), ("a", "a/b/c"), ("a/b/c", "a/b")]
)
def test_a_file_and_a_folder_cannot_share_a_path(db: Database, first: str, second: str) -> None:
    log(db, first)
    with pytest.raises(ConflictError, match="cannot log"):
        log(db, second)
    with db.read() as tx:
        assert [artifact.path for artifact in records.below(tx, "")] == [first]


def test_find_says_what_is_wrong(db: Database) -> None:
    log(db, "a/b")
    with db.read() as tx:
        with pytest.raises(InputError, match="refers to a directory, not a file: 'a'"):
            records.find(tx, "a")
        with pytest.raises(NotFoundError, match="No such artifact: 'a/c'"):
            records.find(tx, "a/c")


def test_removing_takes_what_is_below_and_nothing_beside(db: Database) -> None:
    log(db, "a/b/c", "a/b/d", "a/b-c", "a/b0")
    assert db.write(lambda tx: records.remove(tx, "a/b")) == 2
    assert [entry.path for entry in names(db, "a")] == ["b-c", "b0"]
    assert db.write(lambda tx: records.remove(tx, "a/b0")) == 1
    assert db.write(lambda tx: records.remove(tx, "a/b0")) == 0
    assert db.write(lambda tx: records.remove(tx, "")) == 1


def test_bytes_are_found_wherever_they_were_logged(db: Database) -> None:
    log(db, f"0/{RUN}/artifacts/data/x", f"0/models/m-{RUN}/artifacts/MLmodel", "loose")
    log(db, f"0/{RUN}/artifacts/y", content=TWO)
    with db.read() as tx:
        assert {(a.owner_kind, a.owner_id, a.path) for a in find_by_hash(tx, [ONE.md5, "f" * 32])} == {
            ("run", RUN, "data/x"),
            ("model", f"m-{RUN}", "MLmodel"),
            ("", "", "loose"),
        }
        assert [(a.path, a.md5, a.sha256, a.size) for a in of(tx, Owner("run", RUN))] == [
            ("data/x", ONE.md5, ONE.sha256, 10),
            ("y", TWO.md5, TWO.sha256, 20),
        ]
        assert find_by_hash(tx, []) == []


def test_another_sha256_under_a_known_md5_is_refused(db: Database) -> None:
    log(db, "a")
    with pytest.raises(ConflictError, match="other bytes"):
        log(db, "b", content=Content(ONE.md5, "c" * 64, 10))
    assert [entry.path for entry in names(db, "")] == ["a"]
