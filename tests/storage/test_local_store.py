"""A folder as a store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from padauk.core.errors import ConflictError, InputError, PermissionDeniedError, UnsupportedError
from padauk.storage import LocalStore, Store, open_store
from padauk.storage.scratch import Scratch, sweep
from padauk.testing.store_contract import StoreContract


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "store")


class TestDurableLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "store", durable=True, mode=0o444)


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "none")
    assert list(store.list()) == []
    assert store.exists_many(["a/b"]) == set()
    assert not (tmp_path / "none").exists()


def test_close_leaves_only_what_was_published(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "s")
    upload = store.upload()
    upload.write(b"half")
    store.write("k", b"x")
    store.close()
    upload.abort()
    assert os.listdir(tmp_path / "s") == ["k"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.write("a", b"")
    with pytest.raises(ConflictError, match="/a/b"):
        store.write("a/b", b"")
    store.write("d/x", b"")
    with pytest.raises(ConflictError):
        store.write("d", b"")
    with pytest.raises(ConflictError):
        store.write("d", b"", if_absent=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionDeniedError):
        LocalStore(tmp_path).write("k", b"")


def test_many_names_in_a_crowded_folder_are_asked_one_by_one(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    for number in range(2000):
        (tmp_path / f"{number:040}").touch()
    keys = [f"{0:040}", f"{1999:040}", f"{2000:040}"]
    assert store.exists_many(keys) == set(keys[:2])


def test_open_store(tmp_path: Path) -> None:
    assert open_store(str(tmp_path)).url == str(tmp_path)
    assert open_store(f"file://{tmp_path}/a%20b").url == f"{tmp_path}/a b"
    with pytest.raises(InputError, match="absolute"):
        open_store("some/where")
    with pytest.raises(InputError, match="not a local file URL"):
        open_store("file://host/x")
    with pytest.raises(UnsupportedError, match="s3"):
        open_store("s3://bucket/x")
    with pytest.raises(InputError, match="unknown kind") as caught:
        open_store("gopher://me:secret@host/x")
    assert "secret" not in str(caught.value)


def test_scratch_of_the_living_is_left_alone(tmp_path: Path) -> None:
    scratch = Scratch(str(tmp_path))
    name = scratch.name()
    assert sweep(str(tmp_path)) == 0
    assert os.path.isdir(os.path.dirname(name))
    scratch.close()
    assert os.listdir(tmp_path) == []


def test_scratch_of_the_dead_is_swept(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        dying = Scratch(str(tmp_path))
        Path(dying.name()).write_bytes(b"left behind")
        os._exit(0)
    os.waitpid(pid, 0)
    assert len(os.listdir(tmp_path)) == 1
    scratch = Scratch(str(tmp_path))
    name = scratch.name()
    assert os.listdir(tmp_path) == [os.path.basename(os.path.dirname(name))]
    scratch.close()


def test_scratch_goes_with_its_owner(tmp_path: Path) -> None:
    Scratch(str(tmp_path)).name()
    assert os.listdir(tmp_path) == []


def test_a_forked_child_does_not_remove_its_parents_scratch(tmp_path: Path) -> None:
    scratch = Scratch(str(tmp_path))
    name = scratch.name()
    pid = os.fork()
    if pid == 0:
        scratch.close()
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.path.isdir(os.path.dirname(name))
    scratch.close()
