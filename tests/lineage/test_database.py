"""The server's tables as a source, on both databases: objects of runs, prefixes, tags, deleted runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError, NotFoundError
from padauk.db import Database, open_database
from padauk.lineage import Data, Ref, Sources, resolve, trace
from padauk.lineage.database import DatabaseSource, record_objects
from padauk.tracking import Tag, experiments, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.lineage import Execution

RAW, CLEAN, MODEL = "a" * 32 + ".dir", "b" * 32 + ".dir", "c" * 32


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A new database with its default experiment."""
    database = open_database(database_url)
    database.write(lambda tx: experiments.ensure_default(tx, "mlflow-artifacts:/"))
    yield database
    database.close()


def run(db: Database, stage: str, start: int, read: list[Ref], written: list[Ref]) -> str:
    def work(tx: object) -> str:
        tags = [Tag("padauk.stage", stage), Tag("padauk.lock", f"{start:064}")]
        made = runs.create(tx, "0", name=stage, start_time=start, tags=tags)  # type: ignore[arg-type]
        record_objects(tx, made.info.run_id, read, written)  # type: ignore[arg-type]
        return made.info.run_id

    return db.write(work)


def chain(db: Database) -> tuple[str, str]:
    """Two runs: raw → clean → model."""
    first = run(db, "clean", 1000, [Ref("data/raw", RAW, 30, 3)], [Ref("data/clean", CLEAN, 30, 3)])
    return first, run(db, "train", 2000, [Ref("data/clean", CLEAN, 30, 3)], [Ref("model", MODEL, 9)])


def ids(found: list[Execution]) -> list[str | None]:
    return [execution.id for execution in found]


def test_who_made_and_who_used(db: Database) -> None:
    clean, train = chain(db)
    with db.read() as tx:
        source = Sources([DatabaseSource(tx)])
        assert ids(source.makers([CLEAN])) == [clean]
        assert ids(source.users([CLEAN])) == [train]
        assert ids(source.makers([MODEL, CLEAN])) == [train, clean]  # newest first
        assert source.makers([RAW]) == []
        (found,) = source.executions([train])
        assert (found.name, found.deps) == ("train", (Ref("data/clean", CLEAN, 30, 3),))
        assert (found.outs, found.digest) == ((Ref("model", MODEL, 9),), f"{2000:064}")


def test_told_again_is_told_once(db: Database) -> None:
    clean, _ = chain(db)
    for size in (30, 31):
        db.write(lambda tx, size=size: record_objects(tx, clean, [], [Ref("data/clean", CLEAN, size, 3)]))
    with db.read() as tx:
        (found,) = DatabaseSource(tx).executions([clean])
        assert found.outs == (Ref("data/clean", CLEAN, 31, 3),)


def test_the_graph_of_a_chain(db: Database) -> None:
    clean, train = chain(db)
    with db.read() as tx:
        source = Sources([DatabaseSource(tx)])
        up = trace(resolve(MODEL, source), source, down=False)
        assert set(up.nodes) == {
            f"data:{MODEL}", f"run:{train}", f"data:{CLEAN}", f"run:{clean}", f"data:{RAW}",
        }  # fmt: skip
        down = trace(resolve("data/raw", source), source, up=False)
        assert set(down.nodes) == set(up.nodes)
        assert set(up.edges) == set(down.edges)
        cut = trace(resolve("data/raw", source), source, up=False, depth=2)
        assert cut.cut == {f"data:{CLEAN}"}


def test_what_a_person_remembers(db: Database) -> None:
    _, train = chain(db)
    with db.read() as tx:
        source = Sources([DatabaseSource(tx)])
        for ref in (train, train[:8], f"runs:/{train}", "train"):
            assert resolve(ref, source).key == f"run:{train}"
        for ref in (MODEL, MODEL[:6], "model"):
            found = resolve(ref, source)
            assert isinstance(found, Data)
            assert found.md5 == MODEL
        for ref in ("nothing", "d" * 32, "0000", "runs:/0000"):
            with pytest.raises(NotFoundError):
                resolve(ref, source)
        with pytest.raises(NotFoundError, match="no registered model 'x'"):
            resolve("models:/x", source)


def test_several_things_that_start_so_are_named(db: Database) -> None:
    run(db, "one", 1, [Ref("x", "abcd" + "0" * 28)], [Ref("y", "abcd" + "1" * 28)])
    with db.read() as tx, pytest.raises(InputError, match=r"'abcd' may be abcd0{28} \(x\), abcd1{28} \(y\)"):
        resolve("abcd", Sources([DatabaseSource(tx)]))


def test_deleted_runs_tell_nothing_and_take_nothing(db: Database) -> None:
    _, train = chain(db)
    db.write(lambda tx: runs.delete(tx, train))
    with db.read() as tx:
        source = Sources([DatabaseSource(tx)])
        assert source.makers([MODEL]) == []
        assert source.executions([train]) == []
        assert source.find_executions(train) == []
    with pytest.raises(InputError, match="active"):
        db.write(lambda tx: record_objects(tx, train, [], [Ref("x", RAW)]))
    with pytest.raises(NotFoundError):
        db.write(lambda tx: record_objects(tx, "0" * 32, [], [Ref("x", RAW)]))


def test_more_runs_than_one_page_shows(db: Database) -> None:
    """A popular file: the newest runs are told, and that there are more."""
    for number in range(205):
        run(db, f"s{number}", number, [Ref("code.py", MODEL)], [Ref(f"o{number}", f"{number:032x}")])
    with db.read() as tx:
        source = Sources([DatabaseSource(tx)])
        found = source.users([MODEL])
        assert (len(found), found[0].name) == (201, "s204")
        graph = trace(resolve(MODEL, source), source, up=False, depth=1)
        assert len(graph.nodes) == 201
        assert f"data:{MODEL}" in graph.cut
