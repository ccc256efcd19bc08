"""The schema: made, marked, compared, and refused when it is of another release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InvalidStateError
from padauk.db import open_database, schema
from padauk.db.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.db import Session


def write(url: str, work: Callable[[Session], object]) -> None:
    db = open_database(url)
    try:
        db.write(work)
    finally:
        db.close()


def test_opening_makes_all_tables_and_opening_again_changes_nothing(database_url: str) -> None:
    assert schema.current(database_url) is None
    write(database_url, lambda tx: tx.names.ids(tx, ["kept"]))
    assert schema.current(database_url) == schema.HEAD
    assert schema.differences(database_url) == []
    write(database_url, lambda tx: tx.names.find(tx, "kept") or pytest.fail("lost"))


def test_upgrading_an_empty_database_gives_the_same(database_url: str) -> None:
    schema.upgrade(database_url)
    assert schema.current(database_url) == schema.HEAD
    assert schema.differences(database_url) == []
    write(database_url, lambda tx: tx.names.ids(tx, ["works"]))


def test_a_database_of_a_newer_release_is_left_alone(database_url: str) -> None:
    write(database_url, lambda tx: tx.run("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InvalidStateError, match="newer than this padauk"):
        open_database(database_url)
    with pytest.raises(InvalidStateError, match="newer than this padauk"):
        schema.upgrade(database_url, schema.current(database_url))


def test_what_is_missing_is_told(database_url: str) -> None:
    def spoil(tx: Session) -> None:
        tx.run("DROP TABLE run_tags")
        tx.run("DROP INDEX runs_newest")

    write(database_url, spoil)
    assert sorted(schema.differences(database_url)) == [
        "add index: run_tags_by_value",
        "add index: runs_newest",
        "add table: run_tags",
    ]


def test_names_of_tables_are_not_taken_twice() -> None:
    assert len({table.name.lower() for table in METADATA.sorted_tables}) == len(METADATA.sorted_tables)
