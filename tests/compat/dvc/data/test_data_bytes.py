"""Whatever the data verbs write equals, byte for byte, what dvc writes for the same commands."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.compat.dvc.data.conftest import Twin

pytestmark = pytest.mark.compat

_NAMES = [
    "a",
    "d",
    "123",
    "yes",
    "null",
    "1e5",
    "0x1f",
    "- x",
    "a: b",
    "#x",
    "é",
    "sp ace",
    "'q'",
    '"dq"',
    "ünï",
]
_NAMES += [
    "!bang",
    "[br]",
    "st*r",
    "qu?",
    "back\\slash",
    "tab\tin",
    "~",
    "=",
    "@at",
    "%pc",
    "a,b",
    "{c}",
    "日本",
    ".hid",
]
_NAMES += [
    "x" * 90,
    "long name " * 12 + "end",
    "2020-01-01",
    "true",
    "e" * 32,
    "&anchor",
    "|",
    ">",
    "a #b",
    "trailing.",
    ":",
    "- ",
]


def test_init(twin: Twin) -> None:
    twin.assert_same()


def test_init_without_git_and_below_git(tmp_path: Path, twin: Twin) -> None:
    twin = twin.at(tmp_path / "ours", tmp_path / "them")
    twin.both(lambda root: root.mkdir())
    twin.run("init", "--no-scm")
    twin.assert_same()
    twin.both(shutil.rmtree)
    twin.both(lambda root: (root / "below").mkdir(parents=True))
    twin.git("init", "-q")
    inner = twin.at(twin.ours / "below", twin.theirs / "below")
    inner.run("init", ok=False)
    inner.run("init", "--subdir")
    inner.write({"data": "x"})
    inner.run("add", "data")
    inner.assert_same()


def test_a_story(twin: Twin) -> None:
    twin.write({"d/a": "a\n", "d/sub/b": "b\n", "d/zero": "", "f.txt": "x\n", "s p/ü n": "1\n", "ex": "hi"})
    twin.both(lambda root: (root / "ex").chmod(0o755))
    twin.both(lambda root: (root / "empty").mkdir())
    twin.run("add", "d", "f.txt", "s p/ü n", "ex", "empty")
    twin.assert_same()
    twin.assert_both_clean()
    twin.git("add", "-A")
    twin.git("commit", "-qm", "one")

    twin.write({"d/new": "c\n", "ex": "changed\n", "d/sub/b": "bb\n"})
    twin.both(lambda root: (root / "f.txt").unlink())
    for arguments in (["status", "--json"], ["diff", "--json", "--show-hash"], ["diff", "--json"]):
        mine, other = twin.run(*arguments)
        assert json.loads(mine.out) == json.loads(other.out), arguments
    twin.run("commit", "-f", "d.dvc")
    twin.run("add", "ex")
    twin.run("checkout", "f.txt")
    twin.assert_same()
    twin.assert_both_clean()
    twin.git("add", "-A")
    twin.git("commit", "-qm", "two")
    mine, other = twin.run("diff", "HEAD~1", "HEAD", "--json", "--show-hash")
    assert json.loads(mine.out) == json.loads(other.out)

    twin.git("checkout", "-q", "HEAD~1")
    twin.run("checkout")
    twin.assert_same()
    twin.assert_both_clean()


def test_parts_of_a_folder(twin: Twin) -> None:
    twin.write({"d/a": "a", "d/s/b": "b", "d/s/c": "c"})
    twin.run("add", "d")
    twin.write({"d/n": "new", "d/s/b": "bb"})
    twin.run("add", "d/n")
    twin.assert_same()
    twin.run("add", "d/s")
    twin.assert_same()
    twin.both(lambda root: (root / "d/a").unlink())
    twin.run("add", "d/a")
    twin.assert_same()
    twin.write({"d/s/b": "dirty"})
    twin.run("checkout", "-f", "d/s/b")
    twin.both(lambda root: shutil.rmtree(root / "d/s"))
    twin.run("checkout", "d/s")
    twin.assert_same()
    twin.assert_both_clean()


def test_edited_files_keep_comments_and_annotations(twin: Twin) -> None:
    twin.write({"f": "1"})
    twin.run("add", "f")
    text = """# a person wrote this
wdir: .
frozen: false
outs:
- md5: c4ca4238a0b923820dcc509a6f75849b   # one
  size: 1
  hash: md5
  path: ./f
  desc: "the first"
  labels: [x, y]
  meta:
    who: 'me'
  remote: r
  push: false
meta:
  k: [1, 2]
desc: hello   # end
"""
    twin.write({"f.dvc": text, "f": "22"})
    twin.run("add", "f")
    twin.assert_same()
    twin.write({"f": "333"})
    twin.run("commit", "-f")
    twin.assert_same()


def test_ignore_rules(twin: Twin) -> None:
    twin.write(
        {
            ".dvcignore": "# c\n*.tmp\n/d/skip/\n!keep.tmp\n",
            "d/.keep": "",
            "d/x.tmp": "1",
            "d/keep.tmp": "2",
            "d/skip/y": "3",
            "d/sub/skip/z": "4",
            "d/sub/q.tmp": "5",
            "e/.dvcignore": "only-here\n",
            "e/f/only-here": "6",
            "e/f/other": "7",
        }
    )
    twin.run("add", "d", "e/f")
    twin.assert_same()
    twin.write({"inside/.dvcignore": "x\n", "inside/x": "1"})
    twin.run("add", "inside", ok=False)
    twin.write({".gitignore": "/covered\nno newline at the end", "covered": "x", "other": "y"})
    twin.run("add", "covered", "other")
    twin.assert_same()


def test_remotes(twin: Twin) -> None:
    for arguments in (
        ["remote", "add", "-d", "Store", "../elsewhere"],
        ["remote", "add", "s", "s3://bucket/p"],
        ["remote", "modify", "s", "endpointurl", "http://localhost:1"],
        ["remote", "modify", "--local", "s", "secret_access_key", "a#b,c'd"],
        ["remote", "modify", "store", "jobs", "3"],
        ["remote", "add", "home", "~/x"],
        ["remote", "rename", "store", "main"],
        ["remote", "add", "-f", "main", "other"],
        ["remote", "default", "s"],
        ["remote", "default", "-u"],
        ["remote", "modify", "-u", "s", "endpointurl"],
        ["remote", "remove", "home"],
    ):
        twin.run(*arguments)
        twin.assert_same()
    for arguments in (
        ["remote", "add", "s", "x"],
        ["remote", "modify", "nix", "jobs", "1"],
        ["remote", "modify", "s", "nonsense", "1"],
        ["remote", "modify", "s", "jobs", "many"],
        ["remote", "remove", "nix"],
        ["remote", "default", "nix"],
    ):
        twin.run(*arguments, ok=False)
        twin.assert_same()


def test_link_types(twin: Twin) -> None:
    for kind in ("hardlink", "symlink", "copy"):
        twin.both(lambda root, kind=kind: (root / ".dvc/config").write_text(f"[cache]\n    type = {kind}\n"))
        twin.write({f"{kind}-d/a": kind, f"{kind}-f": kind + "f"})
        twin.run("add", f"{kind}-d", f"{kind}-f")
        twin.assert_same()
        for name in (f"{kind}-d/a", f"{kind}-f"):
            mine, other = (os.lstat(root / name) for root in (twin.ours, twin.theirs))
            assert (mine.st_mode, mine.st_nlink) == (other.st_mode, other.st_nlink), (kind, name)
    twin.assert_both_clean()


def test_push_and_pull_across(twin: Twin, tmp_path: Path) -> None:
    twin.write({"d/a": "a", "d/b": "b", "f": "f"})
    twin.run("add", "d", "f")
    for root, store in ((twin.ours, "one"), (twin.theirs, "two")):
        (root / ".dvc/config").write_text(
            f"[core]\n    remote = r\n['remote \"r\"']\n    url = {tmp_path}/{store}\n"
        )
    twin.run("push")
    twin.at(tmp_path / "one", tmp_path / "two").assert_same()
    # each pulls what the other pushed
    for root, store in ((twin.ours, "two"), (twin.theirs, "one")):
        (root / ".dvc/config").write_text(
            f"[core]\n    remote = r\n['remote \"r\"']\n    url = {tmp_path}/{store}\n"
        )
        shutil.rmtree(root / ".dvc/cache")
        shutil.rmtree(root / "d")
        (root / "f").unlink()
    before = [json.loads(result.out) for result in twin.run("status", "-c", "--json")]
    assert before[0] == before[1]
    assert set(before[0].values()) == {"deleted"}
    twin.run("pull")
    (twin.ours / ".dvc/config").write_bytes((twin.theirs / ".dvc/config").read_bytes())
    twin.assert_same()
    twin.assert_both_clean()


def test_what_dvc_refuses_we_refuse(twin: Twin) -> None:
    twin.write({"d/a": "a", "in-git": "x", "link-target/x": "1"})
    twin.git("add", "in-git")
    twin.run("add", "d")
    for arguments in (
        ["add", "nothing-here"],
        ["add", "in-git"],
        ["add", "d.dvc"],
        ["add", "."],
        ["add", ".."],
        ["checkout", "nothing-here"],
        ["status", "nothing-here"],
        ["push"],
        ["pull", "-r", "nix"],
        ["commit", "nothing-here"],
        ["diff", "no-such-commit", "HEAD"],
    ):
        if arguments[0] == "diff":
            twin.git("commit", "-qam", "x")
        twin.run(*arguments, ok=False)
        twin.assert_same()


_name = st.sampled_from(_NAMES) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=12
).filter(
    lambda name: name.strip(".") and name not in ("dvc.yaml", "dvc.lock", ".git", ".hg", ".dvc", ".dvcignore")
)
_file = st.binary(max_size=20)
_tree = st.recursive(_file, lambda inner: st.dictionaries(_name, inner, max_size=4), max_leaves=8)


def _fits(name: str) -> bool:
    return not name.endswith((".dvc", " ")) and len(name.encode()) < 200 and name != ".gitignore"


@given(st.dictionaries(_name.filter(_fits), _tree, min_size=1, max_size=3))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_names_and_trees(make_twin: Callable[[], Twin], content: dict[str, object]) -> None:
    twin = make_twin()

    def put(where: Path, what: object) -> None:
        if isinstance(what, dict):
            where.mkdir(parents=True)
            for name, inner in what.items():
                put(where / name, inner)
        else:
            assert isinstance(what, bytes)
            where.write_bytes(what)

    for name, inner in content.items():
        twin.both(lambda root, name=name, inner=inner: put(root / name, inner))
    twin.run("add", "--", *content)
    twin.assert_same()
    twin.assert_both_clean()
