"""YAML, INI, .gitignore and .dvcignore: the small files of a repository."""

from __future__ import annotations

import io
import math
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from padauk.core.errors import FormatError
from padauk.repo import Ignore, gitignore, ini, yamlfile
from padauk.repo.files import write_atomic
from padauk.scm import Git

if TYPE_CHECKING:
    from pathlib import Path

_scalars = st.text("0123456789-+._eExXoObBTtruefalsnN~Z:yYiI /#'\"", max_size=9)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


@given(_scalars)
@settings(max_examples=500, deadline=None)
def test_the_fast_reader_reads_yaml_1_2_as_ruamel_does(text: str) -> None:
    document = f"a: {text}\n"
    try:
        expected = YAML(typ="safe", pure=True).load(document)
    except Exception:  # noqa: BLE001 - whatever ruamel refuses
        with pytest.raises(FormatError):
            yamlfile.loads(document, "x")
    else:
        assert same(yamlfile.loads(document, "x"), expected)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=90),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=9), _values, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    assert same(
        yamlfile.loads(yamlfile.dumps(value), "x"), YAML(typ="safe", pure=True).load(yamlfile.dumps(value))
    )


_digests = st.text("0123456789abcdef", min_size=32, max_size=32)
_names = st.text("abcABC019./-_ :#", min_size=1, max_size=20) | st.text(
    "0123456789eExob_.-", min_size=1, max_size=12
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"md5": _digests | st.just("0" * 31 + "e"), "size": st.integers(0), "path": _names}
        )
    )
)
@settings(max_examples=300, deadline=None)
def test_the_short_way_writes_what_ruamel_writes(outs: list[dict[str, Any]]) -> None:
    stream = io.BytesIO()
    round_trip = YAML()
    round_trip.default_flow_style = False
    round_trip.dump({"outs": outs}, stream)
    assert yamlfile.dumps({"outs": outs}) == stream.getvalue()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: [1\n", "f:2:1"),
        ("a: 1\na: 2\n", "f:2:1: duplicate key 'a'"),
        ("a:\n\tb: 1\n", "f:2"),
        ("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n", "f:1: holds the marks of a merge conflict"),
    ],
)
def test_broken_yaml_says_where(text: str, where: str) -> None:
    with pytest.raises(FormatError, match="^" + re.escape(where)):
        yamlfile.loads(text, "f")
    with pytest.raises(FormatError, match="UTF-8"):
        yamlfile.loads(b"a: \xff", "f")


def test_update_touches_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("# top\nb: 1   # one\na: [1,   2]\nc:\n  # inner\n  d: x\n")
    assert yamlfile.update(str(path), {"b": 2, "a": [1, 2], "c": {"d": "x", "e": None}})
    assert path.read_text() == "# top\nb: 2   # one\na: [1, 2]\nc:\n  # inner\n  d: x\n  e:\n"
    assert not yamlfile.update(str(path), {"b": 2, "a": [1, 2], "c": {"d": "x", "e": None}})


def test_line_of() -> None:
    content = b"outs:\n- path: a\n  md5: x\n- path: b\n  bad: 1\n"
    assert yamlfile.line_of(content, ("outs", 1, "bad")) == 5
    assert yamlfile.line_of(content, ("outs", 0)) == 2
    assert yamlfile.line_of(content, ("nope",)) == 1


def test_write_atomic_keeps_mode_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("1")
    real.chmod(0o640)
    link.symlink_to("real")
    assert write_atomic(str(link), b"2")
    assert not write_atomic(str(link), b"2")
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"2", 0o640)
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


_settings = st.dictionaries(
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20).filter(
        lambda text: text == text.strip() and not ("'" in text and '"' in text)
    ),
    max_size=4,
)


@given(
    st.dictionaries(
        st.from_regex(r'remote "[a-z0-9]{1,5}"|core|cache', fullmatch=True), _settings, max_size=3
    )
)
@settings(max_examples=200, deadline=None)
def test_ini_is_written_and_read_as_configobj_does(sections: dict[str, dict[str, str]]) -> None:
    configobj = pytest.importorskip("configobj")
    text = ini.dump(sections)  # type: ignore[arg-type]
    theirs = configobj.ConfigObj(sections, encoding="utf-8", default_encoding="utf-8")
    assert text.encode().splitlines() == theirs.write()
    assert ini.parse(text, "x") == sections
    assert configobj.ConfigObj(text.splitlines(), encoding="utf-8").dict() == sections


def test_ini_values() -> None:
    text = "# c\n[a]  # c\n  k = 1, '2, 3' , # c\nq = \"x # y\"\n one = a,\nempty =\nt = '''p\nq'''\n"
    assert ini.parse(text, "x") == {
        "a": {"k": ["1", "2, 3"], "q": "x # y", "one": ["a"], "empty": "", "t": "p\nq"}
    }
    for bad in ("k = 1\n", "[a\n", "[a]\nnonsense\n", "[a]\nk = 'x\n"):
        with pytest.raises(FormatError, match=r"^x:[12]: "):
            ini.parse(bad, "x")


def test_gitignore_lines(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    git = Git(str(tmp_path))
    names = ["data", "a[1]*?!#\\", "sp ace", "!x", "#y"]
    paths = [str(tmp_path / name) for name in names]
    (tmp_path / ".gitignore").write_text("mine")
    assert gitignore.add(git, paths) == [str(tmp_path / ".gitignore")]
    assert git.ignored(paths) == set(paths)
    assert gitignore.add(git, paths) == []
    text = (tmp_path / ".gitignore").read_text()
    assert text.startswith("mine\n/data\n")
    assert gitignore.remove(git, paths) == [str(tmp_path / ".gitignore")]
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    (tmp_path / "sub").mkdir()
    gitignore.add(git, [str(tmp_path / "sub/only")])
    gitignore.remove(git, [str(tmp_path / "sub/only")])
    assert not (tmp_path / "sub/.gitignore").exists()
    assert gitignore.add(git, ["/outside/x"]) == []
    assert gitignore.add(None, paths) == []


def test_dvcignore(tmp_path: Path) -> None:
    (tmp_path / ".dvcignore").write_text("*.tmp\n!keep.tmp\n/only-top\nfolder/\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/.dvcignore").write_text("x\n!b.tmp\n")
    (tmp_path / "other/.dvc").mkdir(parents=True)
    ignore = Ignore(str(tmp_path))
    top = ignore.inside(str(tmp_path))
    assert [
        name for name in ("a.tmp", "keep.tmp", "only-top", "folder", ".git", "x") if top(name, False)
    ] == [
        "a.tmp",
        "only-top",
        ".git",
    ]
    assert [name for name in ("folder", ".git", ".dvc", ".hg", "a", "other") if top(name, True)] == [
        "folder",
        ".git",
        ".dvc",
        ".hg",
        "other",
    ]
    below = ignore.inside(str(tmp_path / "a"))
    assert [name for name in ("x", "b.tmp", "c.tmp", "only-top", ".dvcignore") if below(name, False)] == [
        "x",
        "c.tmp",
    ]
    assert ignore.hides(str(tmp_path / "folder/deep/file"))
    assert ignore.hides(str(tmp_path / "a/x"))
    assert not ignore.hides(str(tmp_path / "a/y"))
    assert not ignore.hides(str(tmp_path))
    assert not ignore.hides("/elsewhere")
