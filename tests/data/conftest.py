"""Small repositories for the data verbs, and the command line in this process."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Place:
    """A repository and what can be done in it."""

    root: Path
    padauk: Callable[..., Said]

    def __call__(self, *arguments: str, code: int = 0) -> Said:
        """Run a command here; it must end with ``code``."""
        said = self.padauk(self.root, *arguments)
        assert said.code == code, f"padauk {' '.join(arguments)}: {said}"
        return said

    def write(self, **files: str) -> None:
        self.put(files)

    def put(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True)

    def objects(self) -> set[str]:
        base = self.root / ".dvc/cache/files/md5"
        return {path.parent.name + path.name for path in base.glob("*/*")}


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    from padauk.cli.main import run as command

    def call(folder: Path, *arguments: str) -> Said:
        monkeypatch.chdir(folder)
        capfd.readouterr()
        code = command(arguments)
        return Said(code, *capfd.readouterr())

    return call


@pytest.fixture
def place(tmp_path: Path, run: Callable[..., Said]) -> Place:
    """A repository in git with a default remote beside it."""
    root = tmp_path / "repo"
    root.mkdir()
    here = Place(root, run)
    here.git("init", "-q")
    here("init", "-q")
    here("remote", "add", "-q", "-d", "store", "../store")
    here.git("add", "-A")
    here.git("commit", "-qm", "start")
    return here
