"""Opening repositories, their settings, their locks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from padauk.core.errors import (
    AlreadyExistsError,
    BusyError,
    FormatError,
    InputError,
    NotARepositoryError,
    NotFoundError,
)
from padauk.repo import ConfigDirs, Repo
from padauk.repo.lock import FileLock, PathLocks
from padauk.repo.walk import declarations


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return Repo.init(str(tmp_path))


def test_open(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    below = Path(repo.root, "a/b")
    below.mkdir(parents=True)
    assert Repo.open(below).root == repo.root
    with pytest.raises(NotARepositoryError):
        Repo.open(tmp_path_factory.mktemp("none"))
    with pytest.raises(AlreadyExistsError):
        Repo.init(repo.root)
    assert repo.rel(f"{repo.root}/a/b") == "a/b"
    with pytest.raises(InputError):
        repo.absolute("/elsewhere")


def test_levels_of_settings(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "config").write_text("[core]\n    remote = G\n['remote \"g\"']\n    url = data\n    jobs = 2\n")
    Path(repo.dvc_dir, "config").write_text("[Cache]\nTYPE = 'hardlink, copy'\n['remote \"g\"']\njobs = 3\n")
    Path(repo.dvc_dir, "config.local").write_text(
        "['remote \"x\"']\nurl = remote://g/below\n[core]\nautostage=TRUE\n"
    )
    found = Repo.open(repo.root, dirs=ConfigDirs(user=str(home)))
    assert found.config.remote().url == str(home / "data")
    assert found.config.remote().jobs == 3
    assert found.config.remote("X").url == str(home / "data/below")
    assert found.links == ("hardlink", "copy")
    assert found.config.flag("core", "autostage")
    with pytest.raises(NotFoundError, match="no remote 'nix'"):
        found.config.remote("nix")
    with pytest.raises(NotFoundError, match="no default"):
        Repo.init(str(tmp_path_factory.mktemp("new")), no_scm=True).config.remote()


@pytest.mark.parametrize(
    "text",
    [
        "[core]\nnonsense = 1\n",
        "[nonsense]\na = 1\n",
        "[core]\nautostage = maybe\n",
        "['remote \"a\"']\njobs = 1\n",
        "['remote \"a\"']\nurl = s3://x\nport = 1\n",
        "['remote \"a\"']\nurl = foo://x\n",
        "[cache]\ntype = sorcery\n",
        "no section = 1\n",
    ],
)
def test_wrong_settings_are_named(repo: Repo, text: str) -> None:
    Path(repo.dvc_dir, "config").write_text(text)
    with pytest.raises(FormatError, match="config"):
        Repo.open(repo.root).config.merged()


def test_walk_leaves_out_outputs_and_what_git_ignores(repo: Repo) -> None:
    root = Path(repo.root)
    for name in (
        "a.dvc",
        "sub/dvc.yaml",
        "sub/b.dvc",
        "ignored/c.dvc",
        "data/d.dvc",
        "e.dvc",
        ".hidden/f.dvc",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    (root / ".gitignore").write_text("/ignored\n/e.dvc\n")
    found = list(declarations(repo, lambda path: [f"{root}/data"] if path.endswith("a.dvc") else []))
    assert sorted(map(repo.rel, found)) == [".hidden/f.dvc", "a.dvc", "sub/b.dvc", "sub/dvc.yaml"]


_HOLD = """
import sys, time
from padauk.repo.lock import FileLock, PathLocks
with FileLock(sys.argv[1] + "/lock"), PathLocks(sys.argv[1]).hold("a stage", read=["/r"], write=["/w/x"]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_locks_between_processes(tmp_path: Path) -> None:
    lock, paths = FileLock(str(tmp_path / "lock"), wait=0.2), PathLocks(str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid}"), lock:
            pass
        for read, write in (([], ["/r"]), (["/w"], []), ([], ["/w/x/y"])):
            with pytest.raises(BusyError, match="a stage"):
                paths.check(read=read, write=write)
        paths.check(read=["/r", "/other"], write=["/else"])
        holder.kill()
    # no lock survives its process
    with lock, lock:
        assert int((tmp_path / "lock").read_text()) == os.getpid()
        with lock.released(), FileLock(str(tmp_path / "lock"), wait=0):
            pass
    paths.check(write=["/r", "/w"])
    assert json.loads((tmp_path / "rwlock").read_text()) == {"write": {}, "read": {}}
    (tmp_path / "rwlock").write_text("torn {")
    paths.check(write=["/w"])


def test_dvc_waits_for_our_lock(tmp_path: Path) -> None:
    zc = pytest.importorskip("zc.lockfile")
    with FileLock(str(tmp_path / "lock")), pytest.raises(zc.LockError):
        zc.LockFile(str(tmp_path / "lock"))
    theirs = zc.LockFile(str(tmp_path / "lock"))
    with pytest.raises(BusyError), FileLock(str(tmp_path / "lock"), wait=0):
        pass
    theirs.close()
