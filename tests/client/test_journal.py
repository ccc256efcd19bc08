"""A record on disk: whatever ends the process, what was told before is there."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from padauk.client.journal import JOURNAL, Journal, SentTo, claim, load, new_record_id, record_folders
from padauk.client.record import Begin, DataRef, Done, End, Skipped, Started, clean_key, fold

if TYPE_CHECKING:
    from pathlib import Path

FACTS = [
    Begin("20260101-000000-abcd", 1000, "digits", user="ana", commit="c" * 40, dirty=True),
    Skipped("get"),
    Started("train", 1100, "python train.py"),
    Done(
        "train",
        "finished",
        1100,
        1200,
        exit_code=0,
        params={"lr": "0.1"},
        metrics={"loss": "NaN", "acc": 0.5},
        deps=[DataRef("data", "a" * 32 + ".dir", 3, 2)],
        outs=[DataRef("ü/model", "b" * 32, 9)],
    ),
    End(1300, "finished"),
]


def written(root: Path, *, patch: bytes = b"") -> str:
    journal = Journal.create(str(root), FACTS[0].record, patch=patch)
    for fact in FACTS:
        journal.write(fact)
    journal.close()
    return journal.folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    stored = load(written(tmp_path, patch=b"diff --git"))
    assert stored is not None
    assert stored.record == fold(FACTS)
    assert stored.patch() == b"diff --git"
    assert (stored.record.status, stored.record.skipped) == ("FINISHED", ["get"])
    assert (tmp_path / ".padauk" / ".gitignore").read_text().endswith("*\n!/config.toml\n")


def test_a_journal_torn_at_any_byte_holds_every_whole_line(tmp_path: Path) -> None:
    path = f"{written(tmp_path)}/{JOURNAL}"
    with open(path, "rb") as file:
        whole = file.read()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == 10]
    for length in range(len(whole)):
        with open(path, "wb") as file:
            file.write(whole[:length])
        # a line counts when its text is complete, with or without its newline
        complete = sum(length >= end - 1 for end in ends)
        stored = load(os.path.dirname(path))
        assert (stored.record if stored else None) == fold(FACTS[:complete]), length


def test_a_record_without_an_end_was_killed_when_it_last_spoke(tmp_path: Path) -> None:
    record = fold(FACTS[:3])
    assert record is not None
    assert (record.status, record.last_time) == ("KILLED", 1100)
    assert record.runs["train"].done is None


def test_a_damaged_memory_of_what_was_sent_remembers_nothing(tmp_path: Path) -> None:
    stored = load(written(tmp_path))
    assert stored is not None
    stored.sent_to("http://a").runs[""] = "r1"
    stored.remember()
    again = load(stored.folder)
    assert again is not None
    assert again.sent == {"http://a": SentTo(runs={"": "r1"})}
    with open(f"{stored.folder}/sent.json", "wb") as file:
        file.write(b'{"http://a": {"ru')
    damaged = load(stored.folder)
    assert damaged is not None
    assert damaged.sent == {}


def test_folders_that_are_no_records_are_passed_over(tmp_path: Path) -> None:
    folder = written(tmp_path)
    os.mkdir(f"{tmp_path}/.padauk/runs/empty")
    with open(f"{tmp_path}/.padauk/runs/file", "w"):
        pass
    assert [found.record.id for one in record_folders(str(tmp_path)) if (found := load(one))] == [
        os.path.basename(folder)
    ]


def test_a_living_record_is_not_claimed_and_a_killed_one_is(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from padauk.client.journal import Journal\n"
        "from padauk.client.record import Begin\n"
        f"journal = Journal.create({str(tmp_path)!r}, 'r1')\n"
        "journal.write(Begin('r1', 1, 'e'))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == b"ready\n"
        (folder,) = record_folders(str(tmp_path))
        with claim(folder) as free:
            assert not free
        process.kill()
        process.wait()
    with claim(folder) as free:
        assert free


def test_record_names_sort_by_time_and_never_repeat() -> None:
    early, late = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)
    assert new_record_id(early) < new_record_id(late)
    assert len({new_record_id(early) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("train.lr", "train.lr"),
        ("a b/c:d-e_f.g", "a b/c:d-e_f.g"),
        ("größe[0]", "größe_0_"),
        ("/etc/../passwd", "etc/passwd"),
        ("a//b", "a/b"),
        ("..", "_"),
        ("x" * 300, "x" * 250),
    ],
)
def test_names_become_what_mlflow_takes(given: str, clean: str) -> None:
    assert clean_key(given) == clean
