"""The repository as a source: workspace, history, folders, revisions."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError, NotFoundError
from padauk.core.events import Progress, Reporter
from padauk.lineage import Data, Execution, Ref, Sources, resolve, trace
from padauk.lineage.repository import RepositorySource
from padauk.repo import Repo
from tests.lineage.repos import commit, git, padauk, project

if TYPE_CHECKING:
    from pathlib import Path


class Counting(Reporter):
    """Counts the versions of files that were read."""

    read = 0

    def task(self, label: str, total: int | None = None, unit: str = "files") -> Progress:
        self.read += total or 0
        return Progress()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A repository with three commits; only read by tests."""
    root = tmp_path_factory.mktemp("lineage") / "project"
    return root, project(root)


def source(root: Path, reporter: Reporter | None = None) -> RepositorySource:
    return RepositorySource(Repo.open(root), reporter or Reporter())


def names(found: list[Execution]) -> list[str]:
    return sorted(execution.name for execution in found)


def test_every_version_of_everything_is_known(made: tuple[Path, list[str]]) -> None:
    root, shas = made
    repository = source(root)
    old, new = repository.resolve("model.bin", shas[0]), repository.resolve("model.bin")
    assert old
    assert new
    assert old.md5 != new.md5
    (maker,) = repository.makers([old.md5])
    assert (maker.name, maker.cmd, maker.params, maker.commit) == (
        "train",
        "python train.py",
        {"lr": "0.1"},
        shas[0],
    )
    assert [ref.path for ref in maker.deps] == ["data/clean", "train.py"]
    assert names(list(repository.users([old.md5]))) == ["evaluate"]
    versions = repository.versions("model.bin")
    assert [ref.md5 for ref in versions][::2] == [new.md5, old.md5]
    assert len(versions) == 3


def test_what_was_tracked_since_when(made: tuple[Path, list[str]]) -> None:
    root, shas = made
    repository = source(root)
    old, new = repository.resolve("data/raw", shas[0]), repository.resolve("data/raw")
    assert old
    assert new
    assert (old.nfiles, new.nfiles) == (3, 4)
    (then,) = repository.tracked([old.md5])
    (now,) = repository.tracked([new.md5])
    assert then.commit
    assert now.commit
    assert (then.file, then.commit.sha, then.current) == ("data/raw.dvc", shas[0], False)
    assert (now.commit.sha, now.commit.subject, now.current) == (shas[1], "More data", True)


def test_a_file_inside_a_folder_is_found_with_its_folders(made: tuple[Path, list[str]]) -> None:
    root, shas = made
    repository = source(root)
    found = repository.resolve("data/raw/b.txt")
    assert found
    folders = {folder.md5 for folder, _ in repository.folders_with([found.md5])}
    assert folders == {repository.resolve("data/raw", shas[0]).md5, repository.resolve("data/raw").md5}  # type: ignore[union-attr]
    assert repository.resolve("data/raw/d.txt", shas[0]) is None
    assert repository.resolve("data/raw/nope.txt") is None


def test_the_whole_graph_from_metrics_to_the_first_file(made: tuple[Path, list[str]]) -> None:
    root, _ = made
    repository = source(root)
    sources = Sources([repository])
    start = resolve("metrics.json", sources, repository=repository)
    graph = trace(start, sources)
    data = {path for node in graph.nodes.values() if isinstance(node, Data) for path in node.paths}
    assert data >= {
        "metrics.json",
        "model.bin",
        "evaluate.py",
        "data/clean",
        "train.py",
        "clean.py",
        "data/raw",
    }
    assert graph.cut == set()
    raw = repository.resolve("data/raw")
    assert raw
    below = trace(resolve("data/raw", sources, repository=repository), sources, up=False)
    stages = [node for node in below.nodes.values() if isinstance(node, Execution)]
    assert names(stages) == ["clean", "evaluate", "evaluate", "train", "train"]
    shallow = trace(start, sources, depth=2)
    assert {path for key in shallow.cut for path in shallow.nodes[key].paths} == {"model.bin"}  # type: ignore[union-attr]


def test_refs_of_every_form(made: tuple[Path, list[str]]) -> None:
    root, shas = made
    repository = source(root)
    sources = Sources([repository])

    def key(ref: str) -> str:
        return resolve(ref, sources, repository=repository).key

    model = repository.resolve("model.bin")
    assert model
    assert key("model.bin") == key(model.md5) == key(model.md5[:10]) == f"data:{model.md5}"
    assert key(f"model.bin@{shas[2][:7]}") == key("model.bin@main") == key("model.bin")
    assert key("model.bin@HEAD~1") != key("model.bin")
    assert key("train.py@HEAD~2").startswith("data:")
    (train,) = repository.makers([model.md5])
    assert key("train") == train.key
    folder = repository.resolve("data/raw")
    assert folder
    assert key(folder.md5) == f"data:{folder.md5}"
    with pytest.raises(NotFoundError) as missing:
        key("data/rww")
    assert missing.value.hint == "did you mean data/raw?"
    with pytest.raises(NotFoundError, match="unknown git revision 'nope'"):
        key("model.bin@nope")
    with pytest.raises(NotFoundError, match="nothing is known"):
        key("0" * 32)
    with pytest.raises(InputError, match="names no model"):
        key("models:/a/b")


def test_a_second_reading_reads_nothing_and_a_new_commit_only_what_is_new(tmp_path: Path) -> None:
    root = tmp_path / "project"
    project(root)
    first, again, after, broken = Counting(), Counting(), Counting(), Counting()
    list(source(root, first).makers(["x"]))
    list(source(root, again).makers(["x"]))
    assert first.read > 0
    assert again.read == 0
    (root / "params.yaml").write_text("lr: 0.7\n")
    padauk(root, "repro", "--no-record")
    commit(root, "Another")
    model = source(root, after).resolve("model.bin")
    assert model
    assert len(list(source(root, after).makers([model.md5]))) == 1
    assert after.read == 1  # dvc.lock
    cache = root / ".dvc" / "tmp" / "padauk" / "lineage.msgpack"
    cache.write_bytes(cache.read_bytes()[:-40])
    assert len(list(source(root, broken).makers([model.md5]))) == 1
    assert broken.read > 1


def test_branches_merges_and_tags_are_history_too(tmp_path: Path) -> None:
    root = tmp_path / "project"
    project(root)
    main = source(root).resolve("model.bin")
    git(root, "checkout", "-qb", "other")
    (root / "params.yaml").write_text("lr: 0.9\n")
    padauk(root, "repro", "--no-record")
    commit(root, "On a branch")
    other = source(root).resolve("model.bin")
    git(root, "checkout", "-q", "main")
    assert other
    assert main
    assert source(root).resolve("model.bin") == main
    assert names(list(source(root).makers([other.md5]))) == ["train"]
    git(root, "tag", "kept", "other")
    git(root, "branch", "-qD", "other")
    assert names(list(source(root).makers([other.md5]))) == ["train"]
    assert names(list(source(root).makers([main.md5]))) == ["train"]


def test_a_repository_below_gits_root(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "sub").mkdir()
    padauk(tmp_path / "sub", "init", "--subdir")
    (tmp_path / "sub" / "d.txt").write_text("1")
    padauk(tmp_path / "sub", "add", "d.txt")
    sha = commit(tmp_path, "Below")
    repository = source(tmp_path / "sub")
    found = repository.resolve("d.txt", "HEAD")
    assert found == repository.resolve("d.txt")
    assert found
    (place,) = repository.tracked([found.md5])
    assert place.commit
    assert (place.file, place.commit.sha) == ("d.txt.dvc", sha)


def test_without_git_the_workspace_speaks(tmp_path: Path) -> None:
    padauk(tmp_path, "init", "--no-scm")
    (tmp_path / "d.txt").write_text("1")
    padauk(tmp_path, "add", "d.txt")
    repository = source(tmp_path)
    found = repository.resolve("d.txt")
    assert isinstance(found, Ref)
    (place,) = repository.tracked([found.md5])
    assert (place.commit, place.current) == (None, True)
    with pytest.raises(NotFoundError, match="no git repository"):
        repository.resolve("d.txt", "HEAD")


def test_a_broken_file_in_history_stops_nothing(tmp_path: Path) -> None:
    root = tmp_path / "project"
    project(root)
    lock = root / "dvc.lock"
    good = lock.read_text()
    lock.write_text(good + "<<<<<<< ours\n")
    commit(root, "Conflict committed")
    lock.write_text(good)
    commit(root, "Mended")
    shutil.rmtree(root / ".dvc" / "tmp", ignore_errors=True)
    model = source(root).resolve("model.bin")
    assert model
    assert names(list(source(root).makers([model.md5]))) == ["train"]
