"""Listings of folders: DVC's bytes, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from padauk.core.errors import FormatError
from padauk.objects import HashInfo, Tree, diff_trees
from padauk.objects.hashing import md5_hex

A, B, C = (md5_hex(text) for text in (b"a", b"b", b"c"))

names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=6
).filter(lambda name: name not in {".", ".."})
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
md5s = st.binary(min_size=16, max_size=16).map(bytes.hex)
rows = st.dictionaries(paths, st.tuples(md5s, st.integers(0, 2**40)), max_size=8).map(
    lambda found: [(path, md5, size) for path, (md5, size) in found.items()]
)


def test_bytes_of_a_known_listing() -> None:
    tree = Tree.of([("sub/b.txt", B, 1), ("sp ace/ünï.txt", C, 2), ("a.txt", A, 3), ("a/x", A, 3)])
    assert tree.to_bytes() == (
        b'[{"md5": "%s", "relpath": "a.txt"}, {"md5": "%s", "relpath": "a/x"},'
        b' {"md5": "%s", "relpath": "sp ace/\\u00fcn\\u00ef.txt"}, {"md5": "%s", "relpath": "sub/b.txt"}]'
        % (A.encode(), A.encode(), C.encode(), B.encode())
    )
    assert tree.info == HashInfo(md5_hex(tree.to_bytes()) + ".dir", 9, 4)


def test_the_empty_folder() -> None:
    assert Tree.of([]).info == HashInfo("d751713988987e9331980363e24189ce.dir", 0, 0)
    assert len(Tree.from_bytes(b"[]")) == 0


@given(rows)
def test_read_back(found: list[tuple[str, str, int]]) -> None:
    tree = Tree.of(found)
    again = Tree.from_bytes(tree.to_bytes())
    assert again == tree
    assert again.sizes is None
    assert again.info.value == tree.info.value
    assert list(tree) == sorted(found)


def test_names_that_are_no_unicode() -> None:
    tree = Tree.of([("a\udcff", A, 1)])
    assert Tree.from_bytes(tree.to_bytes()) == tree


def test_entries_out_of_order_are_sorted() -> None:
    tree = Tree.from_bytes(
        b'[{"md5": "%s", "relpath": "b"}, {"relpath": "a", "md5": "%s"}]' % (B.encode(), A.encode())
    )
    assert list(tree.paths) == ["a", "b"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x", "a//b", "", ".", "a/.", "a/", "a\\u0000b"])
def test_paths_that_leave_the_folder_are_refused(path: str) -> None:
    with pytest.raises(FormatError):
        Tree.from_bytes(f'[{{"md5": "{A}", "relpath": "{path}"}}]'.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"md5": "x"}]',
        b'[{"md5": 1, "relpath": "a"}]',
        b'[{"md5": "../../../../../../../../../../x", "relpath": "a"}]',
        b'[{"md5": "%s", "relpath": "a"}, {"md5": "%s", "relpath": "a"}]' % (A.encode(), B.encode()),
        b"\xff",
    ],
)
def test_what_is_no_listing_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Tree.from_bytes(data)


def test_md5s_that_are_none_are_refused() -> None:
    with pytest.raises(FormatError):
        Tree.from_bytes(b'[{"md5": "../../../../../../etc/passwd....", "relpath": "a"}]')


def test_parts_of_a_tree() -> None:
    tree = Tree.of([("a", A, 1), ("d/b", B, 2), ("d/e/c", C, 3), ("dx", A, 1)])
    assert tree.get("a") == HashInfo(A, 1)
    assert tree.get("d/b") == HashInfo(B, 2)
    assert list(tree.below("d").paths) == ["b", "e/c"]
    assert tree.get("d") == Tree.of([("b", B, 2), ("e/c", C, 3)]).info
    assert tree.get("nothing") is None


def test_diff() -> None:
    old = Tree.of([("a", A, 1), ("b", B, 1), ("c", C, 1)])
    new = Tree.of([("a", B, 1), ("c", C, 1), ("x", B, 1), ("y", A, 1)])
    found = diff_trees(old, new)
    assert (found.added, found.deleted, found.modified, found.unchanged) == (("x", "y"), ("b",), ("a",), 1)
    named = diff_trees(old, new, renames=True)
    assert (named.renamed, named.added, named.deleted) == ((("b", "x"),), ("y",), ())
    assert not diff_trees(old, old)
    assert diff_trees(None, old).added == ("a", "b", "c")
    assert diff_trees(old, None).deleted == ("a", "b", "c")


@given(rows, rows)
def test_diff_accounts_for_every_path(
    one: list[tuple[str, str, int]], two: list[tuple[str, str, int]]
) -> None:
    old, new = Tree.of(one), Tree.of(two)
    for renames in (False, True):
        found = diff_trees(old, new, renames=renames)
        gone = {*found.deleted, *(path for path, _ in found.renamed)}
        come = {*found.added, *(path for _, path in found.renamed)}
        assert gone == set(old.paths) - set(new.paths)
        assert come == set(new.paths) - set(old.paths)
        assert len(found.modified) + found.unchanged == len(set(old.paths) & set(new.paths))
        assert all(old.by_path[a] == new.by_path[b] for a, b in found.renamed)
