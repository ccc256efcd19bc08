"""Hashes, listings and caches are DVC's, byte for byte, in both directions."""

from __future__ import annotations

import stat
import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from padauk.objects import HashInfo, Odb, build, plan_checkout, store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.compat

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from dvc_data.hashfile.build import build as dvc_build
    from dvc_data.hashfile.checkout import checkout as dvc_checkout
    from dvc_data.hashfile.db.local import LocalHashFileDB
    from dvc_data.hashfile.transfer import transfer as dvc_transfer
    from dvc_objects.fs.local import LocalFileSystem

names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=8
).filter(lambda name: name not in {".", "..", ".dvcignore"})
contents = st.one_of(st.binary(max_size=20), st.sampled_from([b"a\r\nb\n", b"\r\n" * 300, b"\0" * 700]))
trees = st.recursive(
    st.dictionaries(names, contents, max_size=4),
    lambda inner: st.dictionaries(names, st.one_of(contents, inner), max_size=4),
    max_leaves=12,
)


def write(folder: Path, tree: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in tree.items():
        if isinstance(value, bytes):
            (folder / name).write_bytes(value)
        else:
            assert isinstance(value, dict)
            write(folder / name, value)


def dvc_store(folder: Path, cache: Path, name: str = "md5") -> HashInfo:
    fs = LocalFileSystem()
    odb = LocalHashFileDB(fs, str(cache / "files" / "md5") if name == "md5" else str(cache), hash_name=name)
    staging, meta, made = dvc_build(odb, str(folder), fs, name)
    dvc_transfer(staging, odb, {made.hash_info}, hardlink=False, shallow=False)
    return HashInfo(made.hash_info.value, meta.size, meta.nfiles, legacy=name != "md5")


def snapshot(root: Path, ignore: Callable[[Path], bool] = lambda path: False) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
        for path in root.rglob("*")
        if path.is_file() and not ignore(path)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees)
def test_any_folder(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]) -> None:
    base = tmp_path_factory.mktemp("t")
    try:
        write(base / "data", tree)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        return  # two names that this disk takes for one
    ours = store(str(base / "data"), Odb(base / "ours")).info
    theirs = dvc_store(base / "data", base / "theirs")
    assert ours == theirs
    assert snapshot(base / "ours" / "files") == snapshot(base / "theirs" / "files")
    assert build(str(base / "data")).info == ours
    plan_checkout(str(base / "out"), theirs, Odb(base / "theirs")).execute()
    assert snapshot(base / "out") == snapshot(base / "data")


@pytest.mark.parametrize("data", [b"", b"a\r\nb\r\n", b"\x80\r\n" * 100, b"x" * 512 + b"\0\r\n", b"\r" * 600])
def test_hashes_of_dvc_2(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(data)
    theirs = dvc_store(tmp_path / "d", tmp_path / "cache", "md5-dos2unix")
    ours = build(str(tmp_path / "d"), legacy=True).info
    assert ours == theirs
    plan_checkout(str(tmp_path / "out"), theirs, Odb(tmp_path / "cache")).execute()
    assert (tmp_path / "out" / "f").read_bytes() == data


def test_dvc_checks_out_what_we_store(tmp_path: Path) -> None:
    write(tmp_path / "data", {"a": b"one", "s": {"b": b"two", "ü ": b""}})
    info = store(str(tmp_path / "data"), Odb(tmp_path / "cache")).info
    fs = LocalFileSystem()
    odb = LocalHashFileDB(fs, str(tmp_path / "cache" / "files" / "md5"), hash_name="md5")
    from dvc_data.hashfile import load
    from dvc_data.hashfile.hash_info import HashInfo as TheirHash

    dvc_checkout(str(tmp_path / "out"), fs, load(odb, TheirHash("md5", info.value)), odb)
    assert snapshot(tmp_path / "out") == snapshot(tmp_path / "data")


def test_links_and_odd_files(tmp_path: Path) -> None:
    write(tmp_path / "far", {"x": b"far", "y": {"z": b""}})
    write(tmp_path / "data", {"a": b"one", "empty": {}, "run": b"#!"})
    (tmp_path / "data" / "run").chmod(0o755)
    (tmp_path / "data" / "link").symlink_to(tmp_path / "far" / "x")
    (tmp_path / "data" / "folder").symlink_to(tmp_path / "far" / "y")
    assert store(str(tmp_path / "data"), Odb(tmp_path / "ours")).info == dvc_store(
        tmp_path / "data", tmp_path / "theirs"
    )
    assert snapshot(tmp_path / "ours" / "files") == snapshot(tmp_path / "theirs" / "files")
