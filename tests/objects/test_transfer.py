"""Between cache and store: children first, nothing damaged goes over, failures are collected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import CorruptError, NotFoundError, ObjectMissingError, UnavailableError
from padauk.objects import HashInfo, Odb, plan_checkout, store, transfer
from padauk.objects.hashing import md5_hex
from padauk.objects.transfer import key_of
from padauk.storage import LocalStore
from padauk.testing.faults import FaultyStore, flip_bit

if TYPE_CHECKING:
    from tests.objects.conftest import Plant, Reports

FILES = {"a": b"one", "s/b": b"two", "s/c": b"", "same": b"one", "large": b"x" * 3_000_000}
NAMES = {md5_hex(data) for data in FILES.values()}


@pytest.fixture
def far(tmp_path: Path) -> FaultyStore:
    return FaultyStore(LocalStore(tmp_path / "remote"))


@pytest.fixture
def info(plant: Plant, cache: Odb) -> HashInfo:
    return store(plant("d", FILES), cache).info


def keys(far: FaultyStore) -> set[str]:
    return {entry.key for entry in far.inner.list()}


def test_push_and_fetch(
    info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path, reports: Reports
) -> None:
    done = transfer.push([info, HashInfo(md5_hex(b"one")), info], cache, far, reporter=reports)
    assert not done.failed
    assert {sent.value for sent in done.transferred} == {*NAMES, info.value}
    assert done.bytes == 3_000_006 + len(Path(cache.path_of(info)).read_bytes())
    assert keys(far) == {key_of(HashInfo(value)) for value in (*NAMES, info.value)}
    assert reports.tasks == [("Pushing", 3_000_006, 3_000_006), ("Pushing", 1, 1)]
    other = Odb(tmp_path / "other")
    reports.tasks.clear()
    back = transfer.fetch([info], other, far, reporter=reports)
    assert not back.failed
    assert reports.tasks[0][0] == "Fetching"
    assert reports.tasks[0][2] == 3_000_006
    assert back.bytes == done.bytes
    for value in (*NAMES, info.value):
        path = Path(other.path_of(value))
        assert path.read_bytes() == Path(cache.path_of(value)).read_bytes()
        assert path.stat().st_mode & 0o777 == 0o444
    out = str(tmp_path / "out")
    plan_checkout(out, info, other).execute()


def test_again_moves_nothing(info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path) -> None:
    transfer.push([info], cache, far)
    far.calls.clear()
    assert transfer.push([info], cache, far) == transfer.TransferResult()
    assert far.calls == {"exists_many": 1}
    other = Odb(tmp_path / "other")
    transfer.fetch([info], other, far)
    far.calls.clear()
    assert transfer.fetch([info], other, far) == transfer.TransferResult()
    assert far.calls == {}


def test_push_sends_what_a_store_lost_although_it_has_the_listing(
    info: HashInfo, cache: Odb, far: FaultyStore
) -> None:
    transfer.push([info], cache, far)
    far.inner.delete(key_of(HashInfo(md5_hex(b"two"))))
    assert [sent.value for sent in transfer.push([info], cache, far).transferred] == [md5_hex(b"two")]


def test_a_listing_does_not_go_before_its_files(info: HashInfo, cache: Odb, far: FaultyStore) -> None:
    os.unlink(cache.path_of(md5_hex(b"two")))
    done = transfer.push([info], cache, far)
    assert {failed.value for failed, _ in done.failed} == {md5_hex(b"two"), info.value}
    assert {sent.value for sent in done.transferred} == NAMES - {md5_hex(b"two")}
    assert key_of(info) not in keys(far)
    with pytest.raises(ObjectMissingError, match="and 1 more"):
        done.raise_for_failed()


def test_damaged_objects_are_not_pushed(info: HashInfo, cache: Odb, far: FaultyStore) -> None:
    flip_bit(cache.path_of(md5_hex(b"two")))
    flip_bit(cache.path_of(md5_hex(FILES["large"])), 2_000_000)
    os.utime(cache.path_of(md5_hex(FILES["large"])))  # somebody wrote to it: it is read again
    done = transfer.push([info], cache, far)
    errors = {failed.value: error for failed, error in done.failed}
    assert isinstance(errors[md5_hex(b"two")], CorruptError)
    assert isinstance(errors[md5_hex(FILES["large"])], CorruptError)
    assert keys(far) == {key_of(HashInfo(md5_hex(data))) for data in (b"one", b"")}
    assert not cache.exists(md5_hex(b"two"))


@pytest.mark.parametrize("damage", ["flip", "cut"])
@pytest.mark.parametrize("data", [b"two", FILES["large"]])
def test_damaged_bytes_are_not_kept(
    info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path, damage: str, data: bytes
) -> None:
    transfer.push([info], cache, far)
    bad = HashInfo(md5_hex(data))
    getattr(far, damage).add(key_of(bad))
    other = Odb(tmp_path / "other")
    done = transfer.fetch([info], other, far)
    assert {failed for failed, _ in done.failed} == {bad, HashInfo(info.value)}
    assert isinstance(dict(done.failed)[bad], CorruptError)
    assert not other.exists(bad)
    assert not other.exists(info)
    getattr(far, damage).clear()
    assert len(transfer.fetch([info], other, far).transferred) == 2


def test_a_damaged_listing_is_not_read(info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path) -> None:
    transfer.push([info], cache, far)
    far.flip.add(key_of(info))
    done = transfer.fetch([info, HashInfo(md5_hex(b"one"))], Odb(tmp_path / "other"), far)
    assert isinstance(dict(done.failed)[HashInfo(info.value)], CorruptError)
    assert [got.value for got in done.transferred] == [md5_hex(b"one")]


def test_fetch_of_what_is_not_there(cache: Odb, far: FaultyStore, info: HashInfo) -> None:
    lost = [HashInfo("0" * 32), HashInfo("1" * 32 + ".dir")]
    done = transfer.fetch(lost, cache, far)
    assert {failed for failed, _ in done.failed} == set(lost)
    assert all(isinstance(error, NotFoundError) for _, error in done.failed)


@pytest.mark.parametrize("after", range(7))
def test_a_store_that_stops_answering(
    info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path, after: int
) -> None:
    far.fail_after = after
    try:
        done = transfer.push([info], cache, far, jobs=2)
    except UnavailableError:
        assert after == 0
    else:
        assert bool(done.failed) == (after < 6)
    if key_of(info) in keys(far):
        assert len(keys(far)) == 5
    far.fail_after = None
    assert not transfer.push([info], cache, far).failed
    assert len(keys(far)) == 5
    other = Odb(tmp_path / "other")
    far.fail_after = after
    assert bool(transfer.fetch([info], other, far).failed) == (after < 5)
    assert not other.exists(info) or after >= 5
    far.fail_after = None
    assert not transfer.fetch([info], other, far).failed


def test_status(info: HashInfo, cache: Odb, far: FaultyStore, tmp_path: Path) -> None:
    found = transfer.status([info], cache, far)
    assert found.new == {*NAMES, info.value}
    transfer.push([info], cache, far)
    os.unlink(cache.path_of(md5_hex(b"two")))
    far.inner.delete(key_of(HashInfo(md5_hex(b""))))
    found = transfer.status([info, HashInfo("0" * 32)], cache, far)
    assert found.deleted == {md5_hex(b"two")}
    assert found.new == {md5_hex(b"")}
    assert found.missing == {"0" * 32}
    assert found.ok == {info.value, md5_hex(b"one"), md5_hex(FILES["large"])}
    assert transfer.status([info], Odb(tmp_path / "empty"), far).deleted == {info.value}


def test_objects_of_dvc_2_keep_their_place(cache: Odb, far: FaultyStore, tmp_path: Path) -> None:
    value = md5_hex(b"a\n")
    old = HashInfo(value, legacy=True)
    path = Path(cache.path_of(old))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a\r\n")
    assert not transfer.push([old], cache, far).failed
    assert keys(far) == {f"{value[:2]}/{value[2:]}"}
    other = Odb(tmp_path / "other")
    assert not transfer.fetch([old], other, far).failed
    assert Path(other.path_of(old)).read_bytes() == b"a\r\n"
