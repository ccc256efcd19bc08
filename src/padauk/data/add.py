"""Track files and folders: their bytes go into the cache, a ``.dvc`` file says which they are."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk.core.errors import AlreadyExistsError, ConflictError, InputError, NotFoundError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.data import dvcfile
from padauk.data.dvcfile import DvcFile
from padauk.data.sync import opened
from padauk.objects import HashInfo, Odb, Tree, build, plan_checkout, store, transfer
from padauk.repo import Output, gitignore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.core.events import Reporter
    from padauk.objects import Built
    from padauk.repo import Repo


@dataclass
class Added:
    """What ``add`` did.

    Attributes:
        outs: the outputs as they are recorded now, in the order of the targets.
        changed: files for git to know of: ``.dvc`` files and ``.gitignore``, absolute, those that changed.
        fresh: paths that were not tracked before.
    """

    outs: list[Output] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)


@dataclass
class _Target:
    path: str
    owner: Output | None  # the output that holds it already, itself or a folder above


def add(
    repo: Repo,
    paths: Sequence[str],
    outs: Sequence[Output],
    *,
    commit: bool = True,
    relink: bool = True,
    reporter: Reporter = SILENT,
) -> Added:
    """Track ``paths`` (absolute), or record what they hold now.

    A path inside a tracked folder renews that part of the folder. Bytes are in the cache before the
    ``.gitignore`` line and the ``.dvc`` file are written, so an interrupted call is finished by the same
    call again.

    Args:
        repo: whose.
        paths: files and folders.
        outs: all that is tracked already, also by stages.
        commit: put bytes into the cache; else only record the hashes.
        relink: link workspace files to the cache where links are configured.
        reporter: hears of long work.

    Raises:
        NotFoundError: nothing is at a path.
        InputError: a path cannot be tracked.
        ConflictError: it overlaps with what is tracked already, or git tracks it.
    """
    targets = _check(repo, paths, outs)
    repo.path_locks.check(write=paths)
    done = Added(fresh={target.path for target in targets if target.owner is None})
    with reporter.task("Adding", len(targets), "files") as progress:
        for target in targets:
            if target.owner is not None and target.owner.path != target.path:
                out = _renew_part(repo, target.owner, target.path, commit=commit, reporter=reporter)
                for later in targets:  # the next part of the same folder builds on this one
                    if later.owner is not None and later.owner.path == out.path:
                        later.owner = out
            else:
                built = _take(repo, target.path, commit=commit, relink=relink, reporter=reporter)
                out = _output(repo, target, built)
            done.outs.append(out)
            progress.advance()
    point("data.add.stored")
    done.changed = gitignore.add(repo.scm, [out.path for out in done.outs])
    point("data.add.ignored")
    for out in done.outs:
        file = _record(repo, out)
        if dvcfile.write(file):
            done.changed.append(file.path)
        point("data.add.recorded")
    return done


def _check(repo: Repo, paths: Sequence[str], outs: Sequence[Output]) -> list[_Target]:
    by_path = {out.path: out for out in outs}
    folders = {above for out in outs for above in _above(out.path, repo.root)}
    targets = []
    new: set[str] = set()
    for path in paths:
        owner = by_path.get(path)
        if owner is None:
            owner = next((by_path[above] for above in _above(path, repo.root) if above in by_path), None)
        _can_track(repo, path, owner)
        if owner is None and path in folders:
            below = next(out for out in outs if out.path.startswith(path + "/"))
            raise ConflictError(
                f"{repo.rel(path)} holds {repo.rel(below.path)}, which is tracked already by {below.source}",
                hint=f"remove {below.source} first, or add other paths",
            )
        if path not in new:
            targets.append(_Target(path, owner))
            new.add(path)
    for path in new:
        twice = next(
            (above for above in _above(path, repo.root) if above in new and by_path.get(above) is None), None
        )
        if twice is not None:
            raise ConflictError(
                f"{repo.rel(path)} is inside {repo.rel(twice)}: add one of them", hint="the folder holds it"
            )
    if repo.scm is not None:
        tracked = sorted(repo.scm.tracked(target.path for target in targets if target.owner is None))
        if tracked:
            names = " ".join(f"'{os.path.relpath(path)}'" for path in tracked[:3])
            more = f" and {len(tracked) - 3} more" if len(tracked) > 3 else ""
            raise ConflictError(
                f"git tracks {names}{more}", hint=f"git rm -r --cached {names}, then add again"
            )
    return targets


def _can_track(repo: Repo, path: str, owner: Output | None) -> None:
    name = os.path.relpath(path)
    if path == repo.root or not repo.holds(path):
        raise InputError(f"{name} is not a path inside the repository ({repo.root})")
    if path.endswith(dvcfile.SUFFIX) or os.path.basename(path) in ("dvc.yaml", "dvc.lock"):
        raise InputError(f"{name} declares data, it cannot be data itself", hint="add what it names instead")
    if "\n" in path or "\r" in path:
        raise InputError(f"{name!r} has a line break in its name, which .gitignore cannot hold")
    if path.startswith(repo.dvc_dir + "/") or "/.git/" in path + "/":
        raise InputError(f"{name} belongs to the repository itself")
    if not os.path.lexists(path) and not (owner is not None and owner.path != path):
        raise NotFoundError(f"{name} does not exist")
    if repo.ignore.hides(path):
        raise InputError(f"{name} is hidden by .dvcignore", hint="take its rule out of .dvcignore")
    above = os.path.dirname(path)
    while above != repo.root and repo.holds(above):
        if os.path.islink(above):
            raise InputError(
                f"{name} is below a link, {os.path.relpath(above)}", hint="add it where it really is"
            )
        above = os.path.dirname(above)
    if os.path.islink(path) and os.path.isdir(path):
        raise InputError(f"{name} is a link to a folder", hint="add the folder itself")
    if owner is None:
        return
    if not owner.source.endswith(dvcfile.SUFFIX):
        raise ConflictError(
            f"{name} is an output of the stage {owner.source}",
            hint="'padauk repro' makes it; 'padauk commit' records it as it is",
        )
    if owner.path != path and owner.info is not None and not owner.info.is_dir:
        raise ConflictError(f"{name} is inside {repo.rel(owner.path)}, which is tracked as a file")


def _above(path: str, root: str) -> list[str]:
    """The folders above ``path``, the nearest first, below ``root``."""
    found = []
    above = os.path.dirname(path)
    while len(above) > len(root):
        found.append(above)
        above = os.path.dirname(above)
    return found


def _take(repo: Repo, path: str, *, commit: bool, relink: bool, reporter: Reporter) -> Built:
    if not commit:
        return build(path, state=repo.state, ignore=repo.ignore, reporter=reporter)
    return store(
        path,
        repo.cache,
        state=repo.state,
        links=repo.links if relink else None,
        ignore=repo.ignore,
        reporter=reporter,
    )


def _output(repo: Repo, target: _Target, built: Built) -> Output:
    isexec = built.tree is None and bool(os.stat(target.path).st_mode & 0o100)
    if target.owner is not None:
        return target.owner.with_info(built.info, isexec=isexec)
    name = os.path.basename(target.path)
    return Output(
        path=target.path,
        info=built.info,
        declared=name,
        source=repo.rel(target.path) + dvcfile.SUFFIX,
        isexec=isexec,
    )


def _renew_part(repo: Repo, owner: Output, path: str, *, commit: bool, reporter: Reporter) -> Output:
    """Record what a path inside the tracked folder ``owner`` holds now; gone is recorded too."""
    inside = os.path.relpath(path, owner.path)
    old = repo.cache.read_tree(owner.info) if owner.info is not None else Tree.of([])
    kept = {
        name: md5 for name, md5 in old.by_path.items() if name != inside and not name.startswith(inside + "/")
    }
    fresh: dict[str, str] = {}
    size: int | None = None
    if os.path.lexists(path):
        built = _take(repo, path, commit=commit, relink=True, reporter=reporter)
        size = built.info.size
        if built.tree is None:
            fresh[inside] = built.info.value
        else:
            fresh = {f"{inside}/{name}": md5 for name, md5 in built.tree.by_path.items()}
    elif len(kept) == len(old.paths):
        raise NotFoundError(f"{os.path.relpath(path)} does not exist, and {owner.source} knows nothing of it")
    names = sorted(kept | fresh)
    both = kept | fresh
    tree = Tree(names, [both[name] for name in names])
    known = owner.info.size if owner.info is not None else None
    if tree.info.same(owner.info):
        total = known
    elif len(kept) == len(old.paths) and known is not None and size is not None and fresh:
        total = known + size  # only new files: as DVC, sizes are not looked up for the others
    else:
        total = None
    info = HashInfo(tree.info.value, total, len(names))
    if commit:
        repo.cache.write_tree(tree)
    return owner.with_info(info)


def _record(repo: Repo, out: Output) -> DvcFile:
    path = os.path.join(repo.root, out.source)
    try:
        file = dvcfile.read(repo, path)
    except FileNotFoundError:
        return DvcFile(path, (out,), os.path.dirname(path))
    outs = [out if one.path == out.path else one for one in file.outs]
    if out not in outs:
        raise AlreadyExistsError(
            f"{out.source} exists and declares {', '.join(one.declared for one in file.outs) or 'nothing'}",
            hint="remove or rename it first",
        )
    return file.with_outs(outs)


def add_from(
    repo: Repo,
    source: str,
    target: str,
    outs: Sequence[Output],
    *,
    force: bool = False,
    remote: str | None = None,
    to_remote: bool = False,
    jobs: int | None = None,
    reporter: Reporter = SILENT,
) -> Added:
    """Track the bytes at ``source``, which may lie anywhere, as ``target`` (both absolute).

    They are checked out at ``target``, or with ``to_remote`` sent to a remote and to nowhere else.

    Raises:
        AlreadyExistsError: something is at ``target``, and not ``force``.
        others: as :func:`add`.
    """
    if not os.path.lexists(source):
        raise NotFoundError(f"{os.path.relpath(source)} does not exist")
    if os.path.lexists(target) and not force and not (to_remote and source == target):
        raise AlreadyExistsError(f"{os.path.relpath(target)} exists already", hint="-f replaces it")
    owner = next((out for out in outs if out.path == target), None)
    above = set(_above(target, repo.root))
    holder = next((out for out in outs if out.path in above), None)
    if holder is not None:
        raise ConflictError(
            f"{os.path.relpath(target)} is inside {os.path.relpath(holder.path)}, which is tracked already",
            hint=f"copy it there, then 'padauk add {os.path.relpath(holder.path)}'",
        )
    if os.path.lexists(target) or owner is not None:
        (entry,) = _check(repo, [target], outs)
    else:
        entry = _Target(target, None)
    ignore = repo.ignore if repo.holds(source) else None
    if to_remote:
        place = repo.config.remote(remote)
        with tempfile.TemporaryDirectory(dir=_made(repo.own_dir), prefix="to-remote-") as folder:
            passing = Odb(folder)
            built = store(source, passing, links=None, ignore=ignore, reporter=reporter)
            with opened(place) as there:
                transfer.push(
                    [built.info], passing, there, jobs=jobs or place.jobs, reporter=reporter
                ).raise_for_failed()
    else:
        built = store(source, repo.cache, state=repo.state, links=None, ignore=ignore, reporter=reporter)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        plan_checkout(
            target, built.info, repo.cache, state=repo.state, ignore=repo.ignore, links=repo.links
        ).execute(force=force, reporter=reporter)
    out = (
        entry.owner.with_info(built.info)
        if entry.owner
        else Output(
            path=target,
            info=built.info,
            declared=os.path.basename(target),
            source=repo.rel(target) + dvcfile.SUFFIX,
            remote=None,
        )
    )
    done = Added([out], gitignore.add(repo.scm, [target]), {target} if entry.owner is None else set())
    file = _record(repo, out)
    if dvcfile.write(file):
        done.changed.append(file.path)
    return done


def _made(folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    return folder
