"""From the cache to the workspace: minimal changes, nothing lost, nothing wrong handed out."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padauk.core.errors import (
    ConflictError,
    CorruptError,
    DirtyWorkspaceError,
    InputError,
    ObjectMissingError,
)
from padauk.objects import DEFAULT_LINKS, HashInfo, Odb, State, build, plan_checkout, store
from padauk.objects.hashing import SMALL, md5_hex
from padauk.testing.faults import flip_bit, tear

if TYPE_CHECKING:
    from padauk.objects import LinkType
    from tests.objects.conftest import Plant, Reports

OLD = {"a": b"one", "gone/b": b"two", "same/c": b"three"}
NEW = {"a": b"ONE", "new/d/e": b"four", "same/c": b"three"}


def contents(folder: str) -> dict[str, bytes]:
    root = Path(folder)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def versions(plant: Plant, cache: Odb, state: State) -> tuple[str, HashInfo, HashInfo]:
    """A folder that holds OLD, whose older and newer version are both in the cache."""
    new = store(plant("other", NEW), cache).info
    folder = plant("d", OLD)
    return folder, store(folder, cache, state=state).info, new


def test_only_what_differs_is_touched(
    versions: tuple[str, HashInfo, HashInfo], cache: Odb, state: State
) -> None:
    folder, _, new = versions
    before = os.stat(f"{folder}/same/c")
    plan = plan_checkout(folder, new, cache, state=state)
    assert (dict(plan.added).keys(), dict(plan.modified).keys(), plan.removed, plan.kept, plan.dirty) == (
        {"new/d/e"},
        {"a"},
        ("gone/b",),
        1,
        (),
    )
    assert contents(folder) == OLD
    result = plan.execute()
    assert (result.added, result.modified, result.deleted) == (("new/d/e",), ("a",), ("gone/b",))
    assert contents(folder) == NEW
    assert os.stat(f"{folder}/same/c") == before
    assert not os.path.exists(f"{folder}/gone")
    assert sorted(os.listdir(os.path.dirname(folder))) == ["cache", "d", "other", "tmp"]
    assert plan_checkout(folder, new, cache, state=state).empty


def test_plans_say_what_they_would_do(versions: tuple[str, HashInfo, HashInfo], cache: Odb) -> None:
    folder, old, new = versions
    plan = plan_checkout(folder, new, cache)
    assert plan.summary() == f"{folder}: 1 to write, 1 to replace, 1 to remove"
    assert plan.to_json() == {
        "path": folder,
        "md5": new.value,
        "added": ["new/d/e"],
        "modified": ["a"],
        "removed": ["gone/b"],
        "relinked": [],
        "kept": 1,
        "dirty": [],
    }
    assert plan_checkout(folder, old, cache).summary() == f"{folder}: nothing to do"


def test_files_are_writable_and_remembered(
    cache: Odb, plant: Plant, tmp_path: Path, reports: Reports
) -> None:
    info = store(plant("d", OLD), cache).info
    state = State(tmp_path / "s.db")
    out = str(tmp_path / "out")
    plan_checkout(out, info, cache, state=state).execute(reporter=reports)
    assert reports.tasks == [("Checking out", 11, 11)]
    assert stat.S_IMODE(os.stat(f"{out}/a").st_mode) == 0o644
    state.close()
    state = State(tmp_path / "s.db")
    assert {place[0] for place in state.below(out)} == set(OLD)
    build(out, state=state, reporter=reports)
    assert len(reports.tasks) == 1  # nothing was hashed
    state.close()


def test_unsaved_work_is_not_lost(versions: tuple[str, HashInfo, HashInfo], cache: Odb, plant: Plant) -> None:
    folder, _, new = versions
    plant("d", {"a": b"mine", "extra": b"mine too", "same/c": b"three", "gone/x": b"one"})
    plan = plan_checkout(folder, new, cache)
    assert plan.dirty == ("a", "extra")  # gone/x has bytes that the cache holds
    with pytest.raises(DirtyWorkspaceError, match=r"d/a, .*d/extra") as caught:
        plan.execute()
    assert "--force" in str(caught.value.hint)
    assert contents(folder)["a"] == b"mine"
    assert contents(folder)["extra"] == b"mine too"
    plan.execute(force=True)
    assert contents(folder) == NEW


@pytest.mark.parametrize("kind", ["file for folder", "folder for file"])
def test_shapes_change(plant: Plant, cache: Odb, state: State, tmp_path: Path, kind: str) -> None:
    file = store(plant("f", {"x": b"file"}) + "/x", cache).info
    folder = store(plant("d", OLD), cache).info
    out = str(tmp_path / "out")
    first, second = (file, folder) if kind == "folder for file" else (folder, file)
    for info in (first, second, first):
        plan_checkout(out, info, cache, state=state).execute()
        assert build(out).info.value == info.value


def test_nothing_wanted(versions: tuple[str, HashInfo, HashInfo], cache: Odb, plant: Plant) -> None:
    folder, _, _ = versions
    (Path(folder) / "empty").mkdir()
    plan = plan_checkout(folder, None, cache)
    assert not plan.empty
    assert plan.execute().deleted == tuple(sorted(OLD))
    assert not os.path.exists(folder)
    assert plan_checkout(folder, None, cache).empty
    plant("d", {"mine": b"unsaved"})
    with pytest.raises(DirtyWorkspaceError):
        plan_checkout(folder, None, cache).execute()


def test_an_empty_folder(cache: Odb, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    info = store(str(tmp_path / "d"), cache).info
    out = tmp_path / "deep" / "out"
    plan = plan_checkout(str(out), info, cache)
    assert not plan.empty
    plan.execute()
    assert os.listdir(out) == []
    assert plan_checkout(str(out), info, cache).empty


class OnlyLogs:
    """Ignores ``*.log``."""

    def inside(self, folder: str) -> object:
        return lambda name, is_folder: name.endswith(".log")


def test_ignored_files_stay(versions: tuple[str, HashInfo, HashInfo], cache: Odb, plant: Plant) -> None:
    folder, _, new = versions
    plant("d", {"x.log": b"log", "gone/y.log": b"log"})
    plan = plan_checkout(folder, new, cache, ignore=OnlyLogs())  # type: ignore[arg-type]
    plan.execute()
    assert contents(folder) == {**NEW, "x.log": b"log", "gone/y.log": b"log"}
    file = store(plant("f", {"x": b"file"}) + "/x", cache).info
    with pytest.raises(ConflictError, match="not empty"):
        plan_checkout(folder, file, cache, ignore=OnlyLogs()).execute()  # type: ignore[arg-type]


@pytest.mark.parametrize("links", [("copy",), ("hardlink",), ("symlink",), DEFAULT_LINKS])
def test_link_types(
    plant: Plant, cache: Odb, state: State, tmp_path: Path, links: tuple[LinkType, ...]
) -> None:
    folder = plant("d", OLD)
    info = store(folder, cache, state=state, links=links).info
    out = str(tmp_path / "out")
    plan_checkout(out, info, cache, state=state, links=links).execute()
    for place in (folder, out):
        assert contents(place) == OLD
        mine, theirs = os.lstat(f"{place}/a"), os.lstat(cache.path_of(md5_hex(b"one")))
        assert stat.S_ISLNK(mine.st_mode) == (links == ("symlink",))
        assert os.path.samestat(mine, theirs) == (links == ("hardlink",))
        assert theirs.st_mode & 0o777 == 0o444
        assert plan_checkout(place, info, cache, state=state, links=links, relink=True).empty
    assert build(out, state=state).info == info


def test_relinking_changes_one_type_into_another(plant: Plant, cache: Odb, state: State) -> None:
    folder = plant("d", OLD)
    info = store(folder, cache, state=state).info
    kinds: list[LinkType] = ["hardlink", "symlink", "copy", "symlink", "hardlink", "copy"]
    for kind in kinds:
        plan = plan_checkout(folder, info, cache, state=state, links=(kind,), relink=True)
        assert len(plan.relinked) == 3
        assert plan.execute().modified
        assert contents(folder) == OLD
        assert plan_checkout(folder, info, cache, state=state, links=(kind,), relink=True).empty
    assert stat.S_IMODE(os.stat(f"{folder}/a").st_mode) == 0o644


def test_link_types_that_do_not_work_here(plant: Plant, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second disk")
    folder = plant("d", OLD)
    far = elsewhere / f"padauk-test-{os.getpid()}"
    try:
        cache = Odb(far)
        with pytest.raises(InputError, match="none of the link types hardlink works"):
            store(folder, cache, links=("hardlink",))
        assert store(folder, cache, links=("hardlink", "copy")).tree is not None
        cache.close()
    finally:
        for path in sorted(far.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        far.rmdir()


def test_executables(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    info = store(plant("d", {"run": b"#!/bin/sh\n"}) + "/run", cache).info
    out = str(tmp_path / "run")
    plan_checkout(out, info, cache, executable=True).execute()
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o755
    os.chmod(out, 0o644)
    links: list[tuple[LinkType, ...]] = [("copy",), ("hardlink",), ("symlink",)]
    for kind in links:
        plan_checkout(out, info, cache, executable=True, links=kind).execute()
        assert stat.S_IMODE(os.stat(out).st_mode) == 0o755
        assert stat.S_IMODE(os.stat(cache.path_of(info)).st_mode) == 0o444
        assert plan_checkout(out, info, cache, executable=True, links=kind, relink=True).empty
        os.unlink(out)


def test_what_the_cache_lacks_is_named_after_the_rest_is_done(
    versions: tuple[str, HashInfo, HashInfo], cache: Odb
) -> None:
    folder, _, new = versions
    os.unlink(cache.path_of(md5_hex(b"four")))
    with pytest.raises(ObjectMissingError, match="new/d/e"):
        plan_checkout(folder, new, cache).execute()
    assert contents(folder) == {"a": b"ONE", "same/c": b"three"}
    result = plan_checkout(folder, new, cache).execute(partial=True)
    assert (result.added, result.missing) == ((), ("new/d/e",))
    os.unlink(cache.path_of(new))
    with pytest.raises(ObjectMissingError, match=new.value):
        plan_checkout(folder, new, cache)


@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
@pytest.mark.parametrize("damage", ["written", "flipped", "torn"])
def test_damaged_objects_are_not_handed_out(
    plant: Plant, cache: Odb, tmp_path: Path, link: LinkType, damage: str
) -> None:
    folder = plant("d", OLD)
    info = store(folder, cache).info
    bad = cache.path_of(md5_hex(b"two"))
    if damage == "written":
        os.chmod(bad, 0o644)
        Path(bad).write_bytes(b"TWO")
    elif damage == "flipped":
        flip_bit(bad)
    else:
        tear(bad)
    out = str(tmp_path / "out")
    with pytest.raises(CorruptError, match="gone/b"):
        plan_checkout(out, info, cache, links=(link,)).execute()
    assert contents(out) == {"a": b"one", "same/c": b"three"}
    assert not os.path.exists(bad)  # so that it can come again
    store(folder, cache)
    plan_checkout(out, info, cache, links=(link,)).execute()
    assert contents(out) == OLD


@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
def test_large_objects_that_somebody_wrote_to_are_not_handed_out(
    plant: Plant, tmp_path: Path, state: State, link: LinkType
) -> None:
    cache = Odb(tmp_path / "cache", state=state)
    info = store(plant("d", {"f": b"x" * (SMALL + 1)}) + "/f", cache, state=state).info
    out = str(tmp_path / "out")
    plan_checkout(out, info, cache, links=(link,)).execute()
    assert build(out).info == info
    os.unlink(out)
    flip_bit(cache.path_of(info), SMALL)
    os.utime(cache.path_of(info))
    with pytest.raises(CorruptError):
        plan_checkout(out, info, cache, links=(link,)).execute()
    assert not cache.exists(info)


def test_a_damaged_listing_is_dropped(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    info = store(plant("d", OLD), cache).info
    tear(cache.path_of(info))
    with pytest.raises(CorruptError, match=info.value):
        plan_checkout(str(tmp_path / "out"), info, cache)
    assert not cache.exists(info)


def test_writing_never_goes_through_a_linked_folder(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    info = store(plant("d", OLD), cache).info
    plant("elsewhere", {"x": b""})
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gone").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError, match="gone"):
        plan_checkout(str(tmp_path / "out"), info, cache).execute(force=True)
    assert os.listdir(tmp_path / "elsewhere") == ["x"]


def test_a_broken_link_in_the_way_needs_force(plant: Plant, cache: Odb, tmp_path: Path) -> None:
    info = store(plant("d", {"x": b"file"}) + "/x", cache).info
    out = tmp_path / "out"
    out.symlink_to("nowhere")
    plan = plan_checkout(str(out), info, cache)
    with pytest.raises(DirtyWorkspaceError):
        plan.execute()
    plan.execute(force=True)
    assert out.read_bytes() == b"file"
    assert not out.is_symlink()


def test_objects_of_dvc_2(cache: Odb, tmp_path: Path) -> None:
    value = md5_hex(b"a\nb\n")
    place = Path(cache.path, value[:2], value[2:])
    place.parent.mkdir(parents=True)
    place.write_bytes(b"a\r\nb\r\n")
    place.chmod(0o444)
    listing = b'[{"md5": "%s", "relpath": "x"}]' % value.encode()
    name = md5_hex(listing) + ".dir"
    other = Path(cache.path, name[:2], name[2:])
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(listing)
    out = str(tmp_path / "out")
    plan_checkout(out, HashInfo(name, legacy=True), cache).execute()
    assert contents(out) == {"x": b"a\r\nb\r\n"}
    assert build(out, legacy=True).info.same(HashInfo(name, legacy=True))
    assert plan_checkout(out, HashInfo(name, legacy=True), cache).empty


files = st.dictionaries(
    st.sampled_from(["a", "b", "d/a", "d/b", "d/e/f", "é", " x", "d.x"]), st.sampled_from([b"1", b"2", b"33"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(files, min_size=2, max_size=4))
def test_any_version_follows_any_other(
    tmp_path_factory: pytest.TempPathFactory, versions: list[dict[str, bytes]]
) -> None:
    base = tmp_path_factory.mktemp("v")
    cache = Odb(base / "cache")
    state = State(base / "s.db")
    infos = []
    for number, version in enumerate(versions):
        for name, data in version.items():
            path = base / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (base / str(number)).mkdir(exist_ok=True)
        infos.append(store(str(base / str(number)), cache).info)
    out = str(base / "out")
    for info, version in zip(infos, versions, strict=True):
        plan_checkout(out, info, cache, state=state).execute()
        assert contents(out) == version
        assert build(out).info == info
    state.close()
    cache.close()
