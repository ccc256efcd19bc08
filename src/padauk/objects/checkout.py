"""Make the workspace hold what a hash names, with as little change as possible.

:func:`plan_checkout` looks and decides, :meth:`CheckoutPlan.execute` does it. Bytes that no cache holds are
never overwritten or removed unless asked to.
"""

from __future__ import annotations

import contextlib
import os
import stat as statlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import ConflictError, CorruptError, DirtyWorkspaceError, ObjectMissingError
from padauk.core.events import SILENT
from padauk.core.points import point
from padauk.objects.build import build
from padauk.objects.jobs import for_each
from padauk.objects.links import DEFAULT_LINKS
from padauk.objects.relink import Linker
from padauk.objects.state import NoState
from padauk.storage.failures import explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.core.events import Reporter
    from padauk.objects.info import HashInfo
    from padauk.objects.links import LinkType
    from padauk.objects.odb import Odb
    from padauk.objects.state import StateRow
    from padauk.objects.tree import Tree
    from padauk.objects.walk import Ignore

_NAMED = 3
_BROKEN_LINK = "broken link"
"""Stands where an md5 would: no cache holds it, so it is replaced only by force."""


@dataclass(frozen=True)
class CheckoutResult:
    """What was done. Paths are relative to the output; the output itself is ``""``.

    Attributes:
        added: written where nothing was.
        modified: written over other bytes, or linked anew.
        deleted: removed.
        missing: not written, because the cache does not hold the bytes.
        corrupt: not written, because the cache held other bytes (which it no longer does).
    """

    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    corrupt: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckoutPlan:
    """What a checkout would do. Paths are relative to ``path``, the output itself is ``""``.

    Attributes:
        path: absolute path of the output.
        info: what it shall hold; ``None``: nothing.
        added: to be written where nothing is: ``(path, md5)``.
        modified: to be written over other bytes.
        removed: to be removed.
        kept: number of files that already are right.
        dirty: those of ``modified`` and ``removed`` whose present bytes no cache holds.
        relinked: right, but not linked as wanted (only when planned with ``relink``).
        executable: the file's executable bits are to be set.
    """

    path: str
    info: HashInfo | None
    added: tuple[tuple[str, str], ...] = ()
    modified: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0
    dirty: tuple[str, ...] = ()
    relinked: tuple[tuple[str, str], ...] = ()
    executable: bool = False
    _cache: Odb = field(repr=False, kw_only=True)
    _state: NoState = field(repr=False, kw_only=True)
    _links: tuple[LinkType, ...] = field(repr=False, kw_only=True, default=DEFAULT_LINKS)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.added or self.modified or self.removed or self.relinked or self._shape_differs())

    def summary(self) -> str:
        """One line: how many of each."""
        parts = [
            f"{len(files)} {word}"
            for files, word in (
                (self.added, "to write"),
                (self.modified, "to replace"),
                (self.removed, "to remove"),
                (self.relinked, "to link anew"),
            )
            if files
        ]
        return f"{self.path}: {', '.join(parts) if parts else 'nothing to do'}"

    def to_json(self) -> dict[str, Any]:
        """The plan in JSON types."""
        return {
            "path": self.path,
            "md5": self.info.value if self.info else None,
            "added": [name for name, _ in self.added],
            "modified": [name for name, _ in self.modified],
            "removed": list(self.removed),
            "relinked": [name for name, _ in self.relinked],
            "kept": self.kept,
            "dirty": list(self.dirty),
        }

    def refuse_if_dirty(self) -> None:
        """Raise :class:`DirtyWorkspaceError` that names what would be lost, if anything would."""
        if self.dirty:
            names = [os.path.join(self.path, name) if name else self.path for name in self.dirty]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            raise DirtyWorkspaceError(
                f"would overwrite what is not in the cache: {', '.join(names[:_NAMED])}{more}",
                hint="keep it with 'padauk commit', or give it up with --force",
            )

    def execute(
        self,
        *,
        force: bool = False,
        links: tuple[LinkType, ...] | None = None,
        partial: bool = False,
        reporter: Reporter = SILENT,
    ) -> CheckoutResult:
        """Do it. What is right already is not touched; interrupted, the same call again finishes.

        Args:
            force: also overwrite and remove what no cache holds.
            links: link types in order of preference; as planned when not given.
            partial: tell of missing and damaged objects in the result instead of raising after the rest.
            reporter: hears of the progress, in bytes where all is written, else in files.

        Raises:
            DirtyWorkspaceError: bytes would be lost; nothing was changed.
            ObjectMissingError: some objects are not in the cache; all others were written.
            CorruptError: some objects were damaged (and dropped); all others were written.
        """
        if not force:
            self.refuse_if_dirty()
        return _Execution(self, links or self._links, reporter).run(partial=partial)

    def _shape_differs(self) -> bool:
        """Whether a folder without files is to be made, or to be removed."""
        wanted = self.info is not None and self.info.is_dir
        there = os.path.isdir(self.path)
        return (wanted and not there) or (self.info is None and there)


def plan_checkout(
    path: str,
    info: HashInfo | None,
    cache: Odb,
    *,
    state: NoState | None = None,
    ignore: Ignore | None = None,
    links: tuple[LinkType, ...] = DEFAULT_LINKS,
    relink: bool = False,
    executable: bool = False,
    tree: Tree | None = None,
    reporter: Reporter = SILENT,
) -> CheckoutPlan:
    """What to do so that the absolute ``path`` holds ``info``.

    Args:
        path: where.
        info: what; ``None``: nothing, what is there is to be removed.
        cache: where its objects are, or should be.
        state: what is known of workspace files.
        ignore: names in a folder that are none of our business; they are neither counted nor removed.
        links: link types in order of preference.
        relink: also plan for files that are right, but not linked by the first of ``links`` that works.
        executable: set the executable bits (of a file).
        tree: the listing of ``info``, where the cache need not hold it: part of a tracked folder.
        reporter: hears of the hashing of what is there.

    Raises:
        ObjectMissingError: the listing of a folder is not in the cache.
        CorruptError: the listing was damaged (and is dropped).
    """
    state = state or NoState()
    legacy = info.legacy if info else False
    wanted = tree.by_path if tree is not None else _wanted(info, cache)
    present = _present(path, state, ignore, legacy=legacy, reporter=reporter)
    added = []
    modified = []
    same = []
    get = present.get
    for name, md5 in wanted.items():
        old = get(name)
        if old is None:
            added.append((name, md5))
        elif old == md5:
            same.append((name, md5))
        else:
            modified.append((name, md5))
    removed = sorted(present.keys() - wanted.keys())
    at_stake = {name: present[name] for name in removed}
    at_stake.update((name, present[name]) for name, _ in modified)
    dirty: list[str] = []
    if at_stake:
        safe = cache.exists_many(set(at_stake.values()) - {_BROKEN_LINK}, legacy=legacy)
        dirty = sorted(name for name, md5 in at_stake.items() if md5 not in safe)
    relinked: list[tuple[str, str]] = []
    if executable and same:
        relinked = [] if os.access(path, os.X_OK) else same
    elif relink and same:
        linker = Linker(cache, path, links, legacy=legacy)
        relinked = [(name, md5) for name, md5 in same if not linker.fits(md5, _join(path, name))]
        linker.close()
    return CheckoutPlan(
        path,
        info,
        tuple(added),
        tuple(modified),
        tuple(removed),
        len(same),
        tuple(dirty),
        tuple(relinked),
        executable,
        _cache=cache,
        _state=state,
        _links=links,
    )


def _wanted(info: HashInfo | None, cache: Odb) -> dict[str, str]:
    if info is None:
        return {}
    if info.is_dir:
        return cache.read_tree(info).by_path
    return {"": info.value}


def _present(
    path: str, state: NoState, ignore: Ignore | None, *, legacy: bool, reporter: Reporter
) -> dict[str, str]:
    if not os.path.lexists(path):
        return {}
    if os.path.islink(path) and not os.path.exists(path):
        return {"": _BROKEN_LINK}
    built = build(path, state=state, ignore=ignore, legacy=legacy, reporter=reporter)
    return built.tree.by_path if built.tree is not None else {"": built.info.value}


class _Execution:
    """One run of a plan."""

    def __init__(self, plan: CheckoutPlan, links: tuple[LinkType, ...], reporter: Reporter) -> None:
        self._plan = plan
        self._links = links
        self._reporter = reporter
        self._folders: set[str] = set()
        self._rows: list[StateRow] = []
        self._missing: list[str] = []
        self._corrupt: list[str] = []

    def run(self, *, partial: bool) -> CheckoutResult:
        plan = self._plan
        self._remove(plan.removed)
        point("objects.checkout.removed")
        if plan.info is not None and plan.info.is_dir:
            self._folder(plan.path)
        files = [*plan.added, *plan.modified, *plan.relinked]
        if files:
            self._place(files)
        bad = {*self._missing, *self._corrupt}
        result = CheckoutResult(
            tuple(name for name, _ in plan.added if name not in bad),
            tuple(name for name, _ in (*plan.modified, *plan.relinked) if name not in bad),
            plan.removed,
            tuple(sorted(self._missing)),
            tuple(sorted(self._corrupt)),
        )
        if not partial:
            self._complain(result)
        return result

    def _place(self, files: Sequence[tuple[str, str]]) -> None:
        plan = self._plan
        legacy = plan.info.legacy if plan.info else False
        for folder in {os.path.dirname(_join(plan.path, name)) for name, _ in files}:
            self._folder(folder)
        linker = Linker(plan._cache, plan.path, self._links, legacy=legacy)

        size = plan.info.size if plan.info and len(files) == (plan.info.nfiles or 1) else None

        def one(file: tuple[str, str]) -> None:
            name, md5 = file
            target = _join(plan.path, name)
            try:
                row = linker.place(md5, target, executable=plan.executable, advance=advance if size else None)
                self._rows.append(row)
            except ObjectMissingError:
                self._missing.append(name)
            except CorruptError:
                self._corrupt.append(name)
            if not size:
                advance(1)

        with self._reporter.task(
            "Checking out", size or len(files), "bytes" if size else "files"
        ) as progress:
            advance = progress.advance
            try:
                for_each(one, files)
            finally:
                linker.close()
                plan._state.save_fresh(self._rows, legacy=legacy)

    def _remove(self, names: Iterable[str]) -> None:
        path = self._plan.path
        emptied = set()
        for name in names:
            target = _join(path, name)
            try:
                os.unlink(target)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise explain(error, "remove", target) from error
            if name:
                emptied.add(os.path.dirname(target))
        stays = self._plan.info is not None and self._plan.info.is_dir
        if not stays and os.path.isdir(path) and not os.path.islink(path):
            self._prune(path)
            return
        for folder in sorted(emptied, key=len, reverse=True):
            while folder != path:
                try:
                    os.rmdir(folder)
                except OSError:
                    break
                folder = os.path.dirname(folder)

    def _prune(self, path: str) -> None:
        """Remove a folder that is no longer wanted, but nothing in it that is not ours."""
        for folder, _, _ in os.walk(path, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        if self._plan.info is not None and os.path.isdir(path):
            raise ConflictError(
                f"a folder that is not empty stands where a file is to be: {path!r}",
                hint="it holds ignored files; move them away",
            )

    def _folder(self, path: str) -> None:
        """Make a folder below the output (and those above it), through no link that leads elsewhere."""
        if path in self._folders:
            return
        top = self._plan.path
        if path != top and path.startswith(top + "/"):
            self._folder(os.path.dirname(path))
            try:
                os.mkdir(path)
            except FileExistsError:
                if not statlib.S_ISDIR(os.lstat(path).st_mode):
                    raise ConflictError(
                        f"{path!r} stands where a folder is to be", hint="move it away, and run this again"
                    ) from None
            except OSError as error:
                raise explain(error, "make the folder", path) from error
        else:
            try:
                os.makedirs(path, exist_ok=True)
            except OSError as error:
                raise explain(error, "make the folder", path) from error
        self._folders.add(path)

    def _complain(self, result: CheckoutResult) -> None:
        path = self._plan.path
        if result.corrupt:
            raise CorruptError(
                f"the cache's bytes were damaged for {_names(path, result.corrupt)}; they have been removed",
                hint="fetch or pull again",
            )
        if result.missing:
            raise ObjectMissingError(
                f"not in the cache: {_names(path, result.missing)}",
                hint="fetch or pull from a remote that has it",
            )


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if name else path


def _names(path: str, names: Sequence[str]) -> str:
    shown = ", ".join(repr(_join(path, name)) for name in names[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
