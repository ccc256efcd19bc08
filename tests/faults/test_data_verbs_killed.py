"""Kill -9 in the middle of add, commit, checkout, push and pull: the same command again finishes the work."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from padauk.testing.killing import run_killed_after, run_killed_at

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.fault

VERBS = {
    "add": ["add", "d", "f"],
    "commit": ["commit", "-f"],
    "checkout": ["checkout", "-f"],
    "push": ["push"],
    "pull": ["pull"],
}
POINTS = {
    "add": [
        "repo.files.written",
        "objects.publish.before",
        "objects.tree.before",
        "data.add.stored",
        "data.add.ignored",
        "data.add.recorded",
    ],
    "commit": ["objects.publish.after", "data.commit.stored", "data.commit.recorded"],
    "checkout": ["objects.checkout.removed", "data.checkout.one"],
    "push": ["objects.push.upload", "objects.push.files"],
    "pull": ["objects.fetch.download", "objects.fetch.files", "data.checkout.one"],
}


def padauk(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "padauk", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a committed and a changed version, to be copied."""
    base = tmp_path_factory.mktemp("ready")
    root = base / "repo"
    (root / "d/s").mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    padauk(root, "init", "-q")
    (root / ".dvc/config").write_text("[core]\n    remote = r\n['remote \"r\"']\n    url = ../../store\n")
    for number in range(6):
        (root / f"d/s/{number}").write_text(f"{number}" * 100)
    (root / "f").write_text("file")
    return base


def prepare(ready: Path, base: Path, verb: str) -> Path:
    shutil.copytree(ready, base, dirs_exist_ok=True)
    root = base / "repo"
    if verb == "add":
        return root
    padauk(root, "add", "d", "f")
    if verb == "commit":
        (root / "d/s/1").write_text("changed")
        (root / "f").write_text("changed too")
    elif verb == "checkout":
        (root / "d/s/1").write_text("changed")
        (root / "d/extra").write_text("x")
        (root / "f").unlink()
    elif verb == "pull":
        padauk(root, "push")
        shutil.rmtree(root / ".dvc/cache")
        shutil.rmtree(root / "d")
        (root / "f").unlink()
    return root


def check_objects(folder: Path) -> None:
    """Every object is what its name says, and every listing has its files beside it."""
    objects = {path.parent.name + path.name: path for path in folder.glob("files/md5/*/*")}
    for name, path in objects.items():
        content = path.read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == name.removesuffix(".dir")
        if name.endswith(".dir"):
            assert {row["md5"] for row in json.loads(content)} <= objects.keys()


def finish(root: Path, verb: str) -> None:
    check_objects(root / ".dvc/cache")
    check_objects(root / "../store")
    padauk(root, *VERBS[verb])
    assert json.loads(padauk(root, "status", "--json")) == {}
    assert (root / ".gitignore").read_text() == "/d\n/f\n"
    check_objects(root / ".dvc/cache")
    assert not [path for path in root.rglob("*.padauk") if ".dvc/tmp" not in str(path)]
    if verb == "push":
        check_objects(root / "../store")
        assert json.loads(padauk(root, "status", "-c", "--json")) == {}


@pytest.mark.parametrize(("verb", "point"), [(verb, point) for verb in VERBS for point in POINTS[verb]])
def test_killed_at(ready: Path, tmp_path: Path, verb: str, point: str) -> None:
    root = prepare(ready, tmp_path, verb)
    assert run_killed_at(point, 1, VERBS[verb], cwd=root)
    finish(root, verb)


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_any_moment(ready: Path, tmp_path: Path, verb: str) -> None:
    root = prepare(ready, tmp_path, verb)
    run_killed_after(random.Random(verb).random() / 50, VERBS[verb], cwd=root)
    finish(root, verb)
