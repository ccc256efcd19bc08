"""A repository without git, made in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    root = tmp_path / "repo"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n")
    monkeypatch.chdir(root)
    made = Repo(str(root))
    yield made
    made.close()
