"""Bytes: hashed while they come in, stored once, checked before they go out."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from padauk.artifacts import Content, ObjectStore
from padauk.artifacts.ingest import BLOCK
from padauk.core.errors import ConflictError, CorruptError, ObjectMissingError
from padauk.storage import LocalStore

# Wang and Yu, "How to Break MD5 and Other Hash Functions": two blocks with one md5
_BLOCKS = (
    "d131dd02c5e6eec4693d9a0698aff95c2fcab5{}712467eab4004583eb8fb7f8955ad340609f4b30283e48"
    "88325{}1415a085125e8f7cdc99fd91dbd{}280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2{}4"
    "87da03fd02396306d248cda0e99f33420f577ee8ce54b67080{}80d1ec69821bcb6a8839396f965{}b6ff7"
    "2a70"
)
TWINS = [bytes.fromhex(_BLOCKS.format(*digits)) for digits in ("87fba2", "0f732a")]


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(LocalStore(tmp_path / "store"))


def put(objects: ObjectStore, *blocks: bytes, known: str | None = None) -> Content:
    with objects.ingest() as ingest:
        for block in blocks:
            ingest.write(block)
        return objects.publish(ingest, known)


def files(objects: ObjectStore) -> list[Path]:
    assert isinstance(objects.store, LocalStore)
    root = Path(objects.store.root)
    return [path for path in root.rglob("*") if path.is_file() and path.name != "lock"]


@settings(max_examples=25, deadline=None)
@given(blocks=st.lists(st.binary(max_size=300), max_size=8), large=st.integers(0, 2))
def test_content_is_what_hashlib_says(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[bytes], large: int
) -> None:
    objects = ObjectStore(LocalStore(tmp_path_factory.mktemp("store")))
    blocks = [*blocks, *([b"\x07" * (BLOCK + 1)] * large)]
    whole = b"".join(blocks)
    content = put(objects, *blocks)
    assert content.md5 == hashlib.md5(whole, usedforsecurity=False).hexdigest()
    assert content.sha256 == hashlib.sha256(whole).hexdigest()
    assert content.size == len(whole)
    assert b"".join(objects.stream_checking(content)) == whole
    assert b"".join(objects.stream(content, 1, 5)) == whole[1:6]


def test_equal_bytes_are_stored_once_in_the_layout_of_dvc(objects: ObjectStore) -> None:
    one, two = put(objects, b"same"), put(objects, b"sa", b"me")
    assert one == two
    (path,) = files(objects)
    assert str(path).endswith(f"files/md5/{one.md5[:2]}/{one.md5[2:]}")


def test_an_upload_that_breaks_off_leaves_nothing(objects: ObjectStore) -> None:
    def broken() -> None:
        with objects.ingest() as ingest:
            ingest.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        broken()
    assert files(objects) == []


def test_damage_is_found_before_the_last_byte_is_given_out(objects: ObjectStore) -> None:
    content = put(objects, b"x" * (3 * BLOCK))
    (path,) = files(objects)
    data = bytearray(path.read_bytes())
    data[17] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    got: list[bytes] = []
    with pytest.raises(CorruptError, match="damaged"):
        got.extend(objects.stream_checking(content))
    assert sum(map(len, got)) < content.size
    with pytest.raises(CorruptError):
        objects.check(content)


@pytest.mark.parametrize("damage", [b"", b"sam", b"sane"])
def test_damaged_bytes_are_replaced_when_the_file_is_logged_again(
    objects: ObjectStore, damage: bytes
) -> None:
    content = put(objects, b"same")
    (path,) = files(objects)
    path.unlink()
    path.write_bytes(damage)
    with pytest.raises(CorruptError):
        objects.check(content)
    assert put(objects, b"same", known=content.sha256) == content
    objects.check(content)
    assert objects.is_checked(content)
    assert path.read_bytes() == b"same"


def test_bytes_without_a_row_are_checked_before_they_are_trusted(objects: ObjectStore) -> None:
    content = put(objects, b"same")
    (path,) = files(objects)
    path.unlink()
    path.write_bytes(b"sane")
    assert put(objects, b"same", known=None) == content
    assert path.read_bytes() == b"same"


def test_missing_bytes_say_so(objects: ObjectStore) -> None:
    content = put(objects, b"same")
    files(objects)[0].unlink()
    with pytest.raises(ObjectMissingError, match="are not in"):
        objects.check(content)


def test_a_crafted_twin_is_refused(objects: ObjectStore) -> None:
    good, evil = TWINS
    assert good != evil
    assert len({hashlib.md5(twin, usedforsecurity=False).digest() for twin in TWINS}) == 1
    content = put(objects, good)
    for known in (content.sha256, None):  # recorded, and with only the bytes there
        with pytest.raises(ConflictError, match="other bytes are stored under the md5"):
            put(objects, evil, known=known)
    assert b"".join(objects.stream_checking(content)) == good
