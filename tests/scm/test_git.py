"""Git through the git command."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import NotFoundError
from padauk.scm import Git

if TYPE_CHECKING:
    from pathlib import Path


def sh(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sh(tmp_path, "init", "-q")
    return tmp_path


def test_before_the_first_commit(root: Path) -> None:
    git = Git(str(root))
    assert (git.head(), git.branch(), git.commits(), git.branches()) == (None, "main", [], [])
    assert git.dirty_patch() == b""
    git.close()


def test_find_looks_upwards(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    found = Git.find(str(root / "a/b"))
    assert found is not None
    assert found.root == str(root)
    assert Git.find(str(root / "a/b"), upwards=False) is None


def test_reads_commits(root: Path) -> None:
    git = Git(str(root))
    (root / "s p").mkdir()
    (root / "s p/ünï\tx").write_bytes(b"one\0\n")
    (root / "run.sh").write_text("x")
    (root / "run.sh").chmod(0o755)
    sh(root, "add", "-A")
    sh(root, "commit", "-qm", "first\n\nbody")
    first = git.head()
    assert first is not None
    (root / "run.sh").write_text("y")
    sh(root, "commit", "-qam", "second")
    sh(root, "tag", "-a", "v1", "-m", "t")
    sh(root, "checkout", "-qb", "other", first)
    sh(root, "checkout", "-q", "main")

    assert git.read("HEAD~1", "run.sh") == b"x"
    assert git.read("v1", "run.sh") == b"y"
    assert git.read("HEAD", "s p/ünï\tx") == b"one\0\n"
    assert git.read("HEAD", "s p") is None
    assert git.read("HEAD", "nothing") is None
    assert git.read("nope", "run.sh") is None
    assert [(entry.path, entry.mode) for entry in git.ls_tree("HEAD")] == [
        ("run.sh", "100755"),
        ("s p/ünï\tx", "100644"),
    ]
    assert [entry.path for entry in git.ls_tree("HEAD", "s p")] == ["s p/ünï\tx"]
    assert [(commit.subject, commit.parents) for commit in git.commits()] == [
        ("second", (first,)),
        ("first", ()),
    ]
    assert len(git.commits(limit=1)) == 1
    assert {commit.subject for commit in git.commits(everything=True)} == {"first", "second"}
    assert [commit.subject for commit in git.commits(paths=["s p"])] == ["first"]
    assert set(git.branches()) == {first, git.head()}
    assert git.tags() == [git.head()]
    assert git.resolve("main~1") == first
    for rev in ("nope", "--all", "a\nb", ""):
        with pytest.raises(NotFoundError):
            git.resolve(rev)
    git.close()
    assert git.read("HEAD", "run.sh") == b"y"  # a closed one starts again
    git.close()


def test_index_and_ignore_rules(root: Path) -> None:
    git = Git(str(root))
    for name in ("f", "d/x", "st*r", "star"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("x")
    git.add([str(root / "f"), str(root / "d"), str(root / "st*r")])
    assert git.tracked(str(root / name) for name in ("f", "d", "d/x", "star", "no")) == {
        str(root / name) for name in ("f", "d", "d/x")
    }
    many = [str(root / f"n{number}") for number in range(20)] + [str(root / "d"), str(root / "st*r")]
    assert git.tracked(many) == {str(root / "d"), str(root / "st*r")}
    (root / ".gitignore").write_text("*.log\n!keep.log\nfolder/\n/d\n")
    (root / "folder").mkdir()
    asked = [str(root / name) for name in ("a.log", "keep.log", "folder", "d", "e/d", "f")]
    assert git.ignored([*asked, str(root / "folder") + "/"]) == {
        str(root / name) for name in ("a.log", "folder", "d")
    } | {str(root / "folder") + "/"}
    assert git.is_ignored("/elsewhere/a.log") is False
    (root / ".gitignore").write_text("")
    assert not git.is_ignored(str(root / "a.log"))  # asked anew, not remembered


def test_a_path_beyond_a_link_hides_no_other(root: Path) -> None:
    git = Git(str(root))
    (root / "real").mkdir()
    (root / "link").symlink_to("real")
    (root / ".gitignore").write_text("*.log\n")
    asked = [str(root / name) for name in ("a.log", "link/x.log", "b.log")]
    assert git.ignored(asked) == {asked[0], asked[2]}


def test_dirty_patch(root: Path) -> None:
    git = Git(str(root))
    (root / "f").write_text("one\n")
    sh(root, "add", "f")
    sh(root, "commit", "-qm", "x")
    assert not git.is_dirty()
    (root / "f").write_text("two\n")
    (root / "untracked").write_text("x")
    patch = git.dirty_patch()
    assert b"-one\n+two\n" in patch
    assert b"untracked" not in patch
    assert git.dirty_patch(limit=10) == patch[:10]
    assert git.is_dirty()
    git.close()
