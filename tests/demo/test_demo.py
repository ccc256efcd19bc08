"""The demo is the first thing anybody runs: it must work, twice, and leave a repository that DVC likes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.compat, pytest.mark.timeout(420)]


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "padauk", "demo", str(folder)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo") / "here"
    done = demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def git(folder: Path, *args: str) -> str:
    return subprocess.run(
        ["git", *args], cwd=folder / "project", capture_output=True, text=True, check=True
    ).stdout.strip()


def test_story_goes_from_data_to_the_champion(told: tuple[Path, str]) -> None:
    folder, said = told
    assert [line for line in said.splitlines() if re.match(r"\d\. ", line)] == [
        "1. A repository with data",
        "2. The pipeline",
        "3. More data arrives",
        "4. A larger network",
        "5. Where does the champion come from?",
        "6. All runs of the project",
    ]
    assert "is the new champion" in said
    lineage = said.split("5. Where does")[1].split("6. All runs")[0]
    for part in (
        "digits/3 @champion",
        "run train",
        "work/features.npz",
        "run prepare",
        "data/digits/  1,797 files",
    ):
        assert part in lineage
    assert git(folder, "log", "--format=%s").splitlines() == [
        "A larger network",
        "Second version of the data",
        "First model",
        "First version of the data",
    ]
    assert git(folder, "status", "--porcelain") == ""


def test_only_what_changed_ran_again(told: tuple[Path, str]) -> None:
    _, said = told
    chapter = said.split("4. A larger network")[1].split("5. Where")[0]
    assert "python src/train.py" in chapter
    assert "python src/evaluate.py" in chapter
    assert "> python src/prepare.py" not in chapter


def test_dvc_finds_it_clean_and_rebuilds_it_from_the_remote(told: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = told
    dvc = [sys.executable, "-m", "dvc"]
    env = {**os.environ, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}

    def run(*args: str, cwd: Path) -> str:
        return subprocess.run(
            [*dvc, *args], cwd=cwd, env=env, capture_output=True, text=True, check=True
        ).stdout

    assert json.loads(run("status", "--json", cwd=folder / "project")) == {}
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", folder / "project", clone], check=True)
    run("pull", "-q", cwd=clone)
    assert sum(1 for _ in (clone / "data" / "digits").glob("*/*.png")) == 1797
    assert json.loads(run("status", "--json", cwd=clone)) == {}
    shutil.rmtree(clone)


def test_second_telling_does_no_harm(told: tuple[Path, str]) -> None:
    folder, _ = told
    before = git(folder, "rev-parse", "HEAD:dvc.lock")
    done = demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "> python src/" not in done.stdout, "everything was done already: the run cache has it"
    assert git(folder, "rev-parse", "HEAD:dvc.lock") == before
    assert git(folder, "status", "--porcelain") == ""


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    done = demo(tmp_path)
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        f"error: {tmp_path} is not empty, and no demo",
        "hint: choose a new folder: padauk demo DIR",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_work_that_is_not_committed_is_not_overwritten(told: tuple[Path, str]) -> None:
    folder, _ = told
    params = folder / "project" / "params.yaml"
    committed = params.read_text()
    params.write_text("mine: 1\n")
    try:
        done = demo(folder)
        assert done.returncode == 4
        assert "not committed" in done.stderr
        assert params.read_text() == "mine: 1\n"
    finally:
        params.write_text(committed)
