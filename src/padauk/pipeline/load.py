"""From dvc.yaml and dvc.lock to stages."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError, UnsupportedError
from padauk.pipeline import lock, params
from padauk.pipeline.files import CommitFiles, Files, WorkspaceFiles
from padauk.pipeline.schema import check_project, fault
from padauk.pipeline.template import Context, TemplateError, check_syntax, has_expression, to_text
from padauk.pipeline.values import DEFAULT_PARAMS, Dep, ParamDep, Stage
from padauk.repo import Output, yamlfile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from padauk.repo import Repo

_KINDS = {"outs": "out", "metrics": "metric", "plots": "plot"}
_LOOKS = ("template", "x", "y", "x_label", "y_label", "title", "header")


@dataclass(frozen=True)
class Project:
    """One dvc.yaml.

    Attributes:
        file: its absolute path.
        name: its path from the repository's root.
        stages: by name, in the file's order.
        metrics: top-level metric files, absolute.
        params: top-level parameter files, absolute.
        artifacts: the ``artifacts`` section, resolved.
        used: values that ``${…}`` took from files other than params.yaml: absolute file → name → value.
        written: names of the stages that stand in the file without any template.
    """

    file: str
    name: str
    stages: dict[str, Stage] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    used: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    written: frozenset[str] = frozenset()


def files_of(repo: Repo, rev: str | None = None) -> Files:
    """The workspace's files, or those of a commit.

    Raises:
        NotFoundError: no such commit.
        InvalidStateError: a commit is asked for where there is no git repository.
    """
    if rev is None:
        return WorkspaceFiles(repo)
    if repo.scm is None:
        from padauk.core.errors import InvalidStateError

        raise InvalidStateError(f"cannot look at revision {rev!r}: this repository is not in git")
    return CommitFiles(repo, repo.scm, rev)


def load_project(repo: Repo, file: str, files: Files | None = None) -> Project:
    """One dvc.yaml (absolute path) and its dvc.lock.

    Raises:
        FormatError: it is wrong, with file and line.
        FileNotFoundError: there is none.
    """
    return _Loader(repo, file, files or WorkspaceFiles(repo)).project()


class _Loader:
    def __init__(self, repo: Repo, file: str, files: Files) -> None:
        self.repo, self.file, self.files = repo, file, files
        self.folder = os.path.dirname(file)
        self.name = repo.rel(file)
        self.content = files.read(file)
        self.text = self.content.decode(errors="replace")
        self.data = check_project(
            yamlfile.loads(self.content, self.name) or {}, file=self.name, text=self.text
        )
        self.entries = self._lock()
        settings = {option: repo.config.get("parsing", option) for option in ("bool", "list")}
        self.context = Context(
            self._read, parsing={option: value for option, value in settings.items() if value}
        )

    def _lock(self) -> dict[str, lock.Entry]:
        path = os.path.splitext(self.file)[0] + ".lock"
        try:
            content = self.files.read(path)
        except FileNotFoundError:
            return {}
        return lock.parse(content, self.repo.rel(path))

    def _read(self, name: str) -> Any:
        return params.parse(self.files.read(os.path.join(self.folder, name)).decode(), name)

    def project(self) -> Project:
        listed = self.data.get("vars", [])
        if has_expression(listed):
            raise self._fault("'vars' cannot hold ${…}", ("vars",))
        try:
            self.context.load_file(DEFAULT_PARAMS, optional=True)
            self.context.load_vars(listed)
        except TemplateError as error:
            raise self._fault(error.message, ("vars",), error.hint) from None
        stages: dict[str, Stage] = {}
        written = set()
        for name, definition in (self.data.get("stages") or {}).items():
            if not has_expression(definition) and not definition.keys() & {"foreach", "matrix", "vars"}:
                written.add(name)
            for full, resolved, group in self._expand(name, definition):
                if full in stages:
                    raise self._fault(f"two stages are named {full!r}", ("stages", name))
                stages[full] = self._stage(full, resolved, group, name)
        return Project(
            self.file,
            self.name,
            stages,
            self._top_files("metrics"),
            self._top_files("params"),
            self._resolve(self.data.get("artifacts", {}), ("artifacts",), None),
            self._used(),
            frozenset(written),
        )

    def _used(self) -> dict[str, dict[str, Any]]:
        return {
            os.path.normpath(os.path.join(self.folder, file)): dict(values)
            for file, values in self.context.used.items()
            if file != DEFAULT_PARAMS
        }

    def _top_files(self, key: str) -> tuple[str, ...]:
        named = self._resolve(self.data.get(key, []), (key,), key)
        return tuple(os.path.normpath(os.path.join(self.folder, one)) for one in named)

    # -- templates

    def _expand(
        self, name: str, definition: dict[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any], str | None]]:
        if "foreach" in definition:
            items, template = self._foreach(name, definition["foreach"]), definition["do"]
        elif "matrix" in definition:
            items = self._matrix(name, definition["matrix"])
            template = {key: value for key, value in definition.items() if key != "matrix"}
        else:
            yield name, self._definition(name, definition, self.context), None
            return
        for key, extra in items:
            with self.context.with_values(**extra):
                yield f"{name}@{key}", self._definition(name, template, self.context), name

    def _foreach(self, name: str, over: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        items = self._resolve(over, ("stages", name, "foreach"), None)
        if isinstance(items, dict):
            for key, value in items.items():
                yield to_text(key), {"item": value, "key": to_text(key)}
        elif isinstance(items, list):
            nested = any(isinstance(item, (list, dict)) for item in items)
            # equal items make one stage, as in DVC
            named = {to_text(place if nested else item): item for place, item in enumerate(items)}
            for key, item in named.items():
                yield key, {"item": item}
        else:
            kind = type(items).__name__
            raise self._fault(
                f"'foreach' of stage {name!r} needs a list or a mapping, not {kind}",
                ("stages", name, "foreach"),
            )

    def _matrix(self, name: str, axes: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        place = ("stages", name, "matrix")
        axes = self._resolve(axes, place, None)
        for axis, values in axes.items():
            if not isinstance(values, list):
                raise self._fault(f"{axis!r} in 'matrix' of stage {name!r} must be a list", (*place, axis))
        for combination in itertools.product(*(enumerate(values) for values in axes.values())):
            parts = [
                f"{axis}{number}" if isinstance(value, (list, dict)) else to_text(value)
                for axis, (number, value) in zip(axes, combination, strict=True)
            ]
            item = {axis: value for axis, (_, value) in zip(axes, combination, strict=True)}
            yield "-".join(parts), {"item": item, "key": "-".join(parts)}

    def _definition(self, name: str, definition: dict[str, Any], context: Context) -> dict[str, Any]:
        listed = definition.get("vars", [])
        place = ("stages", name)
        if listed:
            if has_expression(listed):
                raise self._fault(f"'vars' of stage {name!r} cannot hold ${{…}}", (*place, "vars"))
            wdir = to_text(self._resolve(definition.get("wdir", ""), (*place, "wdir"), "wdir", context))
            context = context.copy()
            try:
                context.load_vars(listed, wdir, f"{name}.vars")
            except TemplateError as error:
                raise self._fault(error.message, (*place, "vars"), error.hint) from None
        return {
            key: self._resolve(value, (*place, key), key, context)
            for key, value in definition.items()
            if key != "vars"
        }

    def _resolve(
        self, value: Any, path: tuple[str | int, ...], key: str | None, context: Context | None = None
    ) -> Any:
        try:
            check_syntax(value)
            return (context or self.context).resolve(value, key)
        except TemplateError as error:
            raise self._fault(error.message, path, error.hint) from None

    def _fault(self, message: str, path: tuple[str | int, ...], hint: str | None = None) -> FormatError:
        return fault(message, path, file=self.name, text=self.text, hint=hint)

    # -- one stage

    def _stage(self, name: str, data: dict[str, Any], group: str | None, written: str) -> Stage:
        place = ("stages", written)
        wdir = os.path.normpath(os.path.join(self.folder, to_text(data.get("wdir") or "")))
        address = name if self.name == "dvc.yaml" else f"{self.name}:{name}"
        cmd = data["cmd"]
        commands = [to_text(one) for one in cmd] if isinstance(cmd, list) else to_text(cmd)
        if not commands or (isinstance(commands, str) and not commands.strip()):
            raise self._fault(f"'cmd' of stage {name!r} is empty", (*place, "cmd"))
        entry = self.entries.get(name)
        stage = Stage(
            name=name,
            file=self.file,
            address=address,
            cmd=commands,
            wdir=wdir,
            deps=tuple(dict.fromkeys(self._dep(spec, wdir, place) for spec in data.get("deps", []))),
            params=tuple(self._params(data.get("params", []), wdir, place)),
            outs=tuple(self._outs(data, wdir, place, address, entry or {})),
            frozen=bool(data.get("frozen", False)),
            always_changed=bool(data.get("always_changed", False)),
            desc=data.get("desc"),
            meta=data.get("meta"),
            group=group,
            locked=entry,
        )
        self._check_paths(stage, place)
        return stage

    def _dep(self, spec: Any, wdir: str, place: tuple[str, ...]) -> Dep:
        spec = to_text(spec)
        return Dep(spec, self._path(spec, wdir, place, "deps"))

    def _path(self, spec: str, wdir: str, place: tuple[str, ...], key: str) -> str:
        if "://" in spec:
            raise UnsupportedError(
                f"{self.name}: {spec!r} of stage {place[1]!r}: only local paths can be used in stages",
                hint="track it with 'padauk import-url' and depend on the local copy",
            )
        if not spec:
            raise self._fault(f"an empty path in {key!r} of stage {place[1]!r}", (*place, key))
        return os.path.normpath(os.path.join(wdir, spec))

    def _params(self, listed: list[Any], wdir: str, place: tuple[str, ...]) -> Iterator[ParamDep]:
        named: dict[str, dict[str, None]] = {}
        whole: set[str] = set()
        for one in listed:
            for file, keys in one.items() if isinstance(one, dict) else [(DEFAULT_PARAMS, [to_text(one)])]:
                named.setdefault(file, {}).update(dict.fromkeys(map(to_text, keys or ())))
                if not keys:
                    whole.add(file)
        for file, keys in named.items():
            path = self._path(file, wdir, place, "params")
            yield ParamDep(file, path, () if file in whole else tuple(keys))

    def _outs(
        self, data: dict[str, Any], wdir: str, place: tuple[str, ...], address: str, entry: lock.Entry
    ) -> Iterator[Output]:
        recorded = {item["path"]: item for item in entry.get("outs") or []}
        for key in ("outs", "metrics", "plots"):
            flagged: dict[str, Any] = {}
            for one in data.get(key, []):
                flagged.update(one if isinstance(one, dict) else {to_text(one): {}})
            for spec, given in flagged.items():
                # plots may hold a list of settings for one file; the flags are those of the first
                flags = dict((given[0] if given else {}) if isinstance(given, list) else given or {})
                looks = {name: value for name, value in flags.items() if name in _LOOKS}
                before = recorded.get(spec, {})
                yield Output(
                    path=self._path(spec, wdir, place, key),
                    info=lock.info_of(before),
                    declared=spec,
                    source=address if ":" in address else f"{self.name}:{address}",
                    kind=_KINDS[key],  # type: ignore[arg-type]
                    cache=flags.get("cache", True),
                    persist=flags.get("persist", False),
                    push=flags.get("push", True),
                    remote=flags.get("remote"),
                    isexec=bool(before.get("isexec", False)),
                    desc=flags.get("desc"),
                    type=flags.get("type"),
                    labels=tuple(flags.get("labels", ())),
                    meta=flags.get("meta") or {},
                    extra=looks,
                )

    def _check_paths(self, stage: Stage, place: tuple[str, ...]) -> None:
        for out in stage.outs:
            if out.cache and not self.repo.holds(out.path):
                raise self._fault(
                    f"output {out.declared!r} of stage {stage.name!r} lies outside of the repository",
                    place,
                    "write inside the repository, or set 'cache: false'",
                )


def with_entry(stage: Stage, entry: lock.Entry) -> Stage:
    """The stage as if ``entry`` were its entry in dvc.lock."""
    recorded = {item["path"]: item for item in entry.get("outs") or []}
    outs = tuple(
        out.with_info(
            lock.info_of(recorded.get(out.declared, {})),
            isexec=bool(recorded.get(out.declared, {}).get("isexec", False)),
        )
        for out in stage.outs
    )
    return replace(stage, outs=outs, locked=entry)
