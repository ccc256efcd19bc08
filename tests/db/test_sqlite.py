"""The embedded database: one writer, many readers, shared commits."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError, UnavailableError, UnsupportedError
from padauk.db import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from padauk.db import Database, Session


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path}/x.db")
    yield found
    found.close()


def add(tx: Session, name: str) -> int:
    return tx.names.ids(tx, [name])[name]


def count(db: Database) -> int:
    with db.read() as tx:
        return int(tx.value("SELECT count(*) FROM names"))


def test_a_failed_write_leaves_nothing_and_spares_its_neighbours(db: Database) -> None:
    async def scene() -> list[object]:
        def fails(tx: Session) -> None:
            add(tx, "lost")
            raise InputError("no")

        works = [lambda tx, n=n: add(tx, f"kept-{n}") for n in range(20)]
        works.insert(7, fails)
        return await asyncio.gather(*(db.submit(work) for work in works), return_exceptions=True)

    outcomes = asyncio.run(scene())
    assert isinstance(outcomes.pop(7), InputError)
    assert len(set(outcomes)) == 20
    with db.read() as tx:
        assert tx.names.find(tx, "lost") is None
    assert count(db) == 20


def test_a_name_that_was_rolled_back_is_not_remembered(db: Database) -> None:
    def fails(tx: Session) -> None:
        add(tx, "ghost")
        raise InputError("no")

    with pytest.raises(InputError):
        db.write(fails)
    number = db.write(lambda tx: add(tx, "ghost"))
    with db.read() as tx:
        assert tx.value("SELECT id FROM names WHERE name = 'ghost'") == number


def test_a_reader_sees_one_state(db: Database) -> None:
    with db.read() as tx:
        before = tx.value("SELECT count(*) FROM names")
        db.write(lambda w: add(w, "new"))
        assert tx.value("SELECT count(*) FROM names") == before
    assert count(db) == before + 1


def test_writers_in_many_threads_lose_nothing(db: Database) -> None:
    def client(number: int) -> None:
        for turn in range(25):
            db.write(lambda tx, turn=turn: add(tx, f"{number}-{turn}"))
            assert count(db) > 0

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(client, range(16)))
    assert count(db) == 400


def test_two_processes_may_write_to_one_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    one, two = open_database(url), open_database(url)
    try:

        def client(db: Database, number: int) -> None:
            for turn in range(100):
                db.write(lambda tx, turn=turn: add(tx, f"k{turn}-{number}"))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(client, (one, two), (1, 2)))
        shared = one.write(lambda tx: add(tx, "shared"))
        assert two.write(lambda tx: add(tx, "shared")) == shared
        assert count(one) == count(two) == 201
    finally:
        one.close()
        two.close()


def test_closing_finishes_what_was_accepted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    db = open_database(url)

    async def scene() -> None:
        waiting = [db.submit(lambda tx, n=n: add(tx, str(n))) for n in range(100)]
        await asyncio.to_thread(db.close)
        await asyncio.gather(*waiting)

    asyncio.run(scene())
    with pytest.raises(UnavailableError):
        db.write(lambda tx: None)
    assert sqlite3.connect(f"{tmp_path}/x.db").execute("SELECT count(*) FROM names").fetchone() == (100,)


@pytest.mark.parametrize("durable", [True, False])
def test_durable_flushes_each_commit(tmp_path: Path, durable: bool) -> None:
    db = open_database(f"sqlite:///{tmp_path}/x.db", durable=durable)
    try:
        level = db.write(lambda tx: tx.value("PRAGMA synchronous"))
    finally:
        db.close()
    assert level == (2 if durable else 1)


@pytest.mark.parametrize("url", ["padauk.db", "sqlite://", "sqlite:///:memory:", "what://x"])
def test_urls_that_name_no_database(url: str) -> None:
    with pytest.raises(InputError):
        open_database(url)


def test_databases_of_others() -> None:
    with pytest.raises(UnsupportedError, match="MySQL"):
        open_database("mysql+pymysql://u:p@h/d")
