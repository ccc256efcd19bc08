"""What a stage wrote: into the cache, the run cache and dvc.lock; and back into the workspace."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Any

from padauk.core.errors import PadaukError, StageFailedError
from padauk.core.points import point
from padauk.objects import build, plan_checkout, store
from padauk.pipeline import lock, params, runcache
from padauk.pipeline.planning import is_executable, read_entry
from padauk.repo import gitignore

if TYPE_CHECKING:
    from padauk.core.events import Reporter
    from padauk.objects import LinkType
    from padauk.pipeline.changes import Look
    from padauk.pipeline.values import Stage
    from padauk.repo import Output, Repo


class Keeper:
    """Keeps the outputs of stages.

    Args:
        repo: the repository.
        look: sees the workspace.
        reporter: hears of progress and warnings.
        commit: put outputs into the cache, not only their hashes into dvc.lock.

    Attributes:
        touched: files for git that were changed (dvc.lock, .gitignore), absolute.
    """

    def __init__(self, repo: Repo, look: Look, reporter: Reporter, *, commit: bool = True) -> None:
        self._repo = repo
        self._look = look
        self._reporter = reporter
        self._commit = commit
        self.touched: dict[str, None] = {}

    def keep(self, stage: Stage) -> lock.Entry:
        """Store the outputs, then record them; returns the entry in dvc.lock.

        Objects come before what names them: a crash in between costs work, never consistency.

        Raises:
            StageFailedError: an output is not there.
            NotFoundError: something the stage reads is gone.
        """
        made = read_entry(self._look, stage)
        items = [self._item(stage, out) for out in stage.outs]
        written = lock.entry(stage.cmd, made.get("deps", ()), made.get("params", {}), items)
        self._keep_run(stage, written)
        point("pipeline.save.stored")
        ignored = [out.path for out in stage.outs if out.cache and self._repo.holds(out.path)]
        self.touched.update(dict.fromkeys(gitignore.add(self._repo.scm, ignored)))
        path = os.path.splitext(stage.file)[0] + ".lock"
        if stage.locked != written and lock.put(path, stage.name, written):
            self.touched[path] = None
        point("pipeline.save.locked")
        return written

    def restore(self, stage: Stage, entry: lock.Entry) -> None:
        """Make the workspace hold the outputs that ``entry`` names; they are in the cache.

        Raises:
            CorruptError: an object in the cache was damaged (it is dropped).
        """
        items = {item["path"]: item for item in entry["outs"]}
        for out in stage.outs:
            item = items[out.declared]
            plan = plan_checkout(
                out.path,
                lock.info_of(item),
                self._repo.cache,
                state=self._repo.state,
                ignore=self._repo.ignore,
                links=self._links(out),
                executable=bool(item.get("isexec", False)),
                reporter=self._reporter,
            )
            plan.execute(force=True, reporter=self._reporter)
            point("pipeline.restore.one")
        self._look.forget()

    def metrics(self, stage: Stage) -> dict[str, float]:
        """The numbers in the stage's metric files; of two of one name the later is ``file/name``."""
        found: dict[str, float] = {}
        for out in stage.metrics:
            if not os.path.isfile(out.path):
                continue
            try:
                numbers = params.numbers(params.read(out.path, out.declared))
            except PadaukError as error:
                self._reporter.warning(f"metrics of stage {stage.address!r}: {error.message}")
                continue
            stem = os.path.splitext(os.path.basename(out.path))[0]
            for name, value in numbers.items():
                key = name or stem
                found[key if key not in found else f"{stem}/{key}"] = value
        return found

    def _item(self, stage: Stage, out: Output) -> dict[str, Any]:
        if not os.path.exists(out.path):
            raise StageFailedError(
                f"stage {stage.address!r} did not write its output {out.declared!r}",
                hint="have the command write it, or take it out of dvc.yaml",
            )
        state, ignore = self._repo.state, self._repo.ignore
        if not self._commit or not out.cache:
            info = build(out.path, state=state, ignore=ignore, reporter=self._reporter).info
            return lock.item(out.declared, info, isexec=is_executable(out.path, info))
        executable = bool(os.stat(out.path).st_mode & 0o100)
        built = store(
            out.path,
            self._repo.cache,
            state=state,
            ignore=ignore,
            links=self._links(out),
            reporter=self._reporter,
        )
        if executable and not built.info.is_dir and not os.access(out.path, os.X_OK):
            with contextlib.suppress(OSError):
                os.chmod(out.path, os.stat(out.path).st_mode | 0o100)
        return lock.item(out.declared, built.info, isexec=executable and not built.info.is_dir)

    def _keep_run(self, stage: Stage, written: lock.Entry) -> None:
        left_to_git = any(not out.cache and out.kind == "out" for out in stage.outs)
        if not self._commit or left_to_git or not runcache.usable(stage, self._repo):
            return
        for out in stage.outs:
            if not out.cache:  # a restore needs its bytes too
                store(
                    out.path, self._repo.cache, state=self._repo.state, ignore=self._repo.ignore, links=None
                )
        runcache.save(self._repo.cache.path, written)

    def _links(self, out: Output) -> tuple[LinkType, ...]:
        # what the cache does not keep is git's: a person may edit it in place
        return self._repo.links if out.cache else ("copy",)


def clear(stage: Stage) -> None:
    """Remove the outputs before the command runs; those to be kept stay, with bytes of their own."""
    for out in stage.outs:
        if out.persist:
            _unlink_from_cache(out.path)
        elif os.path.isdir(out.path) and not os.path.islink(out.path):
            shutil.rmtree(out.path)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(out.path)


def _unlink_from_cache(path: str) -> None:
    """A kept output must not share its bytes with the cache while a command writes to it."""
    if os.path.isdir(path) and not os.path.islink(path):
        for folder, _, names in os.walk(path):
            for name in names:
                _unlink_from_cache(os.path.join(folder, name))
        return
    if not os.path.exists(path):
        return
    found = os.lstat(path)
    if os.path.islink(path) or found.st_nlink > 1 or not found.st_mode & 0o200:
        fresh = f"{path}.padauk-{os.getpid()}"
        shutil.copyfile(path, fresh)
        os.chmod(fresh, (found.st_mode & 0o111 if not os.path.islink(path) else 0) | 0o644)
        os.replace(fresh, path)
