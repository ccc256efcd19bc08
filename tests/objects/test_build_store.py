"""From paths to hashes, and into the cache."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padauk.core.errors import FormatError, InputError, NotFoundError, ObjectMissingError
from padauk.objects import HashInfo, Odb, State, Tree, build, parse_links, store
from padauk.objects.hashing import SMALL, hash_file, new_md5

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.objects.conftest import Plant, Reports

FILES = {"a": b"one", "s/b": b"two", "s/t/c": b"", "same": b"one"}


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def objects_of(cache: Odb) -> dict[str, bytes]:
    root = Path(cache.path) / "files" / "md5"
    return {path.parent.name + path.name: path.read_bytes() for path in root.glob("*/*") if path.is_file()}


def test_a_file(plant: Plant, cache: Odb, state: State) -> None:
    folder = plant("d", FILES)
    built = store(f"{folder}/a", cache, state=state)
    assert built.info == HashInfo(md5(b"one"), 3)
    assert built.tree is None
    assert objects_of(cache) == {md5(b"one"): b"one"}


def test_a_folder(plant: Plant, cache: Odb, state: State) -> None:
    folder = plant("d", FILES)
    built = store(folder, cache, state=state)
    assert built == build(folder) == build(folder, state=state)
    assert built.tree == Tree.of([(name, md5(data), len(data)) for name, data in FILES.items()])
    assert built.info.size == 9
    assert built.info.nfiles == 4
    assert objects_of(cache) == {
        **{md5(data): data for data in FILES.values()},
        built.info.value: built.tree.to_bytes(),
    }
    assert cache.read_tree(built.info) == built.tree
    for path in Path(cache.path, "files").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o444)


def test_an_empty_folder(tmp_path: Path, cache: Odb) -> None:
    (tmp_path / "d" / "sub").mkdir(parents=True)
    assert store(str(tmp_path / "d"), cache).info == HashInfo("d751713988987e9331980363e24189ce.dir", 0, 0)


def test_store_again_heals_a_cache_that_lost_objects(plant: Plant, cache: Odb, state: State) -> None:
    folder = plant("d", FILES)
    built = store(folder, cache, state=state)
    os.unlink(cache.path_of(md5(b"two")))
    os.unlink(cache.path_of(built.info))
    assert store(folder, cache, state=state) == built
    assert cache.exists(md5(b"two"))
    assert cache.exists(built.info)


def test_store_replaces_objects_of_another_size_or_mode(plant: Plant, cache: Odb) -> None:
    folder = plant("d", FILES)
    store(folder, cache)
    torn, written = cache.path_of(md5(b"one")), cache.path_of(md5(b"two"))
    os.chmod(torn, 0o644)
    os.truncate(torn, 1)
    os.chmod(torn, 0o444)
    os.chmod(written, 0o644)
    Path(written).write_bytes(b"TWO")
    store(folder, cache)
    assert objects_of(cache)[md5(b"one")] == b"one"
    assert objects_of(cache)[md5(b"two")] == b"two"


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 5 * SMALL + 17])
def test_sizes_around_the_border_of_small(plant: Plant, cache: Odb, size: int) -> None:
    data = os.urandom(size)
    folder = plant("d", {"f": data})
    assert store(f"{folder}/f", cache).info == HashInfo(md5(data), size)
    assert objects_of(cache) == {md5(data): data}
    assert build(f"{folder}/f").info == HashInfo(md5(data), size)
    store(f"{folder}/f", cache)
    assert os.listdir(cache.path + "/tmp") != ["0"]


def test_progress_counts_every_byte(plant: Plant, cache: Odb, reports: Reports) -> None:
    folder = plant("d", {"small": b"x" * 10, "large": b"y" * (SMALL + 5)})
    store(folder, cache, reporter=reports)
    assert reports.tasks == [("Adding", SMALL + 15, SMALL + 15)]


def test_links_are_followed_and_linked_folders_left_out(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    folder = plant("d", {"a": b"one"})
    plant("elsewhere", {"x": b"far", "y/z": b"deep"})
    (tmp_path / "d" / "link").symlink_to(tmp_path / "elsewhere" / "x")
    (tmp_path / "d" / "folder").symlink_to(tmp_path / "elsewhere" / "y")
    built = store(folder, cache)
    assert built.tree is not None
    assert built.tree.by_path == {"a": md5(b"one"), "link": md5(b"far")}


def test_what_cannot_be_tracked(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        build(str(tmp_path / "none"))
    plant("broken", {"a": b""})
    (tmp_path / "broken" / "b").symlink_to("nowhere")
    with pytest.raises(InputError, match="broken link"):
        store(str(tmp_path / "broken"), cache)
    with pytest.raises(InputError, match="broken link"):
        build(str(tmp_path / "broken" / "b"))
    plant("pipe", {"a": b""})
    os.mkfifo(tmp_path / "pipe" / "p")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        store(str(tmp_path / "pipe"), cache)
    with pytest.raises(InputError, match="neither a file nor a folder"):
        store(str(tmp_path / "pipe" / "p"), cache)
    plant("ignoring", {"s/.dvcignore": b"*"})
    with pytest.raises(InputError, match="dvcignore"):
        store(str(tmp_path / "ignoring"), cache)
    assert not os.path.exists(cache.path + "/files")


class NoPyc:
    """Leaves out ``*.pyc`` anywhere, and the folder ``skip`` at the top."""

    def __init__(self, root: str) -> None:
        self._root = root

    def inside(self, folder: str) -> Callable[[str, bool], bool] | None:
        if folder == self._root:
            return lambda name, is_folder: name.endswith(".pyc") or (is_folder and name == "skip")
        return lambda name, is_folder: name.endswith(".pyc")


def test_ignored_names_are_left_out(plant: Plant) -> None:
    folder = plant("d", {"a": b"", "a.pyc": b"", "skip/b": b"", "s/skip/c": b"", "s/c.pyc": b""})
    built = build(folder, ignore=NoPyc(folder))
    assert built.tree is not None
    assert list(built.tree.paths) == ["a", "s/skip/c"]


@pytest.mark.parametrize(
    ("data", "legacy"),
    [
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\r\n\0", b"a\r\n\0"),
        (b"\r", b"\r"),
        (b"a\r\r\n", b"a\r\n"),
        (b"\x80\x81\r\n", b"\x80\x81\r\n"),
        (b"", b""),
    ],
)
def test_hashes_of_dvc_2(tmp_path: Path, data: bytes, legacy: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    assert hash_file(str(tmp_path / "f"), legacy=True).md5 == md5(legacy)
    assert build(str(tmp_path / "f"), legacy=True).info == HashInfo(md5(legacy), len(data), legacy=True)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"b" * 600]), max_size=20), st.integers(1, 5))
def test_legacy_hash_does_not_depend_on_the_pieces(parts: list[bytes], step: int) -> None:
    data = b"a" * 512 + b"".join(parts)  # the first piece decides whether it is text
    whole, pieces = new_md5(legacy=True), new_md5(legacy=True)
    whole.update(data)
    pieces.update(data[:512])
    for start in range(512, len(data), step):
        pieces.update(data[start : start + step])
    assert whole.hexdigest() == pieces.hexdigest() == md5(data.replace(b"\r\n", b"\n"))


def test_listings_that_are_not_there(cache: Odb) -> None:
    with pytest.raises(ObjectMissingError):
        cache.read_tree(HashInfo("0" * 32 + ".dir"))
    with pytest.raises(FormatError):
        cache.path_of("../../etc/passwd")


def test_exists_many(plant: Plant, cache: Odb) -> None:
    folder = plant("d", {str(number): b"%d" % number for number in range(300)})
    built = store(folder, cache)
    assert built.tree is not None
    there = {*built.tree.md5s, built.info.value}
    absent = {md5(b"x%d" % number) for number in range(300)}
    assert cache.exists_many(there | absent) == there
    for few in (1, 3, 5, 20):
        some, others = sorted(there)[:few], sorted(absent)[:few]
        assert cache.exists_many([*some, *others]) == set(some)
    assert cache.exists_many([]) == set()


def test_a_shared_cache_is_made_for_the_group(plant: Plant, tmp_path: Path) -> None:
    shared = Odb(tmp_path / "group" / "cache", shared=True)
    info = store(plant("d", FILES), shared).info
    for path in (Path(shared.path), Path(shared.path_of(info)).parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o2775


def test_link_types_of_the_configuration() -> None:
    assert parse_links("reflink, Copy") == ("reflink", "copy")
    with pytest.raises(InputError, match="unknown link type 'hard'"):
        parse_links("hard")


def test_large_objects_are_known_to_be_whole_until_written_to(plant: Plant, tmp_path: Path) -> None:
    data = b"x" * (SMALL + 1)
    path = plant("d", {"f": data}) + "/f"
    state = State(tmp_path / "s.db")
    cache = Odb(tmp_path / "cache", state=state)
    info = store(path, cache, state=state).info
    object_path = cache.path_of(info)
    assert cache.is_whole(info, os.stat(object_path))
    assert not Odb(tmp_path / "cache").is_whole(info, os.stat(object_path))
    state.close()
    state = State(tmp_path / "s.db")
    cache = Odb(tmp_path / "cache", state=state)
    assert cache.is_whole(info, os.stat(object_path))
    os.chmod(object_path, 0o644)
    assert not cache.is_whole(info, os.stat(object_path))
    os.chmod(object_path, 0o444)
    assert cache.is_whole(info, os.stat(object_path))
    os.utime(object_path)
    assert not cache.is_whole(info, os.stat(object_path))
    state.close()
