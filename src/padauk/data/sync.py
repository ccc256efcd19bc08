"""Between cache and remotes: push and fetch outputs."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk.core.errors import (
    CorruptError,
    NotFoundError,
    ObjectMissingError,
    PadaukError,
    UnsupportedError,
)
from padauk.core.events import SILENT
from padauk.data.dvcfile import IMPORTED
from padauk.objects import HashInfo, transfer
from padauk.storage import LocalStore, open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from padauk.core.events import Reporter
    from padauk.data.selection import Selection
    from padauk.objects import TransferResult
    from padauk.repo import Remote, Repo
    from padauk.storage import Store


@dataclass(frozen=True)
class SyncResult:
    """What a push or fetch did.

    Attributes:
        files: how many objects went over, listings not counted, as DVC counts.
        bytes: how many bytes.
        failed: path of an output (absolute) to what is wrong with it.
        remotes: names of the remotes that were used.
        runs: how many entries of the run cache went over.
    """

    files: int = 0
    bytes: int = 0
    failed: dict[str, PadaukError] = field(default_factory=dict)
    remotes: tuple[str, ...] = ()
    runs: int = 0


@contextmanager
def opened(remote: Remote) -> Iterator[Store]:
    """The store of a remote, closed after."""
    # objects in a folder get the mode that tells DVC, too, that nobody wrote to them since
    local = "://" not in remote.url
    store = LocalStore(remote.url, mode=0o444) if local else open_store(remote.url, remote.options)
    try:
        yield store
    finally:
        store.close()


def by_remote(
    repo: Repo, selections: Iterable[Selection], remote: str | None
) -> list[tuple[Remote, list[Selection]]]:
    """Which remote each selection belongs to: its own, else ``remote``, else the default one.

    Selections that name another remote than the ``remote`` asked for are left out, as DVC does.

    Raises:
        NotFoundError: no such remote, or none is given and there is no default.
    """
    groups: dict[str | None, list[Selection]] = {}
    asked = remote.lower() if remote else None
    for selection in selections:
        own = selection.out.remote.lower() if selection.out.remote else None
        if selection.out.cache and (asked is None or own in (None, asked)):
            groups.setdefault(own or asked, []).append(selection)
    if not groups and asked:
        repo.config.remote(asked)  # complain of a name that is none, even with nothing to do
    return [(repo.config.remote(name), group) for name, group in groups.items()]


def push(
    repo: Repo,
    selections: Sequence[Selection],
    *,
    remote: str | None = None,
    jobs: int | None = None,
    reporter: Reporter = SILENT,
) -> SyncResult:
    """Send what the selections record to their remotes; what fails is collected, the rest goes on."""
    return _each(
        repo,
        [selection for selection in selections if selection.out.push and not imported(selection)],
        remote,
        jobs,
        reporter,
        fetching=False,
    )


def fetch(
    repo: Repo,
    selections: Sequence[Selection],
    *,
    remote: str | None = None,
    jobs: int | None = None,
    reporter: Reporter = SILENT,
) -> SyncResult:
    """Bring what the selections record into the cache; what fails is collected, the rest goes on."""
    return _each(repo, selections, remote, jobs, reporter, fetching=True)


def _each(
    repo: Repo,
    selections: Sequence[Selection],
    remote: str | None,
    jobs: int | None,
    reporter: Reporter,
    *,
    fetching: bool,
) -> SyncResult:
    files = size = 0
    failed: dict[str, PadaukError] = {}
    if fetching:
        selections = [one for one in selections if not _here(repo, one)]
        failed = {
            one.path: UnsupportedError(
                f"its data is kept by {one.out.extra[IMPORTED]}, and padauk cannot fetch imports yet",
                hint="'dvc pull' brings them",
            )
            for one in selections
            if imported(one)
        }
        selections = [one for one in selections if not imported(one)]
    groups = by_remote(repo, selections, remote)
    for place, group in groups:
        with opened(place) as store:
            count = jobs or place.jobs
            if fetching:
                listings = [one.out.info for one in group if one.inside and one.out.info]
                fetch_listings(repo, listings, store, reporter=reporter)
            infos, owners, wrong = _infos(repo, group)
            failed |= wrong
            work = transfer.fetch if fetching else transfer.push
            result = work(infos, repo.cache, store, jobs=count, reporter=reporter)
            files += sum(not info.is_dir for info in result.transferred)
            size += result.bytes
            if (
                fetching
            ):  # a listing whose files are not all there did not come: checkout needs it for the rest
                broken = [info for info, _ in result.failed if info.is_dir]
                fetch_listings(repo, broken, store, reporter=reporter)
            failed |= _blame(repo, result, owners)
    return SyncResult(files, size, failed, tuple(place.name for place, _ in groups))


def imported(selection: Selection) -> bool:
    """Whether the data is another repository's: it keeps it, our remotes do not."""
    return IMPORTED in selection.out.extra


def _here(repo: Repo, selection: Selection) -> bool:
    """Whether the cache holds all of a selection, so that no remote needs to be asked."""
    info = selection.out.info
    if info is None:
        return True
    if not repo.cache.exists(info):
        return False
    if not info.is_dir:
        return True
    try:
        wanted = {md5 for _, md5 in selection.files(repo.cache.read_tree(info))}
    except (CorruptError, ObjectMissingError):
        return False
    return len(repo.cache.exists_many(wanted, legacy=info.legacy)) == len(wanted)


def _infos(
    repo: Repo, group: Sequence[Selection]
) -> tuple[list[HashInfo], dict[str, list[str]], dict[str, PadaukError]]:
    infos: list[HashInfo] = []
    owners: dict[str, list[str]] = {}
    wrong: dict[str, PadaukError] = {}
    for selection in group:
        info = selection.out.info
        if info is None:
            continue
        if not selection.inside:
            infos.append(info)
            owners.setdefault(info.value, []).append(selection.path)
            continue
        try:
            tree = repo.cache.read_tree(info)
        except PadaukError as error:
            wrong[selection.path] = error
            continue
        for path, md5 in selection.files(tree):
            infos.append(HashInfo(md5, legacy=info.legacy))
            owners.setdefault(md5, []).append(f"{selection.out.path}/{path}")
    return infos, owners, wrong


def _blame(repo: Repo, result: TransferResult, owners: dict[str, list[str]]) -> dict[str, PadaukError]:
    """Failures by the paths that a person knows, rather than by hash."""
    failed: dict[str, PadaukError] = {}
    errors = {info.value: error for info, error in result.failed}
    left = dict(errors)
    for value in [value for value in errors if value in owners]:
        left.pop(value)
        paths = owners[value]
        if not value.endswith(".dir"):
            failed.update(dict.fromkeys(paths, errors[value]))
            continue
        try:
            tree = repo.cache.read_tree(HashInfo(value))
        except PadaukError:
            failed.update(dict.fromkeys(paths, errors[value]))
            continue
        inside = {path: errors[md5] for path, md5 in zip(tree.paths, tree.md5s, strict=True) if md5 in errors}
        for md5 in tree.md5s:
            left.pop(md5, None)
        for folder in paths:
            failed.update({f"{folder}/{path}": error for path, error in inside.items()})
            if not inside:
                failed[folder] = errors[value]
    failed.update(left)
    return failed


def fetch_listings(
    repo: Repo, infos: Iterable[HashInfo], store: Store, *, reporter: Reporter = SILENT
) -> None:
    """Bring listings of folders, but nothing of what they list, into the cache, where the store has them."""
    for info in dict.fromkeys(infos):
        if info.is_dir and not repo.cache.exists(info):
            try:
                content = store.read(transfer.key_of(info))
            except NotFoundError:
                continue
            keep_listing(repo, info, content)


def keep_listing(repo: Repo, info: HashInfo, content: bytes) -> None:
    """Put a listing that came from elsewhere into the cache, if its bytes are what its name says.

    Raises:
        CorruptError: they are not.
    """
    import hashlib

    if hashlib.md5(content, usedforsecurity=False).hexdigest() != info.value.removesuffix(".dir"):
        raise CorruptError(
            f"the listing {info.value} in the remote is damaged", hint="push it again from where it is whole"
        )
    repo.cache.put_bytes(info, content)


def summary(failed: dict[str, PadaukError]) -> str:
    """``3 missing, 1 damaged``: the kinds of failures."""
    words = {ObjectMissingError: "missing", NotFoundError: "missing", CorruptError: "damaged"}
    kinds = Counter(words.get(type(error), "failed") for error in failed.values())
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())
