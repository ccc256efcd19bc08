"""Two copies of one repository: the real dvc works in one, padauk in the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOT_COMPARED = {".git", "tmp", ".padauk", "__pycache__"}


@dataclass
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> object:
        return json.loads(self.out)


class Dvc:
    """The real dvc, kept running (see peer.py)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, cwd: Path, *args: str, check: bool = True) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"cwd": str(cwd), "args": args}) + "\n")
        self._process.stdin.flush()
        answer = Answer(**json.loads(self._process.stdout.readline()))
        if check:
            assert answer.code == 0, f"dvc {' '.join(args)}: {answer.err}{answer.out}"
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


@pytest.fixture(scope="session")
def dvc(stranger: None) -> Iterator[Dvc]:
    """``dvc(folder, "repro")``."""
    peer = Dvc()
    yield peer
    peer.close()


@pytest.fixture
def padauk(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """``padauk(folder, "repro")``: our command line, in this process."""
    from padauk.cli.main import run

    def call(cwd: Path, *args: str, check: bool = True) -> Answer:
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        code = run(args)
        out, err = capfd.readouterr()
        if check:
            assert code == 0, f"padauk {' '.join(args)}: {err}{out}"
        return Answer(code, out, err)

    return call


@dataclass
class Twins:
    """``theirs`` is dvc's folder, ``ours`` padauk's; both began the same."""

    theirs: Path
    ours: Path
    dvc: Dvc
    padauk: Callable[..., Answer]

    def both(self, *args: str, check: bool = True) -> tuple[Answer, Answer]:
        """The same command in both; the exit codes agree on success and failure."""
        theirs = self.dvc(self.theirs, *args, check=check)
        ours = self.padauk(self.ours, *args, check=check)
        assert (theirs.code == 0) == (ours.code == 0), f"dvc: {theirs}\npadauk: {ours}"
        return theirs, ours

    def change(self, work: Callable[[Path], object]) -> None:
        """Do the same to both folders."""
        work(self.theirs)
        work(self.ours)

    def assert_same(self) -> None:
        """Every file outside of git and scratch folders is the same, byte for byte, with its mode."""
        assert snapshot(self.ours) == snapshot(self.theirs)


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Relative path → mode and content of every file."""
    found = {}
    for folder, dirs, names in os.walk(root):
        dirs[:] = [name for name in dirs if name not in _NOT_COMPARED]
        for name in names:
            path = Path(folder, name)
            found[str(path.relative_to(root))] = (path.stat().st_mode & 0o777, path.read_bytes())
    return found


@pytest.fixture
def twins(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, dvc: Dvc, padauk: Callable[..., Answer]
) -> Twins:
    """Two empty repositories in git, made by dvc."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=theirs, check=True)
    dvc(theirs, "init", "-q")
    shutil.copytree(theirs, ours)
    return Twins(theirs, ours, dvc, padauk)
