"""Writing a stage into dvc.yaml, with the bytes that ``dvc stage add`` would leave."""

from __future__ import annotations

import os
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import AlreadyExistsError, ConflictError, InputError, NotFoundError
from padauk.pipeline.graph import build_graph
from padauk.pipeline.pipeline import Pipeline
from padauk.pipeline.values import DEFAULT_PARAMS, PROJECT_FILE, Dep, ParamDep, Stage
from padauk.repo import Output, gitignore, yamlfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from padauk.repo import Repo

_NOT_IN_NAMES = frozenset(string.punctuation) - {"_", "-"}


@dataclass(frozen=True)
class Draft:
    """A stage as the command line describes it. Paths are relative to ``wdir``.

    Attributes:
        name: its name.
        cmd: its command.
        wdir: absolute path of the folder it runs in.
        deps: files and folders it reads.
        params: file → dotted names; no names: the whole file.
        outs: path → its flags and kind, in the order given.
        desc: for a person.
        always_changed: run it each time.
    """

    name: str
    cmd: str
    wdir: str
    deps: tuple[str, ...] = ()
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outs: tuple[DraftOut, ...] = ()
    desc: str | None = None
    always_changed: bool = False


@dataclass(frozen=True)
class DraftOut:
    """One output of a draft; ``kind`` is the section it goes to."""

    path: str
    kind: str = "outs"
    cache: bool = True
    persist: bool = False


def parse_params(given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """``["lr,seed", "conf.json:a.b", "all.yaml:"]`` → file → names."""
    found: dict[str, list[str]] = {}
    for one in given:
        file, _, names = one.rpartition(":")
        found.setdefault(file or DEFAULT_PARAMS, []).extend(name for name in names.split(",") if name)
    return {file: tuple(dict.fromkeys(names)) for file, names in found.items()}


def join_command(words: Iterable[str]) -> str:
    """The words of a command line as one command, those with spaces in quotes again."""
    words = list(words)
    if len(words) < 2:
        return " ".join(words)
    return " ".join(
        '""' if not word else f'"{word}"' if " " in word and '"' not in word else word for word in words
    )


def add_stage(repo: Repo, draft: Draft, folder: str, *, force: bool = False) -> list[str]:
    """Write ``draft`` into the dvc.yaml of ``folder`` (absolute), and its outputs into ``.gitignore``.

    Returns the files that changed, absolute.

    Raises:
        InputError: a bad name, no command, overlapping outputs, a circle, a path outside.
        AlreadyExistsError: the name is taken, and ``force`` is off.
        ConflictError: the stage there is made by a template, which is not rewritten.
    """
    bad = "".join(sorted(set(draft.name) & _NOT_IN_NAMES))
    if bad or not draft.name:
        raise InputError(
            f"a stage cannot be named {draft.name!r}", hint="letters, digits, '-' and '_' can be used"
        )
    if not draft.cmd.strip():
        raise InputError("no command given", hint="padauk stage add -n NAME … COMMAND")
    if not repo.holds(draft.wdir) and draft.wdir != repo.root:
        raise InputError(f"the working folder {draft.wdir!r} is outside of the repository")
    if not os.path.isdir(draft.wdir):
        raise NotFoundError(f"the working folder {draft.wdir!r} does not exist")
    file = os.path.join(folder, PROJECT_FILE)
    with repo.lock():
        pipeline = Pipeline.load(repo)
        project = next((one for one in pipeline.projects if one.file == file), None)
        known = project.stages if project else {}
        taken = draft.name in known or any(stage.group == draft.name for stage in known.values())
        if taken and not force:
            raise AlreadyExistsError(
                f"stage {draft.name!r} is in {repo.rel(file)} already", hint="-f overwrites it"
            )
        if taken and project and draft.name not in project.written:
            raise ConflictError(
                f"stage {draft.name!r} in {repo.rel(file)} is made by a template and cannot be overwritten",
                hint="edit the file",
            )
        stage = _stage(repo, draft, file)
        nodes = [node for node in pipeline.nodes if node != stage]
        build_graph([*nodes, stage])
        before = known.get(draft.name)
        entry = _entry(draft, folder, before)

        def change(data: Any) -> None:
            stages = data.setdefault("stages", {})
            if draft.name in stages:
                yamlfile.apply(entry, stages[draft.name])
            else:
                stages[draft.name] = entry

        yamlfile.edit(file, change)
        ignored = [out.path for out in stage.outs if out.cache]
        return [
            file,
            *gitignore.add(repo.scm, [path for path in ignored if os.path.isdir(os.path.dirname(path))]),
        ]


def _stage(repo: Repo, draft: Draft, file: str) -> Stage:
    def absolute(path: str) -> str:
        return os.path.normpath(os.path.join(draft.wdir, path))

    outs = tuple(Output(path=absolute(out.path), declared=out.path, cache=out.cache) for out in draft.outs)
    for out in outs:
        if out.cache and not repo.holds(out.path):
            raise InputError(
                f"output {out.declared!r} is outside of the repository", hint="use an -O or -M flag for it"
            )
    deps = tuple(Dep(spec, absolute(spec)) for spec in draft.deps)
    written = {out.path for out in outs}
    paths = [out.path for out in outs] + [dep.path for dep in deps]
    for place, path in enumerate(paths):
        if path in paths[:place]:
            name = os.path.relpath(path)
            how = "is read and written" if path in written and place >= len(outs) else "is given twice"
            raise InputError(f"{name!r} {how} by stage {draft.name!r}")
    return Stage(
        name=draft.name,
        file=file,
        address=draft.name if os.path.dirname(file) == repo.root else f"{repo.rel(file)}:{draft.name}",
        cmd=draft.cmd,
        wdir=draft.wdir,
        deps=deps,
        params=tuple(ParamDep(name, absolute(name), keys) for name, keys in draft.params.items()),
        outs=outs,
    )


def _entry(draft: Draft, folder: str, before: Stage | None) -> dict[str, Any]:
    wdir = os.path.relpath(draft.wdir, folder)
    desc = draft.desc or (before.desc if before else None)
    made: dict[str, Any] = {"desc": desc, "cmd": draft.cmd, "wdir": None if wdir == "." else wdir}
    made["deps"] = sorted(draft.deps)
    made["params"] = _param_entries(draft.params)
    for kind in ("outs", "metrics", "plots"):
        some = sorted((out for out in draft.outs if out.kind == kind), key=lambda out: out.path)
        made[kind] = [_out_entry(out, before) for out in some]
    made["always_changed"] = draft.always_changed
    made["meta"] = before.meta if before else None
    return {key: value for key, value in made.items() if value}


def _param_entries(named: Mapping[str, tuple[str, ...]]) -> list[Any]:
    entries: list[Any] = []
    for file in sorted(named):
        keys = sorted(named[file])
        if keys and file == DEFAULT_PARAMS:
            entries = [*keys, *entries]
        else:
            entries.append({file: keys or None})
    return entries


def _out_entry(out: DraftOut, before: Stage | None) -> Any:
    # what a person noted of it survives an overwrite
    old = next((old for old in before.outs if old.declared == out.path), None) if before else None
    flags: dict[str, Any] = dict(old.annotations) if old else {}
    if not out.cache:
        flags["cache"] = False
    if out.persist:
        flags["persist"] = True
    if old and old.remote:
        flags["remote"] = old.remote
    if old and not old.push:
        flags["push"] = False
    return {out.path: flags} if flags else out.path
