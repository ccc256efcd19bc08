"""A run that says it is running while nothing is written to it is told apart from one that lives."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from padauk.core.text import now_ms
from padauk.db import open_database
from padauk.testing.servers import padauk_server
from padauk.tracking import experiments, log, runs, views
from tests.server.test_server import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from padauk.db import Database, Session


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


def stale(db: Database, uid: str) -> bool:
    with db.read() as tx:
        return views.lines_of(tx, [uid])[0].stale


def silent(db: Database, milliseconds: int) -> str:
    """A running run that gave no sign for some time."""

    def work(tx: Session) -> str:
        experiment = experiments.create(tx, f"old-{now_ms()}", root="mlflow-artifacts:/")
        run = runs.create(tx, experiment, name="silent", start_time=1)
        tx.run("UPDATE runs SET heard = ? WHERE uid = ?", (now_ms() - milliseconds, run.info.run_id))
        return run.info.run_id

    return db.write(work)


def test_only_a_long_silence_makes_a_run_stale(db: Database) -> None:
    assert not stale(db, silent(db, runs.STALE_AFTER - 60_000))
    uid = silent(db, runs.STALE_AFTER + 1)
    assert stale(db, uid)
    db.write(lambda tx: runs.update(tx, uid, status="KILLED", end_time=2))
    assert not stale(db, uid)


@pytest.mark.parametrize(
    "sign",
    [
        lambda tx, uid: log.param(tx, uid, "lr", "1"),
        lambda tx, uid: log.tag(tx, uid, "note", "1"),
        lambda tx, uid: log.batch(tx, uid, [], [], []),
        lambda tx, uid: runs.update(tx, uid, status="RUNNING"),
    ],
    ids=["param", "tag", "empty batch", "status"],
)
def test_any_write_is_a_sign_of_life(db: Database, sign: Callable[[Session, str], Any]) -> None:
    uid = silent(db, runs.STALE_AFTER + 60_000)
    db.write(lambda tx: sign(tx, uid))
    assert not stale(db, uid)


def test_signs_are_noted_twice_a_minute_at_most(db: Database) -> None:
    def heard(tx: Session) -> int:
        return int(tx.value("SELECT heard FROM runs WHERE uid = ?", (uid,)))

    uid = silent(db, runs.HEARD_EVERY - 10_000)
    with db.read() as tx:
        before = heard(tx)
    db.write(lambda tx: log.tag(tx, uid, "note", "1"))
    with db.read() as tx:
        assert heard(tx) == before


def test_a_run_that_came_from_elsewhere_is_known_by_its_start(db: Database) -> None:
    uid = silent(db, 0)
    db.write(lambda tx: tx.run("UPDATE runs SET heard = NULL WHERE uid = ?", (uid,)))
    assert stale(db, uid)


def test_runs_list_shows_it(tmp_path: Path) -> None:
    with padauk_server(tmp_path) as server:
        for name in ("lost", "busy"):
            ask(
                server,
                "POST",
                "/api/2.0/mlflow/runs/create",
                f'{{"experiment_id": "0", "run_name": "{name}"}}',
            )
        with closing(sqlite3.connect(tmp_path / "padauk.db")) as connection, connection:
            connection.execute("UPDATE runs SET heard = 5 WHERE name = 'lost'")
        command = [sys.executable, "-m", "padauk", "runs", "list", "--uri", server.url]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = shown.stdout.splitlines()
    assert any("lost" in line and "stale" in line for line in lines)
    assert any("busy" in line and "running" in line for line in lines)
    assert "half an hour" in shown.stderr
