"""What is remembered of files, and that losing it costs nothing but time."""

from __future__ import annotations

import os
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from padauk.objects import State, build
from padauk.objects.state import Seen, StateRow, settled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.objects.conftest import Plant

ROWS = [StateRow(f"/d/{name}", number, 10 + number, 5, f"{number:032}") for number, name in enumerate("abc")]


def test_saved_and_found(tmp_path: Path) -> None:
    state = State(tmp_path / "s.db")
    state.save_many(ROWS)
    state.close()
    state = State(tmp_path / "s.db")
    assert state.get("/d/b", Seen(1, 11, 5)) == f"{1:032}"
    for other in (Seen(2, 11, 5), Seen(1, 12, 5), Seen(1, 11, 6)):
        assert state.get("/d/b", other) is None
    assert state.below("/d") == {(row.path[3:], *row[1:4]): row.md5 for row in ROWS}
    assert state.below("/d/") == state.below("/d")
    assert state.below("/") == {(row.path[1:], *row[1:4]): row.md5 for row in ROWS}
    assert state.below("/dd") == {}
    state.close()


def test_generations_are_kept_apart(state: State) -> None:
    state.save_many(ROWS[:1], legacy=True)
    assert state.get("/d/a", Seen(0, 10, 5)) is None
    assert state.get("/d/a", Seen(0, 10, 5), legacy=True) == f"{0:032}"


def test_below_is_exact_about_names(state: State) -> None:
    rows = [StateRow(path, 1, 1, 1, "x") for path in ("/a b/x", "/a/x", "/a-/x", "/a0/x", "/a/ü/日", "/b")]
    state.save_many(rows)
    assert {place[0] for place in state.below("/a")} == {"x", "ü/日"}


def test_names_that_are_no_unicode_are_passed_over(state: State) -> None:
    state.save_many([StateRow("/d/\udcff", 1, 1, 1, "x"), *ROWS])
    assert len(state.below("/d")) == 3


@pytest.mark.parametrize("damage", ["garbage", "empty", "torn", "folder", "other"])
def test_damage_is_never_fatal(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.db"
    state = State(path)
    state.save_many(ROWS * 100)
    state.close()
    if damage == "garbage":
        path.write_bytes(os.urandom(8192))
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "torn":
        os.truncate(path, 4096)
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.unlink()
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE files (x)")
        db.commit()
        db.close()
    state = State(path)
    state.below("/d")
    state.save_many(ROWS)
    assert state.below("/d") in ({}, {(row.path[3:], *row[1:4]): row.md5 for row in ROWS})
    assert (state.below("/d") == {}) == (damage == "folder")
    state.close()


def test_damage_while_open(tmp_path: Path) -> None:
    state = State(tmp_path / "s.db")
    state.save_many([StateRow(f"/d/{number}", 1, 1, 1, "x" * 32) for number in range(5000)])
    with open(tmp_path / "s.db", "r+b") as file:
        file.write(os.urandom(200_000))
    state.below("/d")
    state.save_many(ROWS)
    state.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = State(tmp_path / "file" / "s.db")
    state.save_many(ROWS)
    assert state.below("/d") == {}
    state.close()


def test_a_lock_is_not_waited_for_long(tmp_path: Path) -> None:
    state = State(tmp_path / "s.db")
    state.save_many(ROWS)
    other = sqlite3.connect(tmp_path / "s.db")
    other.execute("BEGIN EXCLUSIVE")
    state.save_many([StateRow("/d/z", 1, 1, 1, "x")])
    assert state.below("/d") == {}
    other.rollback()
    other.close()
    assert len(state.below("/d")) == 3  # and it works again afterwards
    state.close()


def test_threads(state: State) -> None:
    def work(number: int) -> None:
        for turn in range(20):
            state.save_many([StateRow(f"/{number}/{turn}", 1, 1, 1, "x")])
            state.below(f"/{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(state.below(f"/{number}")) == 20 for number in range(4))


SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("mtime", "trusted"),
    [
        (100 * SECOND - 1_000_000, False),  # a millisecond before it was hashed: the same tick
        (100 * SECOND - 50_000_001, True),
        (99 * SECOND, False),  # a disk that keeps whole seconds
        (97 * SECOND, True),
        (100 * SECOND + 1, False),  # a server's clock that is ahead
        (100 * SECOND + 2 * 86_400 * SECOND, True),
    ],
)
def test_what_is_settled(mtime: int, trusted: bool) -> None:
    assert settled(mtime, 100 * SECOND) is trusted


def test_a_file_written_just_now_is_hashed_again(state: State, plant: Plant) -> None:
    folder = plant("d", {"a": b"one"}, age=-5.5)  # a clock that is ahead: any write may get this time again
    first = build(f"{folder}/a", state=state)
    found = os.stat(f"{folder}/a")
    with open(f"{folder}/a", "r+b") as file:
        file.write(b"two")
    os.utime(f"{folder}/a", ns=(found.st_atime_ns, found.st_mtime_ns))  # as if in the same tick
    assert build(f"{folder}/a", state=state).info != first.info


def test_unchanged_files_are_not_read(state: State, plant: Plant) -> None:
    folder = plant("d", {"a": b"one", "s/b": b"two"})
    before = build(folder, state=state)
    for name in ("a", "s/b"):
        found = os.stat(f"{folder}/{name}")
        with open(f"{folder}/{name}", "r+b") as file:
            file.write(b"XXX")
        os.utime(f"{folder}/{name}", ns=(found.st_atime_ns, found.st_mtime_ns))
    assert build(folder, state=state) == before
    assert build(folder).info != before.info


def test_fresh_rows_are_saved_when_a_tick_has_passed(state: State, plant: Plant) -> None:
    folder = plant("d", {"a": b"one", "b": b"two"}, age=0)
    rows = [StateRow(f"{folder}/{name}", *_seen(f"{folder}/{name}"), "x" * 32) for name in "ab"]
    state.save_fresh(rows)
    with open(f"{folder}/b", "ab") as file:
        file.write(b"more")
    state.flush()
    assert state.get(f"{folder}/a", _seen(f"{folder}/a")) == "x" * 32
    assert state.get(f"{folder}/b", _seen(f"{folder}/b")) is None


def _seen(path: str) -> Seen:
    found = os.stat(path)
    return Seen(found.st_ino, found.st_mtime_ns, found.st_size)
