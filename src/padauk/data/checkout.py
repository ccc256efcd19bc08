"""Bring recorded versions from the cache into the workspace."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import CorruptError, DirtyWorkspaceError, ObjectMissingError, PadaukError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.data import links
from padauk.objects import HashInfo, plan_checkout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.core.events import Reporter
    from padauk.data.selection import Selection
    from padauk.objects import CheckoutPlan
    from padauk.repo import Output, Repo

Change = Literal["added", "modified", "deleted"]
_SHOWN = 5


@dataclass
class CheckedOut:
    """What a checkout did; paths are absolute, a folder ends in ``/``.

    Attributes:
        changes: output to what happened to it as a whole.
        counts: number of files added, modified, deleted.
        missing: paths whose bytes the cache does not hold, left as they were.
        damaged: paths whose bytes in the cache were not those recorded; the cache has dropped them.
    """

    changes: dict[str, Change] = field(default_factory=dict)
    counts: dict[Change, int] = field(default_factory=lambda: {"added": 0, "modified": 0, "deleted": 0})
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def complain(self, hint: str = "'padauk pull' brings what a remote has") -> None:
        """Raise what is missing or damaged as one error, if anything is."""
        for paths, kind, what in (
            (self.damaged, CorruptError, "damaged in the cache, and dropped from it"),
            (self.missing, ObjectMissingError, "not in the cache"),
        ):
            if paths:
                raise kind(f"{what}: {named(paths)}", hint=hint)


def named(paths: Sequence[str]) -> str:
    """The first few of ``paths`` as a person would write them, and how many more there are."""
    shown = ", ".join(os.path.relpath(path) for path in paths[:_SHOWN])
    return shown + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")


def checkout(
    repo: Repo,
    selections: Iterable[Selection],
    *,
    force: bool = False,
    relink: bool = False,
    everything: Sequence[Output] | None = None,
    reporter: Reporter = SILENT,
) -> CheckedOut:
    """Make the workspace hold what ``selections`` record, with as little change as possible.

    All is planned before anything is touched. What the cache lacks is left as it is and named in the result;
    everything else is done.

    Args:
        repo: whose.
        selections: what.
        force: also give up workspace bytes that the cache does not hold.
        relink: link files anew that are right but not linked as configured.
        everything: all outputs there are: what was checked out once and is none of them is removed.
        reporter: hears of long work.

    Raises:
        DirtyWorkspaceError: workspace bytes would be lost; nothing was changed.
    """
    selections = list(selections)
    done = CheckedOut()
    plans: list[tuple[Selection, CheckoutPlan]] = []
    for selection in selections:
        try:
            plan = _plan(repo, selection, relink=relink, reporter=reporter)
        except ObjectMissingError:
            done.missing.append(selection.path)
        except CorruptError:
            done.damaged.append(selection.path)
        else:
            if plan is not None:
                plans.append((selection, plan))
    stale = [] if everything is None else _stale(repo, everything, reporter=reporter)
    if not force:
        dirty = [
            f"{plan.path}/{name}" if name else plan.path
            for plan in (*(plan for _, plan in plans), *stale)
            for name in plan.dirty
        ]
        if dirty:
            raise DirtyWorkspaceError(
                f"not in the cache, and would be lost: {named(dirty)}",
                hint="keep it with 'padauk commit' (or 'add'), or give it up with --force",
            )
    repo.path_locks.check(write=[plan.path for _, plan in plans if not plan.empty])
    for plan in stale:
        plan.execute(force=force, reporter=reporter)
        _count(done, plan.path, "deleted", deleted=len(plan.removed))
        links.forget(repo, [plan.path])
    touched = []
    for selection, plan in plans:
        if plan.empty:
            touched.append(selection.out.path)
            continue
        _execute(done, selection, plan, force=force, reporter=reporter)
        touched.append(selection.out.path)
        point("data.checkout.one")
    links.remember(repo, touched)
    return done


def _plan(repo: Repo, selection: Selection, *, relink: bool, reporter: Reporter) -> CheckoutPlan | None:
    out = selection.out
    if out.info is None or not out.cache:
        return None
    info: HashInfo = out.info
    tree = None
    if selection.inside:
        whole = repo.cache.read_tree(info)
        selection.files(whole)  # complains of a path that the folder does not hold
        md5 = whole.by_path.get(selection.inside)
        if md5 is not None:
            info = HashInfo(md5, legacy=info.legacy)
        else:
            tree = whole.below(selection.inside)
            info = tree.info
    return plan_checkout(
        selection.path,
        info,
        repo.cache,
        state=repo.state,
        ignore=repo.ignore,
        links=repo.links,
        relink=relink,
        executable=out.isexec and not selection.inside,
        tree=tree,
        reporter=reporter,
    )


def _execute(
    done: CheckedOut, selection: Selection, plan: CheckoutPlan, *, force: bool, reporter: Reporter
) -> None:
    existed = os.path.lexists(selection.out.path)
    result = plan.execute(force=force, partial=True, reporter=reporter)
    added, modified, deleted = len(result.added), len(result.modified), len(result.deleted)
    for names, kind in ((result.missing, done.missing), (result.corrupt, done.damaged)):
        kind += [f"{plan.path}/{name}" if name else plan.path for name in names]
    if added or modified or deleted or not (result.missing or result.corrupt):
        _count(
            done,
            selection.out.path,
            "modified" if existed else "added",
            added=added,
            modified=modified,
            deleted=deleted,
        )


def _count(done: CheckedOut, path: str, change: Change, **counts: int) -> None:
    done.changes[path + "/" if os.path.isdir(path) else path] = change
    for kind, count in counts.items():
        done.counts[kind] += count  # type: ignore[index]


def _stale(repo: Repo, everything: Sequence[Output], *, reporter: Reporter) -> list[CheckoutPlan]:
    """Plans that remove what we once checked out and nothing declares any more, if nobody touched it."""
    known = {out.path for out in everything}
    plans = []
    for path in links.unchanged(repo):
        inside = any(path.startswith(f"{one}/") or one.startswith(f"{path}/") for one in known)
        if path in known or inside:
            continue
        try:
            plan = plan_checkout(
                path, None, repo.cache, state=repo.state, ignore=repo.ignore, reporter=reporter
            )
        except PadaukError:
            continue
        if not plan.empty and not plan.dirty:
            plans.append(plan)
    return plans
