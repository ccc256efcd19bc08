"""What has changed for a stage since its entry in dvc.lock was written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError, NotFoundError
from padauk.objects import HashInfo, build
from padauk.pipeline import lock, params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from padauk.core.events import Reporter
    from padauk.pipeline.values import ParamDep, Stage
    from padauk.repo import Output, Repo

_MISSING_DATA = frozenset({"deleted", "not in cache"})


@dataclass(frozen=True)
class Changes:
    """Differences between the workspace and dvc.lock; paths are absolute.

    Attributes:
        deps: path → ``modified`` or ``deleted``.
        params: file → dotted name → ``modified``, ``deleted`` or ``new``; or the file's own state
            (``deleted``, or ``new``: dvc.lock does not know it).
        outs: path → ``modified``, ``deleted`` or ``not in cache``.
        command: the command is another one.
        always: the stage runs each time.
        never_ran: dvc.lock has no entry.
    """

    deps: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    outs: Mapping[str, str] = field(default_factory=dict)
    command: bool = False
    always: bool = False
    never_ran: bool = False

    def __bool__(self) -> bool:
        return bool(self.deps or self.params or self.outs or self.command or self.always or self.never_ran)

    def without_missing(self, keep: frozenset[str] = frozenset()) -> Changes:
        """The same, where data that is merely not here is no change (paths in ``keep`` still are)."""
        return Changes(
            {path: how for path, how in self.deps.items() if how != "deleted" or path in keep},
            self.params,
            {path: how for path, how in self.outs.items() if how not in _MISSING_DATA},
            self.command,
            self.always,
            self.never_ran,
        )

    def to_json(self, show: Callable[[str], str]) -> list[Any]:
        """The shape of ``dvc status --json``: ``[{"changed deps": {…}}, {"changed outs": {…}}, …]``."""
        found: list[Any] = []
        deps = {show(path): how for path, how in self.deps.items()}
        for path, states in self.params.items():
            deps[show(path)] = states if isinstance(states, str) else dict(states)  # type: ignore[assignment]
        if deps:
            found.append({"changed deps": deps})
        if self.outs:
            found.append({"changed outs": {show(path): how for path, how in self.outs.items()}})
        if self.always:
            found.append("always changed")
        if self.command:
            found.append("changed command")
        return found

    def reasons(self, show: Callable[[str], str]) -> Iterator[str]:
        """Why the stage has to run, each a few words for a person."""
        if self.never_ran:
            yield "never ran"
            return
        if self.command:
            yield "command changed"
        for path, how in self.deps.items():
            yield f"{show(path)} {'is missing' if how == 'deleted' else how}"
        for path, states in self.params.items():
            if isinstance(states, str):
                yield f"{show(path)} {'is missing' if states == 'deleted' else states}"
            else:
                names = ", ".join(states)
                yield f"{names} in {show(path)} changed"
        for path, how in self.outs.items():
            yield f"{show(path)} {'is missing' if how == 'deleted' else how}"
        if self.always:
            yield "runs each time"


class Look:
    """Looks at the workspace, and remembers what it saw until :meth:`forget`."""

    def __init__(self, repo: Repo, reporter: Reporter) -> None:
        self._repo = repo
        self._reporter = reporter
        self._infos: dict[tuple[str, bool], HashInfo | None] = {}
        self._contents: dict[str, Any] = {}

    def forget(self) -> None:
        """Something ran: look again."""
        self._infos.clear()
        self._contents.clear()

    def info(self, path: str, *, legacy: bool = False) -> HashInfo | None:
        """The hash of what is at ``path``; ``None``: nothing is."""
        key = path, legacy
        if key not in self._infos:
            try:
                built = build(
                    path,
                    state=self._repo.state,
                    ignore=self._repo.ignore,
                    legacy=legacy,
                    reporter=self._reporter,
                )
            except NotFoundError:
                self._infos[key] = None
            else:
                self._infos[key] = built.info
        return self._infos[key]

    def content(self, path: str) -> Any:
        """The parsed parameter file at ``path``. Raises FileNotFoundError, FormatError."""
        if path not in self._contents:
            self._contents[path] = params.read(path, self._repo.rel(path))
        return self._contents[path]

    def changes(self, stage: Stage) -> Changes:
        """What is different now. Raises FormatError for a parameter file that does not parse."""
        entry = stage.locked
        outs = {out.path: how for out in stage.outs if (how := self.out_state(out))}
        if stage.frozen:
            return Changes(outs=outs, never_ran=entry is None)
        return Changes(
            self._deps(stage, entry or {}),
            self._params(stage, entry or {}),
            outs,
            command=entry is not None and entry["cmd"] != stage.cmd,
            always=stage.always_changed or stage.is_callback,
            never_ran=entry is None,
        )

    def _deps(self, stage: Stage, entry: lock.Entry) -> dict[str, str]:
        recorded = {item["path"]: lock.info_of(item) for item in entry.get("deps") or []}
        found: dict[str, str] = {}
        for dep in stage.deps:
            before = recorded.get(dep.spec)
            now = self.info(dep.path, legacy=before is not None and before.legacy)
            if now is None:
                found[dep.path] = "deleted"
            elif before is None or now.value != before.value:
                found[dep.path] = "modified"
        return found

    def _params(self, stage: Stage, entry: lock.Entry) -> dict[str, str | Mapping[str, str]]:
        found: dict[str, str | Mapping[str, str]] = {}
        for dep in stage.params:
            before = entry.get("params", {}).get(dep.spec)
            if not os.path.exists(dep.path):
                found[dep.path] = "deleted"
            elif before is None:
                found[dep.path] = "new"
            elif states := self._param_states(dep, before):
                found[dep.path] = states
        return found

    def _param_states(self, dep: ParamDep, before: Mapping[str, Any]) -> dict[str, str]:
        now = params.pick(self.content(dep.path), dep.keys)
        states: dict[str, str] = {}
        for key in dep.keys or dict.fromkeys([*now, *before]):
            if key not in now:
                states[key] = "deleted"
            elif key not in before:
                states[key] = "new"
            elif not params.same(now[key], before[key]):
                states[key] = "modified"
        return states

    def out_state(self, out: Output) -> str | None:
        """``not in cache``, ``deleted`` or ``modified``; ``None`` when it is as dvc.lock says."""
        if out.info is not None and out.cache and not self.cached(out.info):
            return "not in cache"
        now = self.info(out.path, legacy=out.legacy)
        if now is None:
            return "deleted"
        if out.info is None or now.value != out.info.value:
            return "modified"
        return None

    def cached(self, info: HashInfo) -> bool:
        """Whether the cache holds the object, and for a folder all its files."""
        cache = self._repo.cache
        if not cache.exists(info):
            return False
        if not info.is_dir:
            return True
        try:
            md5s = set(cache.read_tree(info).md5s)
        except (NotFoundError, FormatError):
            return False
        return len(cache.exists_many(md5s, legacy=info.legacy)) == len(md5s)


def param_values(look: Look, stage: Stage) -> dict[str, dict[str, Any]]:
    """The values that a stage reads now: file as dvc.yaml writes it → dotted name → value.

    Raises:
        NotFoundError: a file is not there, or lacks a name.
    """
    found = {}
    for dep in stage.params:
        try:
            values = params.pick(look.content(dep.path), dep.keys)
        except FileNotFoundError:
            raise NotFoundError(
                f"stage {stage.address!r} needs the parameter file {dep.spec!r}, which does not exist"
            ) from None
        except IsADirectoryError:
            raise FormatError(
                f"stage {stage.address!r} takes parameters from {dep.spec!r}, which is a folder"
            ) from None
        missing = [key for key in dep.keys if key not in values]
        if missing:
            raise NotFoundError(
                f"stage {stage.address!r} needs {', '.join(map(repr, missing))}, missing from {dep.spec!r}"
            )
        found[dep.spec] = values
    return found
