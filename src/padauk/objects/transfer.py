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

from padauk.core.errors import CorruptError, ObjectMissingError, PadaukError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.objects.hashing import md5_hex, new_md5
from padauk.objects.info import HashInfo
from padauk.objects.jobs import for_each
from padauk.objects.tree import Tree
from padauk.storage.base import CHUNK
from padauk.storage.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from padauk.core.events import Reporter
    from padauk.objects.odb import Odb
    from padauk.storage.base import Store

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
        reporter: hears of the progress, in objects.
    """
    run = _Run(jobs or store.traits.connections, reporter, "Pushing")
    folders, files = run.expand(infos, lambda info: cache.read_tree(info))
    wanted = [*files.values(), *(folder.info for folder in folders)]
    there = _in_store(store, wanted)
    run.send(
        [info for info in files.values() if key_of(info) not in there],
        lambda info: _upload(info, cache, store),
    )
    point("objects.push.files")
    ready = [folder for folder in folders if key_of(folder.info) not in there]
    run.send_folders(ready, lambda info: _upload(info, cache, store))
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
    run = _Run(jobs or store.traits.connections, reporter, "Fetching")
    data: dict[HashInfo, bytes] = {}

    def tree_of(info: HashInfo) -> Tree:
        if cache.exists(info):
            with contextlib.suppress(CorruptError, ObjectMissingError):
                return cache.read_tree(info)
        content = _read(store, info)
        data[info] = content
        return Tree.from_bytes(content, legacy=info.legacy)

    folders, files = run.expand(infos, tree_of)
    there = _in_cache(cache, files.values())
    run.send(
        [info for info in files.values() if info not in there], lambda info: _download(info, cache, store)
    )
    point("objects.fetch.files")

    def keep(info: HashInfo) -> int:
        cache.put_bytes(info, data[info])
        return len(data[info])

    run.send_folders([folder for folder in folders if folder.info in data], keep)
    return run.result()


def status(infos: Iterable[HashInfo], cache: Odb, store: Store) -> StoreStatus:
    """Which of the objects (of folders whose listing is in the cache: their files too) are where.

    A folder whose listing is in the store only counts as one object.
    """
    wanted: dict[str, HashInfo] = {}
    for info in infos:
        wanted[info.value] = info
        if info.is_dir and cache.exists(info):
            with contextlib.suppress(CorruptError):
                for md5 in cache.read_tree(info).md5s:
                    wanted.setdefault(md5, HashInfo(md5, legacy=info.legacy))
    here = {info.value for info in _in_cache(cache, wanted.values())}
    keys = _in_store(store, wanted.values())
    far = {value for value, info in wanted.items() if key_of(info) in keys}
    return StoreStatus(
        new=frozenset(here - far),
        deleted=frozenset(far - here),
        missing=frozenset(wanted.keys() - here - far),
        ok=frozenset(here & far),
    )


@dataclass(frozen=True)
class _Folder:
    info: HashInfo
    files: frozenset[HashInfo]


class _Run:
    """The bookkeeping of one transfer."""

    def __init__(self, jobs: int, reporter: Reporter, label: str) -> None:
        self._jobs = jobs
        self._reporter = reporter
        self._label = label
        self._guard = threading.Lock()
        self._transferred: list[HashInfo] = []
        self._failed: dict[HashInfo, PadaukError] = {}
        self._bytes = 0

    def expand(
        self, infos: Iterable[HashInfo], read: Callable[[HashInfo], Tree]
    ) -> tuple[list[_Folder], dict[HashInfo, HashInfo]]:
        """The folders among ``infos``, and all files, each once."""
        folders: dict[HashInfo, _Folder] = {}
        files: dict[HashInfo, HashInfo] = {}
        for given in infos:
            info = HashInfo(given.value, legacy=given.legacy)
            if not info.is_dir:
                files[info] = info
            elif info not in folders and info not in self._failed:
                try:
                    tree = read(info)
                except PadaukError as error:
                    self._failed[info] = error
                    continue
                below = frozenset(HashInfo(md5, legacy=info.legacy) for md5 in tree.md5s)
                folders[info] = _Folder(info, below)
                files.update((file, file) for file in below)
        return list(folders.values()), files

    def send(self, infos: Sequence[HashInfo], work: Callable[[HashInfo], int]) -> None:
        """Do ``work`` to each; it answers the number of bytes."""

        def one(info: HashInfo) -> None:
            try:
                size = work(info)
            except PadaukError as error:
                with self._guard:
                    self._failed[info] = error
            else:
                with self._guard:
                    self._transferred.append(info)
                    self._bytes += size
            advance(1)

        if infos:
            with self._reporter.task(self._label, len(infos), "objects") as progress:
                advance = progress.advance
                for_each(one, infos, self._jobs)

    def send_folders(self, folders: Sequence[_Folder], work: Callable[[HashInfo], int]) -> None:
        """Do ``work`` to the listings of which no file has failed."""
        ready = []
        for folder in folders:
            bad = folder.files & self._failed.keys()
            if bad:
                self._failed[folder.info] = ObjectMissingError(
                    f"{len(bad)} of {len(folder.files)} files of {folder.info.value} did not go over"
                )
            else:
                ready.append(folder.info)
        self.send(ready, work)

    def result(self) -> TransferResult:
        return TransferResult(tuple(self._transferred), tuple(self._failed.items()), self._bytes)


def _in_cache(cache: Odb, infos: Iterable[HashInfo]) -> set[HashInfo]:
    infos = list(infos)
    found: set[HashInfo] = set()
    for legacy in (False, True):
        some = [info for info in infos if info.legacy is legacy]
        if some:
            there = cache.exists_many({info.value for info in some}, legacy=legacy)
            found.update(info for info in some if info.value in there)
    return found


def _in_store(store: Store, infos: Iterable[HashInfo]) -> set[str]:
    return store.exists_many([key_of(info) for info in infos])


def _read(store: Store, info: HashInfo) -> bytes:
    content = store.read(key_of(info))
    if md5_hex(content) != info.value.removesuffix(".dir"):
        raise _damaged(info, store)
    return content


def _upload(info: HashInfo, cache: Odb, store: Store) -> int:
    path = cache.path_of(info)
    hasher = new_md5(legacy=info.legacy and not info.is_dir)
    size = 0
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ObjectMissingError(f"{info.value} is not in the cache", hint="add or fetch it first") from None
    except OSError as error:
        raise explain(error, "read", path) from error
    with open(fd, "rb", buffering=0) as file, store.upload() as upload:
        while piece := file.read(CHUNK):
            hasher.update(piece)
            upload.write(piece)
            size += len(piece)
        if hasher.hexdigest() != info.value.removesuffix(".dir"):
            cache.drop(info)
            raise CorruptError(
                f"the cache's copy of {info.value} was damaged and has been removed",
                hint="add or fetch it again",
            )
        point("objects.push.upload")
        upload.commit(key_of(info))
    return size


def _download(info: HashInfo, cache: Odb, store: Store) -> int:
    hasher = new_md5(legacy=info.legacy)
    temporary = cache.temporary()
    size = 0
    pieces = store.stream(key_of(info))
    with cache.writing(temporary) as write:
        for piece in pieces:
            hasher.update(piece)
            write(piece)
            size += len(piece)
    if hasher.hexdigest() != info.value:
        os.unlink(temporary)
        raise _damaged(info, store)
    point("objects.fetch.download")
    cache.publish(temporary, info)
    return size


def _damaged(info: HashInfo, store: Store) -> CorruptError:
    return CorruptError(
        f"the bytes of {info.value} in {store.url} are damaged", hint="push it again from a cache that has it"
    )
