"""Record what the workspace holds now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from padauk.core.errors import NotFoundError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.data import dvcfile
from padauk.objects import build, store
from padauk.repo import gitignore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.core.events import Reporter
    from padauk.repo import Output, Repo


def commit_out(repo: Repo, out: Output, *, relink: bool = True, reporter: Reporter = SILENT) -> Output:
    """Put what ``out`` holds now into the cache (only hash it, for ``cache: false``); returns its record.

    Raises:
        NotFoundError: nothing is there.
    """
    if not os.path.lexists(out.path):
        raise NotFoundError(
            f"{os.path.relpath(out.path)} does not exist", hint="'padauk checkout' brings it back"
        )
    if out.cache:
        built = store(
            out.path,
            repo.cache,
            state=repo.state,
            links=repo.links if relink else None,
            ignore=repo.ignore,
            reporter=reporter,
        )
    else:
        built = build(out.path, state=repo.state, ignore=repo.ignore, reporter=reporter)
    info = built.info
    if out.info is not None and out.info.legacy and _unchanged_legacy(repo, out, reporter):
        return out  # as DVC: an entry of DVC 2 is renewed only when its content changes
    isexec = built.tree is None and bool(os.stat(out.path).st_mode & 0o100)
    return out.with_info(info, isexec=isexec)


def _unchanged_legacy(repo: Repo, out: Output, reporter: Reporter) -> bool:
    now = build(out.path, state=repo.state, ignore=repo.ignore, legacy=True, reporter=reporter)
    return now.info.same(out.info)


def commit_files(
    repo: Repo, outs: Iterable[Output], *, relink: bool = True, reporter: Reporter = SILENT
) -> list[str]:
    """Commit outputs that ``.dvc`` files declare; returns the files that changed (absolute).

    Raises:
        NotFoundError: nothing is at an output.
    """
    outs = list(outs)
    repo.path_locks.check(write=[out.path for out in outs])
    changed: list[str] = []
    by_source: dict[str, list[Output]] = {}
    for out in outs:
        by_source.setdefault(out.source, []).append(out)
    for source, group in by_source.items():
        path = os.path.join(repo.root, source)
        file = dvcfile.read(repo, path)
        fresh = {out.path: commit_out(repo, out, relink=relink, reporter=reporter) for out in group}
        point("data.commit.stored")
        changed += gitignore.add(repo.scm, [out.path for out in fresh.values() if out.cache])
        if dvcfile.write(file.with_outs([fresh.get(out.path, out) for out in file.outs])):
            changed.append(path)
        point("data.commit.recorded")
    return changed
