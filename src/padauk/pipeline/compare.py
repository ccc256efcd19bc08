"""Metrics and parameters: of the workspace and of commits, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from padauk.core.errors import FormatError, NotFoundError, PadaukError
from padauk.pipeline import params
from padauk.pipeline.files import files_below, read_tracked
from padauk.pipeline.observer import flatten
from padauk.pipeline.pipeline import Pipeline
from padauk.pipeline.values import DEFAULT_PARAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.repo import Repo

WORKSPACE = "workspace"
Subject = Literal["metrics", "params"]


@dataclass(frozen=True)
class Values:
    """What files of one revision hold.

    Attributes:
        data: absolute path → content (nested).
        errors: absolute path → why it could not be read; ``""``: nothing could.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, PadaukError] = field(default_factory=dict)


def metrics_of(repo: Repo, rev: str | None = None, targets: Sequence[str] = ()) -> Values:
    """Metric files of the workspace or of ``rev``: those of stages and of ``metrics``, or ``targets``.

    Args:
        repo: the repository.
        rev: a git revision; ``None``: the workspace.
        targets: absolute paths, of metrics or not.

    Raises:
        NotFoundError: no such revision.
        FormatError: a dvc.yaml does not read.
    """
    pipeline = Pipeline.load(repo, rev)
    paths: list[str] = list(targets)
    if not paths:
        paths = [out.path for stage in pipeline.stages for out in stage.metrics]
        paths += [path for project in pipeline.projects for path in project.metrics]
    data: dict[str, Any] = {}
    errors: dict[str, PadaukError] = {}
    for path in _expanded(pipeline, paths):
        content = _content(pipeline, path, errors)
        if content is not None:
            data[path] = _metric(content) or {}
    return Values(data, errors)


def params_of(
    repo: Repo, rev: str | None = None, targets: Sequence[str] = (), *, deps: bool = False
) -> Values:
    """Parameter files of the workspace or of ``rev``, whole or as far as stages name them.

    Args:
        repo: the repository.
        rev: a git revision; ``None``: the workspace.
        targets: absolute paths; without any, all that stages, ``params`` and ``vars`` name, and params.yaml.
        deps: only what stages depend on, and values that their templates took from other files.

    Raises:
        NotFoundError: no such revision.
        FormatError: a dvc.yaml does not read.
    """
    pipeline = Pipeline.load(repo, rev)
    named: dict[str, dict[str, None] | None] = dict.fromkeys(targets)
    if not targets:
        for stage in pipeline.stages:
            for dep in stage.params:
                before = named.get(dep.path, {})
                keys = dict.fromkeys(dep.keys)
                named[dep.path] = None if before is None or not keys else {**before, **keys}
        if not deps:
            named.update((path, None) for project in pipeline.projects for path in project.params)
            default = f"{repo.root}/{DEFAULT_PARAMS}"
            if _is_there(pipeline, default):
                named[default] = None
    data: dict[str, Any] = {}
    errors: dict[str, PadaukError] = {}
    for path, keys_of in named.items():
        for one in _expanded(pipeline, [path]):
            content = _content(pipeline, one, errors)
            if content is not None:
                data[one] = content if keys_of is None else _nested(params.pick(content, keys_of))
    if not targets:
        for project in pipeline.projects:
            for path, used in project.used.items():
                if path not in data:
                    data[path] = _nested(used)
    return Values(data, errors)


def differences(old: Values, new: Values, *, unchanged: bool = False) -> dict[str, dict[str, dict[str, Any]]]:
    """Path → dotted name → ``{"old", "new", "diff"}``, the shape of ``dvc metrics diff --json``."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path in dict.fromkeys([*new.data, *old.data]):
        before, after = _flat(old.data.get(path)), _flat(new.data.get(path))
        changed: dict[str, dict[str, Any]] = {}
        for name in sorted({**before, **after}):
            one, other = before.get(name), after.get(name)
            if one == other and not unchanged:
                continue
            changed[name] = {"old": one, "new": other}
            if isinstance(one, (int, float)) and isinstance(other, (int, float)):
                changed[name]["diff"] = other - one
        if changed:
            found[path] = changed
    return found


def revisions(
    repo: Repo, *, branches: bool = False, tags: bool = False, commits: bool = False
) -> dict[str, str | None]:
    """Names to show → revisions to look at, the workspace (``None``) first; one commit has one entry."""
    if repo.scm is None or not (branches or tags or commits):
        return {"": None}
    named: dict[str, list[str]] = {}
    for wanted, where in ((branches, "refs/heads"), (tags, "refs/tags")):
        if wanted:
            shape = "%(refname:short) %(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)"
            for line in repo.scm.run("for-each-ref", f"--format={shape}", where).decode().splitlines():
                name, _, sha = line.rpartition(" ")
                named.setdefault(sha, []).append(name)
    if commits:
        for commit in repo.scm.commits(everything=True):
            named.setdefault(commit.sha, [])
    return {WORKSPACE: None, **{",".join(names) or sha: sha for sha, names in named.items()}}


def _expanded(pipeline: Pipeline, paths: Iterable[str]) -> list[str]:
    cache = pipeline.repo.cache
    found: dict[str, None] = {}
    for path in paths:
        try:
            found.update(dict.fromkeys(files_below(pipeline.files, pipeline.outs, cache, path)))
        except PadaukError:
            found[path] = None
    return list(found)


def _content(pipeline: Pipeline, path: str, errors: dict[str, PadaukError]) -> Any:
    name = pipeline.repo.rel(path)
    try:
        content = read_tracked(pipeline.files, pipeline.outs, pipeline.repo.cache, path)
        return params.parse(content.decode(), name)
    except (FileNotFoundError, NotADirectoryError):
        errors[path] = NotFoundError(f"{name} does not exist")
    except IsADirectoryError:
        errors[path] = NotFoundError(f"{name} is a folder")
    except UnicodeDecodeError:
        errors[path] = FormatError(f"{name} is not UTF-8 text")
    except PadaukError as error:
        errors[path] = error
    return None


def _is_there(pipeline: Pipeline, path: str) -> bool:
    try:
        pipeline.files.read(path)
    except OSError:
        return False
    return True


def _metric(content: Any) -> Any:
    """Numbers and texts, nested as they are; what is neither is left out."""
    if isinstance(content, (int, float, str)):
        return content
    if not isinstance(content, dict):
        return None
    kept = {key: _metric(value) for key, value in content.items()}
    return {key: value for key, value in kept.items() if value is not None and value != {}}


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = name.split(".")
        place = tree
        for step in above:
            here = place.get(step)
            place[step] = place = here if isinstance(here, dict) else {}
        place[last] = value
    return tree


def _flat(content: Any) -> dict[str, Any]:
    if content is None or content == {}:
        return {}
    if not isinstance(content, dict):
        return {"": content}
    return {
        name: str(value) if isinstance(value, list) else value for name, value in flatten(content).items()
    }
