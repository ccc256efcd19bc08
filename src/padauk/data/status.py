"""Compare the workspace with what is recorded, and the cache with a remote."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import CorruptError, ObjectMissingError
from padauk.core.events import SILENT
from padauk.data.sync import fetch_listings
from padauk.objects import build, transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.core.events import Reporter
    from padauk.data.selection import Selection
    from padauk.objects import Built
    from padauk.repo import Output, Repo
    from padauk.storage import Store

State = Literal["new", "modified", "deleted", "not in cache"]
RemoteState = Literal["new", "deleted", "missing"]


@dataclass(frozen=True)
class Finding:
    """One output that is not as recorded; ``file`` is the absolute path of what declares it."""

    out: Output
    state: State
    file: str


def status(repo: Repo, outs: Iterable[Output], *, reporter: Reporter = SILENT) -> list[Finding]:
    """The outputs that are not as recorded, in the order given. Writes nothing but the state table.

    ``not in cache`` stands before the others, as in DVC: the recorded bytes are not all there.
    """
    found = []
    outs = list(outs)
    with reporter.task("Comparing", len(outs), "files") as progress:
        for out in outs:
            state = state_of(repo, out)
            if state is not None:
                found.append(Finding(out, state, os.path.join(repo.root, out.source)))
            progress.advance()
    return found


def state_of(repo: Repo, out: Output, *, reporter: Reporter = SILENT) -> State | None:
    """How one output differs from what is recorded, or ``None``."""
    built = None
    there = os.path.exists(out.path) and not repo.ignore.hides(out.path)
    if there:
        legacy = out.info.legacy if out.info is not None else False
        built = build(out.path, state=repo.state, ignore=repo.ignore, legacy=legacy, reporter=reporter)
    same = built is not None and out.info is not None and out.info.same(built.info)
    if out.info is not None and out.cache and not _cached(repo, out, built if same else None):
        return "not in cache"
    if not there:
        return "deleted"
    return None if same else "modified"


def _cached(repo: Repo, out: Output, built: Built | None) -> bool:
    """Whether the cache holds all that ``out`` records; ``built`` spares reading the listing."""
    info = out.info
    if info is None or not repo.cache.exists(info):
        return False
    if not info.is_dir:
        return True
    if built is not None and built.tree is not None:
        tree = built.tree
    else:
        try:
            tree = repo.cache.read_tree(info)
        except (ObjectMissingError, CorruptError):
            return False
    wanted = set(tree.md5s)
    return len(repo.cache.exists_many(wanted, legacy=info.legacy)) == len(wanted)


def remote_status(
    repo: Repo, selections: Sequence[Selection], store: Store, *, reporter: Reporter = SILENT
) -> dict[str, RemoteState]:
    """What differs between cache and remote: absolute path to ``new`` (here only), ``deleted`` (there only)
    or ``missing`` (in neither).

    Listings of folders that only the remote has are fetched, for they say which files are meant.
    """
    names: dict[str, list[str]] = {}
    infos = []
    folders = [
        selection.out.info
        for selection in selections
        if selection.out.info is not None
        and selection.out.info.is_dir
        and not repo.cache.exists(selection.out.info)
    ]
    fetch_listings(repo, folders, store, reporter=reporter)
    for selection in selections:
        info = selection.out.info
        if info is None or not selection.out.cache:
            continue
        infos.append(info)
        names.setdefault(info.value, []).append(selection.path)
        if info.is_dir and repo.cache.exists(info):
            for path, md5 in selection.files(repo.cache.read_tree(info)):
                names.setdefault(md5, []).append(f"{selection.out.path}/{path}")
    found = transfer.status(infos, repo.cache, store)
    result: dict[str, RemoteState] = {}
    for state, values in (("deleted", found.deleted), ("new", found.new), ("missing", found.missing)):
        for value in values:
            for name in names.get(value, ()):
                result[name] = state  # type: ignore[assignment]
    return dict(sorted(result.items()))
