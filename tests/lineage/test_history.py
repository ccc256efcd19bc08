"""Reading dvc.lock stage by stage gives what reading it whole gives."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padauk.lineage import lock_digest
from padauk.lineage.history import Entry, parse
from padauk.repo import yamlfile

TEXT = st.text(string.ascii_letters + string.digits + " .:#-'\"\\ü\n\t[]{}%@`|>", max_size=40)
MD5 = st.text("0123456789abcdef", min_size=32, max_size=32)
ITEM = st.fixed_dictionaries(
    {"path": TEXT.filter(bool), "hash": st.just("md5"), "md5": MD5, "size": st.integers(0, 10**12)}
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STAGE = st.fixed_dictionaries(
    {"cmd": TEXT | st.lists(TEXT, min_size=1, max_size=3), "outs": st.lists(ITEM, min_size=1, max_size=3)},
    optional={
        "deps": st.lists(ITEM, min_size=1, max_size=3),
        "params": st.dictionaries(TEXT, st.dictionaries(TEXT, VALUE, max_size=3), min_size=1, max_size=2),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXT.filter(lambda name: name.strip() != ""), STAGE, min_size=1, max_size=4))
def test_stages_one_by_one_are_the_stages_of_the_whole(stages: dict[str, Any]) -> None:
    content = yamlfile.dumps({"schema": "2.0", "stages": stages})
    texts: dict[bytes, Entry] = {}
    found = parse(content, "dvc.lock", texts)
    whole = yamlfile.loads(content, "dvc.lock")["stages"]
    assert [entry.stage for entry in found] == list(whole)
    assert [entry.digest for entry in found] == [lock_digest(entry) for entry in whole.values()]
    for entry, value in zip(found, whole.values(), strict=True):
        assert [(item.path, item.md5, item.size) for item in entry.outs] == [
            (out["path"], out["md5"], out["size"]) for out in value["outs"]
        ]
    # the same text again costs no parsing and gives the same
    assert parse(content, "dvc.lock", texts) == found


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"schema: '2.0'\n",
        b"schema: '2.0'\nstages:\n",
        b"\xff\xfe",
        b"[1, 2]",
        b"stages: {a: 1}\nschema: '2.0'",
    ],
)
def test_odd_files_declare_nothing(content: bytes) -> None:
    assert parse(content, "dvc.lock") == []
    assert parse(content, "x.dvc") == []


def test_a_lock_of_version_1_is_read_whole() -> None:
    content = b"train:\n  cmd: c\n  outs:\n  - path: m\n    md5: " + b"a" * 32 + b"\n"
    (entry,) = parse(content, "dvc.lock")
    assert (entry.stage, entry.cmd, entry.outs[0].path) == ("train", "c", "m")


def test_a_dvc_file_with_a_working_folder() -> None:
    content = b"wdir: sub\nouts:\n- md5: " + b"a" * 32 + b"\n  path: x\n"
    (entry,) = parse(content, "d.dvc")
    assert entry.outs[0].path == "sub/x"
