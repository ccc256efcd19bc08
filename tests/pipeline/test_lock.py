"""Putting one entry into dvc.lock gives the bytes of a round trip of the whole file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padauk.core.errors import FormatError
from padauk.pipeline import lock
from padauk.repo import yamlfile

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=100) | st.sampled_from(
    ["a\nb\n", "\n\n x", "  two", "# no comment", "a: b", "s1:", "'", "yes", "x " * 60, "\ttab", "end\n\n"]
)
NAMES = st.sampled_from(["s1", "s10", "train@a-b", "1", "yes", "x y", "ü", "a: b", "#"])
ENTRIES = st.fixed_dictionaries(
    {"cmd": TEXT.filter(bool) | st.lists(TEXT, min_size=1, max_size=2)},
    optional={
        "deps": st.lists(st.fixed_dictionaries({"path": TEXT, "md5": TEXT}), min_size=1, max_size=2),
        "params": st.dictionaries(
            TEXT,
            st.dictionaries(TEXT, TEXT | st.integers() | st.none() | st.lists(TEXT), max_size=2),
            max_size=2,
        ),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(NAMES, ENTRIES), min_size=1, max_size=5))
def test_put_writes_what_a_round_trip_would(tmp_path: Path, puts: list[tuple[str, Any]]) -> None:
    path = tmp_path / "dvc.lock"
    other = tmp_path / "other.lock"
    path.unlink(missing_ok=True)
    other.unlink(missing_ok=True)
    for name, entry in puts:

        def change(data: Any, name: str = name, entry: Any = entry) -> None:
            data.setdefault("schema", "2.0")
            data.setdefault("stages", {})[name] = entry

        yamlfile.edit(str(other), change)
        lock.put(str(path), name, entry)
        assert path.read_bytes() == other.read_bytes()


def test_put_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text("schema: '2.0'\nstages:\n  # mine\n  a: {cmd: x}\n  b:\n    cmd: y\n")
    lock.put(str(path), "b", {"cmd": "z"})
    assert path.read_text() == "schema: '2.0'\nstages:\n  # mine\n  a: {cmd: x}\n  b:\n    cmd: z\n"


def test_put_of_the_same_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    assert lock.put(str(path), "a", {"cmd": "x"})
    before = path.stat().st_mtime_ns
    assert not lock.put(str(path), "a", {"cmd": "x"})
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema: '2.0'\nstages:\n  a: 1\n", "dvc.lock:3: the entry of stage 'a' is broken"),
        ("schema: '2.0'\nstages:\n  a:\n    cmd: x\n    deps: [{md5: y}]\n", "dvc.lock:3:"),
        ("schema: '1.0'\nstages: {}\n", "schema '1.0' is not known"),
        ("schema: '2.0'\nstages: [1]\n", "broken"),
        ("[1]\n", "must hold a mapping"),
        ("a: [\n", "dvc.lock:2"),
        ("<<<<<<< ours\nschema: '2.0'\n", "merge conflict"),
    ],
)
def test_broken_lock_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(FormatError) as caught:
        lock.parse(text.encode(), "dvc.lock")
    assert says in caught.value.message
