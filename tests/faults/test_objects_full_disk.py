"""A disk that is full: one line that says so, nothing half, and the same command again finishes."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import UnavailableError
from padauk.objects import HashInfo, Odb, State, build, plan_checkout, store, transfer
from padauk.storage import LocalStore
from padauk.testing.faults import CannotMountError, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.fault

MB = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB with 3 MB of ballast."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        with small_disk(folder, 4 * MB):
            (folder / "ballast").write_bytes(bytes(3 * MB))
            yield folder
    except CannotMountError:
        pytest.skip("only root may mount a disk")


@pytest.fixture(params=["many small", "one large"])
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """2 MB in a folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    if request.param == "one large":
        (folder / "large").write_bytes(os.urandom(2 * MB))
    else:
        for number in range(100):
            (folder / str(number)).write_bytes(os.urandom(MB // 50))
    return folder


def check_objects(root: Path) -> None:
    cache = Odb(root)
    for path in root.glob("files/md5/*/*"):
        assert cache.verify(HashInfo(path.parent.name + path.name))


def used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def test_store(disk: Path, data: Path) -> None:
    cache = Odb(disk / "cache")
    with pytest.raises(UnavailableError, match="no space left") as caught:
        store(str(data), cache)
    assert "run the same command again" in str(caught.value.hint)
    cache.close()
    check_objects(disk / "cache")
    (disk / "ballast").unlink()
    info = store(str(data), cache).info
    assert info == build(str(data)).info
    assert cache.exists(info)
    check_objects(disk / "cache")


def test_checkout(disk: Path, data: Path, tmp_path: Path) -> None:
    cache = Odb(tmp_path / "cache")
    info = store(str(data), cache).info
    with pytest.raises(UnavailableError, match="no space left"):
        plan_checkout(str(disk / "out"), info, cache).execute()
    assert set(os.listdir(disk)) == {"ballast", "out"}
    for path in (disk / "out").iterdir():
        assert path.read_bytes() == (data / path.name).read_bytes()
    (disk / "ballast").unlink()
    plan_checkout(str(disk / "out"), info, cache).execute()
    assert build(str(disk / "out")).info == info


def test_push_and_fetch(disk: Path, data: Path, tmp_path: Path) -> None:
    cache = Odb(tmp_path / "cache")
    info = store(str(data), cache).info
    far = LocalStore(disk / "remote")
    for turn in ("push", "fetch"):
        other = cache if turn == "push" else Odb(disk / "other")
        move = transfer.push if turn == "push" else transfer.fetch
        done = move([info], other, far)
        errors = {failed.value: error for failed, error in done.failed}
        assert any(isinstance(error, UnavailableError) for error in errors.values())
        assert info.value in errors
        check_objects(disk / "remote")
        check_objects(disk / "other")
        if turn == "push":
            (disk / "ballast").unlink()
            assert not move([info], other, far).failed
            check_objects(disk / "remote")
            (disk / "ballast").write_bytes(bytes(MB // 2))
    far.close()


def test_a_state_that_cannot_grow(disk: Path, data: Path) -> None:
    (disk / "more").write_bytes(bytes(4 * MB - used(disk) - 8192))
    state = State(disk / "state.db")
    then = time.time() - 10
    for path in data.iterdir():
        os.utime(path, (then, then))
    info = store(str(data), Odb(data.parent / "cache"), state=state).info
    assert store(str(data), Odb(data.parent / "cache"), state=state).info == info
    state.close()
