"""What every store must do, as tests.

A test module for a store subclasses :class:`StoreContract` and gives it a fixture ``store``::

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self): return MyStore(...)
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from padauk.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from padauk.storage.base import Store

BAD_KEYS = ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0b"]


class StoreContract:
    """The suite. ``store`` is a fresh, empty store."""

    def test_what_is_written_is_read(self, store: Store) -> None:
        store.write("a/b", b"hello")
        assert store.read("a/b") == b"hello"
        found = store.info("a/b")
        assert found is not None
        assert (found.key, found.size) == ("a/b", 5)
        assert found.modified > 0

    @pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
    def test_sizes_around_a_piece(self, store: Store, size: int) -> None:
        data = bytes(size)
        store.write("k", iter([data]))
        assert b"".join(store.stream("k")) == data
        found = store.info("k")
        assert found is not None
        assert found.size == size

    @pytest.mark.parametrize("size", [0, 10, 3_000_000])
    def test_a_file_is_put(self, store: Store, tmp_path: Path, size: int) -> None:
        path = tmp_path / "source.bin"
        path.write_bytes(bytes(size))
        assert store.put_file("a/b", str(path)) == size
        assert store.read("a/b") == bytes(size)
        with pytest.raises(NotFoundError):
            store.put_file("c", str(tmp_path / "none"))
        assert not store.exists("c")

    def test_pieces_are_joined(self, store: Store) -> None:
        store.write("k", iter([b"a", b"", b"bc"]))
        assert b"".join(store.stream("k", chunk=2)) == b"abc"

    @pytest.mark.parametrize(
        ("offset", "length", "wanted"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (8, 9, b"89"),
            (10, 5, b""),
            (0, 0, b""),
        ],
    )
    def test_ranges(self, store: Store, offset: int, length: int | None, wanted: bytes) -> None:
        store.write("k", b"0123456789")
        assert store.read("k", offset=offset, length=length) == wanted
        assert b"".join(store.stream("k", offset=offset, length=length, chunk=3)) == wanted

    def test_what_is_not_there(self, store: Store) -> None:
        assert store.info("a") is None
        assert not store.exists("a")
        with pytest.raises(NotFoundError):
            store.read("a")
        with pytest.raises(NotFoundError):
            store.stream("a")  # said before the first piece is asked for
        assert not store.delete("a")
        store.write("a/b", b"x")
        assert not store.exists("a")
        assert not store.exists("a/b/c")
        with pytest.raises(NotFoundError):
            store.read("a")
        with pytest.raises(NotFoundError):
            store.read("a/b/c")

    def test_writing_again_replaces(self, store: Store) -> None:
        assert store.write("k", b"one")
        assert store.write("k", b"two")
        assert store.read("k") == b"two"

    def test_if_absent_keeps_what_is_there(self, store: Store) -> None:
        assert store.write("k", b"one", if_absent=True)
        assert not store.write("k", b"two", if_absent=True)
        assert store.read("k") == b"one"

    def test_only_one_of_many_is_first(self, store: Store) -> None:
        if not store.traits.conditional_put:
            pytest.skip("the store does not decide it")
        wins: list[int] = []

        def work(number: int) -> None:
            if store.write("k", b"%d" % number, if_absent=True):
                wins.append(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wins) == 1
        assert store.read("k") == b"%d" % wins[0]

    def test_an_upload_shows_only_when_committed(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"half")
            assert list(store.list()) == []
            upload.write(b"whole")
            upload.commit("k")
        assert store.read("k") == b"halfwhole"

    def test_an_upload_without_commit_leaves_nothing(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"half")
        assert list(store.list()) == []

    def test_readers_see_old_or_new_bytes(self, store: Store) -> None:
        if not store.traits.atomic_replace:
            pytest.skip("the store does not promise it")
        old, new = b"a" * 300_000, b"b" * 300_000
        store.write("k", old)
        stop = threading.Event()
        seen: set[bytes] = set()

        def read() -> None:
            while not stop.is_set():
                seen.add(store.read("k"))

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(20):
            store.write("k", new if number % 2 else old)
        stop.set()
        reader.join()
        assert seen <= {old, new}

    def test_exists_many(self, store: Store) -> None:
        keys = [f"files/md5/{number % 7:02x}/{number}" for number in range(100)]
        for key in keys[:50]:
            store.write(key, b"")
        assert store.exists_many(keys) == set(keys[:50])
        assert store.exists_many(keys[49:51]) == {keys[49]}
        assert store.exists_many([]) == set()
        assert store.exists_many(["other/a", keys[0]]) == {keys[0]}

    def test_list_by_prefix(self, store: Store) -> None:
        for key in ("a/x", "a/y/z", "ab", "b"):
            store.write(key, key.encode())
        assert {entry.key: entry.size for entry in store.list()} == {"a/x": 3, "a/y/z": 5, "ab": 2, "b": 1}
        assert {entry.key for entry in store.list("a")} == {"a/x", "a/y/z", "ab"}
        assert {entry.key for entry in store.list("a/")} == {"a/x", "a/y/z"}
        assert {entry.key for entry in store.list("a/y")} == {"a/y/z"}
        assert list(store.list("c/")) == []

    def test_delete(self, store: Store) -> None:
        store.write("a", b"")
        store.write("b", b"")
        assert store.delete("a")
        assert store.delete_many(["a", "b"]) == 1
        assert list(store.list()) == []

    def test_names_with_spaces_and_unicode(self, store: Store) -> None:
        for key in ("sp ace/ünï", "日本/%20", "a+b&c=d", "-x", ".hidden"):
            store.write(key, key.encode())
            assert store.read(key) == key.encode()
            assert key in {entry.key for entry in store.list()}

    @pytest.mark.parametrize("key", BAD_KEYS)
    def test_keys_that_could_leave_the_root(self, store: Store, key: str) -> None:
        with pytest.raises(InputError):
            store.write(key, b"x")
        with pytest.raises(InputError):
            store.read(key)
        with pytest.raises(InputError):
            store.exists_many([key])
        with pytest.raises(InputError):
            store.delete(key)

    def test_many_threads(self, store: Store) -> None:
        errors: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(10):
                    key = f"t/{number}/{turn}"
                    store.write(key, key.encode())
                    assert store.read(key) == key.encode()
            except BaseException as error:  # noqa: BLE001 - shown below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert len(list(store.list("t/"))) == 80
