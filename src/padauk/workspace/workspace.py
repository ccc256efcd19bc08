"""The rooms on one repository: outputs of ``.dvc`` files and of pipelines under the same verbs."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from padauk import data
from padauk.core.errors import InputError, NotFoundError
from padauk.core.events import SILENT
from padauk.data import CheckedOut, DataDiff, Selection, SyncResult
from padauk.data import diff as data_diff
from padauk.data.runs import fetch_runs, push_runs
from padauk.data.sync import by_remote, imported, opened
from padauk.pipeline import Stage
from padauk.repo import ConfigDirs, Repo
from padauk.workspace.commit import Commit
from padauk.workspace.history import History, Revisions
from padauk.workspace.index import Index, quick
from padauk.workspace.status import Status, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from padauk.core.events import Reporter
    from padauk.data import Added
    from padauk.data.status import RemoteState
    from padauk.repo import Output
    from padauk.storage import Store


class Workspace:
    """One repository and what can be done with its data.

    Targets are paths as a person types them, relative to the current folder.

    Attributes:
        repo: the repository.
        reporter: hears of long work.
    """

    def __init__(self, repo: Repo, reporter: Reporter = SILENT) -> None:
        self.repo = repo
        self.reporter = reporter

    @classmethod
    def open(
        cls,
        start: str | os.PathLike[str] | None = None,
        *,
        dirs: ConfigDirs | None = None,
        reporter: Reporter = SILENT,
    ) -> Self:
        """The repository that holds the folder ``start`` (default: the current one).

        Raises:
            NotARepositoryError: there is none.
        """
        return cls(Repo.open(start, dirs=dirs), reporter)

    def close(self) -> None:
        """Let go of files and helper processes."""
        self.repo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @functools.cached_property
    def index(self) -> Index:
        """Everything that is declared in the workspace, read on first use."""
        return Index.load(self.repo)

    def refresh(self) -> None:
        """Read the declarations again on next use."""
        self.__dict__.pop("index", None)

    def select(
        self, targets: Sequence[str], *, recursive: bool = False, with_deps: bool = False
    ) -> list[Selection]:
        """What ``targets`` mean; without a walk through the repository where that is possible."""
        if targets and not recursive and not with_deps and "index" not in self.__dict__:
            found = quick(self.repo, targets)
            if found is not None:
                return found
        return self.index.select(targets, recursive=recursive, with_deps=with_deps)

    # -- verbs

    def add(
        self,
        targets: Sequence[str],
        *,
        glob: bool = False,
        commit: bool = True,
        relink: bool = True,
        autostage: bool | None = None,
    ) -> Added:
        """Track files and folders. See :func:`padauk.data.add`."""
        paths = [os.path.abspath(target) for target in (_expand(targets) if glob else targets)]
        with self.repo.lock():
            self.index.pipeline.graph  # noqa: B018 - complains of outputs that overlap
            done = data.add(
                self.repo, paths, self.index.outs, commit=commit, relink=relink, reporter=self.reporter
            )
            self._stage(done.changed, autostage)
        self.refresh()
        return done

    def add_from(
        self,
        source: str,
        target: str | None = None,
        *,
        force: bool = False,
        remote: str | None = None,
        to_remote: bool = False,
        jobs: int | None = None,
    ) -> Added:
        """Track the bytes at ``source`` as ``target``. See :func:`padauk.data.add_from`."""
        if "://" in source:
            raise InputError(f"{source} is not a local path", hint="fetch it first, then add it")
        name = os.path.basename(os.path.normpath(source))
        path = os.path.abspath(
            os.path.join(target, name) if target and os.path.isdir(target) else target or name
        )
        with self.repo.lock():
            self.index.pipeline.graph  # noqa: B018 - complains of outputs that overlap
            done = data.add_from(
                self.repo,
                os.path.abspath(source),
                path,
                self.index.outs,
                force=force,
                remote=remote,
                to_remote=to_remote,
                jobs=jobs,
                reporter=self.reporter,
            )
            self._stage(done.changed, None)
        self.refresh()
        return done

    def status(
        self, targets: Sequence[str] = (), *, recursive: bool = False, with_deps: bool = False
    ) -> Status:
        """Outputs and stages that are not as recorded."""
        if targets and not recursive and not with_deps and "index" not in self.__dict__:
            selections = quick(self.repo, targets)
            if selections is not None:
                return status_of(self.repo, [], data_diff.outs_of(selections), reporter=self.reporter)
        nodes = self.index.nodes_of(targets, recursive=recursive, with_deps=with_deps)
        outs = [out for node in nodes if not isinstance(node, Stage) for out in node.outs]
        return status_of(self.repo, nodes, outs, reporter=self.reporter)

    def remote_status(
        self,
        targets: Sequence[str] = (),
        *,
        remote: str | None = None,
        revisions: Revisions | None = None,
        recursive: bool = False,
        with_deps: bool = False,
    ) -> dict[str, RemoteState]:
        """What cache and remote do not have in common, by absolute path."""
        found: dict[str, RemoteState] = {}
        selections = self._with_history(
            targets, revisions or Revisions(), recursive=recursive, with_deps=with_deps
        )
        ours = [one for one in selections if one.out.push and not imported(one)]
        for place, group in by_remote(self.repo, ours, remote):
            with opened(place) as store:
                found |= data.remote_status(self.repo, group, store, reporter=self.reporter)
        return found

    def diff(
        self,
        old: str = "HEAD",
        new: str | None = None,
        *,
        targets: Sequence[str] = (),
        recursive: bool = False,
        with_deps: bool = False,
    ) -> DataDiff:
        """What changed from commit ``old`` to ``new`` (default: the workspace).

        Raises:
            NotFoundError: no such commit, or a target that neither version knows.
        """
        if self.repo.scm is None or self.repo.scm.head() is None:
            return DataDiff()
        history = History(self.repo)
        versions = history.at(old), self.index if new is None else history.at(new)
        chosen = [index.select((), recursive=recursive) for index in versions] if not targets else [[], []]
        for target in targets:
            misses = 0
            for place, index in enumerate(versions):
                try:
                    chosen[place] += index.select([target], recursive=recursive, with_deps=with_deps)
                except NotFoundError:
                    misses += 1
            if misses == len(versions):
                raise NotFoundError(f"{target} is tracked neither at {old} nor {new or 'in the workspace'}")
        before = data_diff.recorded(self.repo, chosen[0])
        if new is None:
            after = data_diff.present(self.repo, chosen[1], reporter=self.reporter)
        else:
            after = data_diff.recorded(self.repo, chosen[1])
        return data_diff.compare(self.repo, before, after, missing=new is None)

    def checkout(
        self,
        targets: Sequence[str] = (),
        *,
        force: bool = False,
        relink: bool = False,
        recursive: bool = False,
        with_deps: bool = False,
    ) -> CheckedOut:
        """Make the workspace hold what is recorded. See :func:`padauk.data.checkout`."""
        with self.repo.lock():
            return self._checkout(
                self.select(targets, recursive=recursive, with_deps=with_deps),
                not targets,
                force=force,
                relink=relink,
            )

    def _checkout(
        self, selections: Sequence[Selection], whole: bool, *, force: bool, relink: bool = False
    ) -> CheckedOut:
        return data.checkout(
            self.repo,
            selections,
            force=force,
            relink=relink,
            everything=self.index.outs if whole else None,
            reporter=self.reporter,
        )

    def commit(
        self,
        targets: Sequence[str] = (),
        *,
        force: bool = False,
        confirm: Callable[[str, str], bool] | None = None,
        recursive: bool = False,
        with_deps: bool = False,
        relink: bool = True,
    ) -> list[Output]:
        """Record what tracked paths hold now, in ``.dvc`` files and in dvc.lock.

        Args:
            targets: which; default all.
            force: without asking.
            confirm: asked for each output or stage that has changed: its name, and how.
            recursive: a folder means all that is declared in it.
            relink: link workspace files to the cache where links are configured.

        Returns:
            The outputs that had changed.

        Raises:
            ConflictError: an output has changed and nobody said yes; nothing of it was recorded.
        """
        with self.repo.lock():
            if targets and "index" not in self.__dict__ and not (recursive or with_deps):
                selections = quick(self.repo, targets)
            else:
                selections = None
            if selections is not None:
                nodes, outs = [], data_diff.outs_of(selections)
            else:
                nodes = self.index.nodes_of(targets, recursive=recursive, with_deps=with_deps)
                outs = [out for node in nodes if not isinstance(node, Stage) for out in node.outs]
            work = Commit(self, force=force, confirm=confirm, relink=relink)
            changed = work.data(outs)
            changed += work.stages([node for node in nodes if isinstance(node, Stage)])
            self._stage(work.files, None)
        self.refresh()
        return changed

    def push(
        self,
        targets: Sequence[str] = (),
        *,
        remote: str | None = None,
        jobs: int | None = None,
        revisions: Revisions | None = None,
        recursive: bool = False,
        with_deps: bool = False,
        glob: bool = False,
        run_cache: bool = False,
    ) -> SyncResult:
        """Send recorded versions to remotes. See :func:`padauk.data.push`."""
        targets = _expand(targets) if glob else targets
        with self.repo.lock():
            selections = self._with_history(
                targets, revisions or Revisions(), recursive=recursive, with_deps=with_deps
            )
            done = data.push(self.repo, selections, remote=remote, jobs=jobs, reporter=self.reporter)
            return self._with_runs(push_runs, done, remote) if run_cache else done

    def fetch(
        self,
        targets: Sequence[str] = (),
        *,
        remote: str | None = None,
        jobs: int | None = None,
        revisions: Revisions | None = None,
        recursive: bool = False,
        with_deps: bool = False,
        run_cache: bool = False,
    ) -> SyncResult:
        """Bring recorded versions from remotes into the cache. See :func:`padauk.data.fetch`."""
        with self.repo.lock():
            selections = self._with_history(
                targets, revisions or Revisions(), recursive=recursive, with_deps=with_deps
            )
            done = data.fetch(self.repo, selections, remote=remote, jobs=jobs, reporter=self.reporter)
            return self._with_runs(fetch_runs, done, remote) if run_cache else done

    def pull(
        self,
        targets: Sequence[str] = (),
        *,
        remote: str | None = None,
        jobs: int | None = None,
        force: bool = False,
        revisions: Revisions | None = None,
        recursive: bool = False,
        with_deps: bool = False,
        glob: bool = False,
        run_cache: bool = False,
    ) -> tuple[SyncResult, CheckedOut]:
        """:meth:`fetch`, then check out all that is there, even where some of it could not be fetched."""
        targets = _expand(targets) if glob else targets
        with self.repo.lock():
            selections = self.select(targets, recursive=recursive, with_deps=with_deps)
            wanted = selections
            if revisions:
                wanted = self._with_history(targets, revisions, recursive=recursive, with_deps=with_deps)
            fetched = data.fetch(self.repo, wanted, remote=remote, jobs=jobs, reporter=self.reporter)
            if run_cache:
                fetched = self._with_runs(fetch_runs, fetched, remote)
            return fetched, self._checkout(selections, not targets, force=force)

    # -- helpers

    def _with_runs(
        self, work: Callable[[Repo, Store], int], done: SyncResult, remote: str | None
    ) -> SyncResult:
        place = self.repo.config.remote(remote)
        with opened(place) as store:
            return replace(done, runs=work(self.repo, store))

    def _with_history(
        self, targets: Sequence[str], revisions: Revisions, *, recursive: bool, with_deps: bool
    ) -> list[Selection]:
        if not revisions:
            return self.select(targets, recursive=recursive, with_deps=with_deps)
        found: dict[tuple[str, str, str], Selection] = {}
        hits = 0
        history = History(self.repo)

        def take(index: Index) -> None:
            nonlocal hits
            for chosen in [[target] for target in targets] or [[]]:
                try:
                    some = index.select(chosen, recursive=recursive, with_deps=with_deps)
                except NotFoundError:
                    continue
                hits += 1
                for one in some:
                    key = (one.out.info.value if one.out.info else "", one.inside, one.out.remote or "")
                    found.setdefault(key, one)

        take(self.index)
        for index in history.indexes(history.shas(revisions), reporter=self.reporter):
            take(index)
        if targets and not hits:
            raise self.index.unknown(targets[0])
        return list(found.values())

    def _stage(self, files: Sequence[str], wanted: bool | None) -> None:
        """Have git take in ``files`` where ``core.autostage`` says so."""
        auto = self.repo.config.flag("core", "autostage") if wanted is None else wanted
        if auto and self.repo.scm is not None and files:
            self.repo.scm.add(sorted(set(files)))


def _expand(patterns: Sequence[str]) -> list[str]:
    from glob import iglob

    found = [path for pattern in patterns for path in sorted(iglob(pattern, recursive=True))]
    if not found:
        raise NotFoundError(f"nothing matches {' '.join(patterns)}")
    return found
