"""Artifact roots that are plain folders."""

from pathlib import Path

import pytest

from padauk.artifacts.folder import file_in, list_folder, local_root
from padauk.artifacts.values import Entry
from padauk.core.errors import InputError, NotFoundError


def test_listing_is_one_level_sorted_and_empty_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.txt").write_text("123")
    (tmp_path / "a.txt").write_text("1")
    assert list_folder(str(tmp_path), "") == [Entry("a.txt", 1), Entry("b", None)]
    assert list_folder(str(tmp_path), "b") == [Entry("b/x.txt", 3)]
    assert list_folder(str(tmp_path), "a.txt") == []
    assert list_folder(str(tmp_path), "nothing") == []


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("s")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    for path in ("link", "up/secret", "../secret"):
        with pytest.raises(InputError, match="outside the artifact directory"):
            file_in(str(root), path)
    with pytest.raises(InputError, match="outside the artifact directory"):
        list_folder(str(root), "up")


def test_file_in_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(NotFoundError, match="No such artifact: 'x'"):
        file_in(str(tmp_path), "x")
    with pytest.raises(InputError, match="refers to a directory"):
        file_in(str(tmp_path), "d")


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("/a/b", "/a/b"),
        ("file:///a/b%20c", "/a/b c"),
        ("file://localhost/a", "/a"),
        ("file://elsewhere/a", None),
        ("s3://bucket/a", None),
        ("mlflow-artifacts:/0", None),
    ],
)
def test_local_roots(uri: str, folder: str | None) -> None:
    assert local_root(uri) == folder
