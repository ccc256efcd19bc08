"""Two copies of one repository for the data verbs: padauk works in one, dvc in the other."""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Twin:
    """``ours`` and ``theirs``: the same repository twice, at paths of the same depth."""

    ours: Path
    theirs: Path
    dvc: Callable[..., Any]
    padauk: Callable[..., Any]

    def at(self, ours: Path, theirs: Path) -> Twin:
        """The same tools on other folders."""
        return replace(self, ours=ours, theirs=theirs)

    def both(self, act: Callable[[Path], object]) -> None:
        act(self.ours)
        act(self.theirs)

    def write(self, files: dict[str, bytes | str]) -> None:
        def act(root: Path) -> None:
            for name, content in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)

        self.both(act)

    def git(self, *arguments: str) -> None:
        self.both(lambda root: subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True))

    def run(self, *arguments: str, ok: bool = True) -> tuple[Any, Any]:
        """The same command in both; both succeed, or both fail."""
        mine = self.padauk(self.ours, *arguments, check=False)
        other = self.dvc(self.theirs, *arguments, check=False)
        assert (mine.code == 0) is ok, f"padauk {arguments}: {mine}"
        assert (other.code == 0) is ok, f"dvc {arguments}: {other}"
        return mine, other

    def assert_same(self) -> None:
        """All files are equal: names, bytes, and of cache objects the modes."""
        mine, other = snapshot(self.ours), snapshot(self.theirs)
        assert mine.keys() == other.keys()
        for name in mine:
            assert mine[name] == other[name], name

    def assert_both_clean(self) -> None:
        """Each tool finds both copies clean."""
        for root in (self.ours, self.theirs):
            assert self.padauk(root, "status", "--json").json() == {}
            assert self.dvc(root, "status", "--json").json() == {}


def snapshot(root: Path) -> dict[str, object]:
    """Relative path to mode (of objects only) and content; empty folders end in ``/``."""
    found: dict[str, object] = {}
    for folder, dirs, names in os.walk(root):
        here = os.path.relpath(folder, root)
        if here == ".":
            dirs[:] = [name for name in dirs if name != ".git"]
        if here in (".dvc", ".dvc/cache"):
            dirs[:] = [name for name in dirs if name != "tmp"]
        for name in names:
            path = os.path.join(folder, name)
            mode = stat.S_IMODE(os.lstat(path).st_mode) if "/files/md5/" in path else None
            found[os.path.join(here, name)] = (mode, Path(path).read_bytes())
        if not dirs and not names and not here.startswith(".dvc"):
            found[here + "/"] = None
    return found


@pytest.fixture
def make_twin(
    tmp_path_factory: pytest.TempPathFactory, dvc: Callable[..., Any], padauk: Callable[..., Any]
) -> Callable[[], Twin]:
    def make() -> Twin:
        base = tmp_path_factory.mktemp("twin")
        twin = Twin(base / "ours", base / "them", dvc, padauk)
        for root in (twin.ours, twin.theirs):
            root.mkdir()
            subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        twin.run("init")
        return twin

    return make


@pytest.fixture
def twin(make_twin: Callable[[], Twin]) -> Twin:
    return make_twin()
