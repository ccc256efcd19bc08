"""Objects between the cache and a store: :func:`push`, :func:`fetch`, and :func:`status` of both.

A listing is sent only when all of its files are there, so a listing in a store promises its files. What
fails is collected, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.core.errors import CorruptError, NotFoundError, ObjectMissingError, PadaukError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.objects.hashing import behind, feed, md5_hex, new_md5, open_to_read, read_small
from padauk.objects.info import HashInfo
from padauk.objects.jobs import for_each
from padauk.objects.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from padauk.core.events import Reporter, Unit
    from padauk.objects.odb import Odb
    from padauk.storage.base import Store

    Advance = Callable[[int], None]

__all__ = ["TransferResult", "fetch", "key_of", "push", "status"]


@dataclass(frozen=True)
class TransferResult:
    """What a push or fetch did.

    Attributes:
        transferred: objects that were sent.
        failed: objects that were not, and why. A listing whose files did not all go is among them.
        bytes: how many were sent.
    """

    transferred: tuple[HashInfo, ...] = ()
    failed: tuple[tuple[HashInfo, PadaukError], ...] = ()
    bytes: int = 0

    def raise_for_failed(self) -> None:
        """Raise the first failure, saying how many there are."""
        if self.failed:
            first = self.failed[0][1]
            more = f" (and {len(self.failed) - 1} more objects)" if len(self.failed) > 1 else ""
            raise type(first)(first.message + more, hint=first.hint)


@dataclass(frozen=True)
class StoreStatus:
    """Where objects are. Sets of :class:`HashInfo` values, listings and their files.

    Attributes:
        new: in the cache only: to be pushed.
        deleted: in the store only: to be fetched.
        missing: in neither.
        ok: in both.
    """

    new: frozenset[str]
    deleted: frozenset[str]
    missing: frozenset[str]
    ok: frozenset[str]


_PRESENT = "files/md5/"


def key_of(info: HashInfo) -> str:
    """The key of an object in a store: the same layout as the cache's."""
    value = info.value
    return f"{value[:2]}/{value[2:]}" if info.legacy else f"files/md5/{value[:2]}/{value[2:]}"


def push(
    infos: Iterable[HashInfo],
    cache: Odb,
    store: Store,
    *,
    jobs: int | None = None,
    reporter: Reporter = SILENT,
) -> TransferResult:
    """Send objects (of folders: their files too) from ``cache`` to ``store``, unless they are there.

    Args:
        infos: what; each of them once, however often it is given.
        cache: where from. An object that is damaged here is not sent, and dropped.
        store: where to.
        jobs: how many at a time; by default what the store can take.
        reporter: hears of the progress, in bytes where sizes are known, else in objects.
    """
    run = _Run(jobs or store.traits.connections, reporter, "Pushing")
    folders, files = run.expand(infos, cache.read_tree)
    there = store.exists_many([*files, *folders])

    def upload(key: str, advance: Advance) -> int:
        return _upload(key, cache, store, advance)

    todo = [key for key in files if key not in there]
    run.send(todo, upload, _sizes(cache, todo))
    point("objects.push.files")
    run.send_folders({key: below for key, below in folders.items() if key not in there}, upload)
    cache.remember()
    return run.result()


def fetch(
    infos: Iterable[HashInfo],
    cache: Odb,
    store: Store,
    *,
    jobs: int | None = None,
    reporter: Reporter = SILENT,
) -> TransferResult:
    """Bring objects (of folders: their files too) from ``store`` to ``cache``, unless they are there.

    Bytes are compared with their name while they come in; others are not kept. Arguments as :func:`push`.
    """
    infos = list(infos)
    run = _Run(jobs or store.traits.connections, reporter, "Fetching")
    data: dict[str, bytes] = {}

    def tree_of(info: HashInfo) -> Tree:
        if cache.exists(info):
            with contextlib.suppress(CorruptError, ObjectMissingError):
                return cache.read_tree(info)
        content = _read(store, info)
        data[key_of(info)] = content
        return Tree.from_bytes(content, legacy=info.legacy)

    folders, files = run.expand(infos, tree_of)
    there = _in_cache(cache, files)
    todo = [key for key in files if key not in there]
    sizes = [info.size for info in dict.fromkeys(infos)]
    known = len(todo) == len(files) and None not in sizes
    run.send(
        todo,
        lambda key, advance: _download(key, cache, store, advance),
        sum(filter(None, sizes)) if known else None,
    )
    cache.remember()
    point("objects.fetch.files")

    def keep(key: str, _: Advance) -> int:
        cache.put_bytes(_info_of(key), data[key])
        return len(data[key])

    run.send_folders({key: below for key, below in folders.items() if key in data}, keep)
    return run.result()


def status(infos: Iterable[HashInfo], cache: Odb, store: Store) -> StoreStatus:
    """Which of the objects (of folders whose listing is in the cache: their files too) are where.

    A folder whose listing is in the store only counts as one object.
    """
    wanted: dict[str, str] = {}
    for info in infos:
        wanted[key_of(info)] = info.value
        if info.is_dir and cache.exists(info):
            with contextlib.suppress(CorruptError):
                tree = cache.read_tree(info)
                wanted.update(zip(_keys(tree.md5s, legacy=info.legacy), tree.md5s, strict=True))
    here = {wanted[key] for key in _in_cache(cache, wanted)}
    far = {wanted[key] for key in store.exists_many(wanted)}
    return StoreStatus(
        new=frozenset(here - far),
        deleted=frozenset(far - here),
        missing=frozenset({*wanted.values()} - here - far),
        ok=frozenset(here & far),
    )


class _Run:
    """The bookkeeping of one transfer. Objects are known by their key, which is cheaper than a value each."""

    def __init__(self, jobs: int, reporter: Reporter, label: str) -> None:
        self._jobs = jobs
        self._reporter = reporter
        self._label = label
        self._guard = threading.Lock()
        self._transferred: list[str] = []
        self._failed: dict[str, PadaukError] = {}
        self._bytes = 0

    def expand(
        self, infos: Iterable[HashInfo], read: Callable[[HashInfo], Tree]
    ) -> tuple[dict[str, frozenset[str]], dict[str, None]]:
        """The folders among ``infos`` with the files of each, and all files; each once, in order."""
        folders: dict[str, frozenset[str]] = {}
        files: dict[str, None] = {}
        for info in infos:
            key = key_of(info)
            if not info.is_dir:
                files[key] = None
            elif key not in folders and key not in self._failed:
                try:
                    tree = read(info)
                except PadaukError as error:
                    self._failed[key] = error
                    continue
                below = _keys(tree.md5s, legacy=info.legacy)
                folders[key] = frozenset(below)
                files.update(dict.fromkeys(below))
        return folders, files

    def send(
        self, keys: Sequence[str], work: Callable[[str, Advance], int], total: int | None = None
    ) -> None:
        """Do ``work`` to each; it answers the number of bytes. With ``total`` progress is told in bytes."""

        def one(key: str) -> None:
            try:
                size = work(key, by_bytes)
            except PadaukError as error:
                with self._guard:
                    self._failed[key] = error
            else:
                with self._guard:
                    self._transferred.append(key)
                    self._bytes += size
            if not total:
                advance(1)

        if keys:
            unit: Unit = "bytes" if total else "objects"
            with self._reporter.task(self._label, total or len(keys), unit) as progress:
                advance = progress.advance
                by_bytes: Advance = advance if total else _nothing
                for_each(one, keys, self._jobs)

    def send_folders(
        self, folders: Mapping[str, frozenset[str]], work: Callable[[str, Advance], int]
    ) -> None:
        """Do ``work`` to the listings of which no file has failed."""
        ready = []
        for key, below in folders.items():
            bad = below & self._failed.keys()
            if bad:
                self._failed[key] = ObjectMissingError(
                    f"{len(bad)} of {len(below)} files of {_info_of(key).value} did not go over"
                )
            else:
                ready.append(key)
        self.send(ready, work)

    def result(self) -> TransferResult:
        failed = tuple((_info_of(key), error) for key, error in self._failed.items())
        return TransferResult(tuple(map(_info_of, self._transferred)), failed, self._bytes)


def _keys(md5s: Iterable[str], *, legacy: bool) -> list[str]:
    start = "" if legacy else _PRESENT
    return [f"{start}{md5[:2]}/{md5[2:]}" for md5 in md5s]


def _info_of(key: str) -> HashInfo:
    if key.startswith(_PRESENT):
        return HashInfo(key[10:12] + key[13:])
    return HashInfo(key[:2] + key[3:], legacy=True)


def _in_cache(cache: Odb, keys: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for legacy in (False, True):
        values = [key for key in keys if key.startswith(_PRESENT) is not legacy]
        if values:
            cut = 0 if legacy else len(_PRESENT)
            there = cache.exists_many({key[cut : cut + 2] + key[cut + 3 :] for key in values}, legacy=legacy)
            found.update(_keys(there, legacy=legacy))
    return found


def _read(store: Store, info: HashInfo) -> bytes:
    content = store.read(key_of(info))
    if md5_hex(content) != info.value.removesuffix(".dir"):
        raise _damaged(info, store)
    return content


def _sizes(cache: Odb, keys: Sequence[str]) -> int:
    total = 0
    for key in keys:
        with contextlib.suppress(OSError):
            total += os.stat(f"{cache.path}/{key}").st_size
    return total


def _nothing(amount: int) -> None:
    """Progress that nobody asked for."""


def _upload(key: str, cache: Odb, store: Store, advance: Advance) -> int:
    info = _info_of(key)
    path = cache.path_of(info)
    plain = info.is_dir or not info.legacy
    try:
        small = read_small(path) if plain else None
        if small is not None:
            data, hashed = small
            if hashed.md5 == info.value.removesuffix(".dir"):
                point("objects.push.upload")
                store.write(key, data)
                advance(len(data))
                return len(data)
        else:
            found = os.stat(path)
            if plain and cache.is_whole(info, found):
                point("objects.push.upload")
                return store.put_file(key, path, advance=advance)
            size = _upload_large(info, path, store, advance)
            if size is not None:
                cache.note_whole(info, found)
                return size
    except (NotFoundError, FileNotFoundError):
        if os.path.lexists(path):
            raise
        raise ObjectMissingError(f"{info.value} is not in the cache", hint="add or fetch it first") from None
    cache.drop(info)
    raise CorruptError(
        f"the cache's copy of {info.value} was damaged and has been removed", hint="add or fetch it again"
    )


def _upload_large(info: HashInfo, path: str, store: Store, advance: Advance) -> int | None:
    """Send a file while it is hashed; ``None``: it is damaged, and was not published."""
    hasher = new_md5(legacy=info.legacy and not info.is_dir)
    with open_to_read(path) as file, store.upload() as upload:
        with behind(upload.write) as write:
            size = feed(file, hasher, write, advance)
        if hasher.hexdigest() != info.value.removesuffix(".dir"):
            return None
        point("objects.push.upload")
        upload.commit(key_of(info))
    return size


def _download(key: str, cache: Odb, store: Store, advance: Advance) -> int:
    info = _info_of(key)
    hasher = new_md5(legacy=info.legacy)
    pieces = iter(store.stream(key))
    first = next(pieces, b"")
    hasher.update(first)
    second = next(pieces, b"")
    if not second:
        if hasher.hexdigest() != info.value:
            raise _damaged(info, store)
        point("objects.fetch.download")
        cache.put_bytes(info, first)
        advance(len(first))
        return len(first)
    temporary = cache.temporary()
    size = len(first)
    advance(size)
    with cache.writing(temporary) as append, behind(append) as write:
        write(first)
        piece = second
        while piece:
            write(piece)
            hasher.update(piece)
            size += len(piece)
            advance(len(piece))
            piece = next(pieces, b"")
    if hasher.hexdigest() != info.value:
        os.unlink(temporary)
        raise _damaged(info, store)
    point("objects.fetch.download")
    cache.publish(temporary, info)
    cache.note_whole(info)
    return size


def _damaged(info: HashInfo, store: Store) -> CorruptError:
    return CorruptError(
        f"the bytes of {info.value} in {store.url} are damaged", hint="push it again from a cache that has it"
    )
