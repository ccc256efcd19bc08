"""What a person may ask about, and how it is told apart.

::

    models:/NAME@ALIAS  models:/NAME/VERSION  models:/NAME  models:/m-…  m-…    a model
    runs:/ID  ID  PREFIX                                                        a run
    PATH  PATH@REV                                                              content under a path
    MD5  PREFIX                                                                 content by its name
    STAGE  sub/dvc.yaml:STAGE                                                   the newest run of a stage

A path that exists wins over everything but ``models:/`` and ``runs:/``; prefixes need four digits.
"""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotFoundError
from padauk.lineage.values import Data, Execution, Node, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from padauk.lineage.repository import RepositorySource
    from padauk.lineage.source import Sources

_HEX = re.compile(r"[0-9a-f]{4,32}(\.dir)?")
FORMS = "a path, path@rev, an md5, a run id, a stage, models:/name@alias or models:/name/3"


def resolve(
    ref: str,
    sources: Sources,
    *,
    repository: RepositorySource | None = None,
    hash_file: Callable[[str], Ref | None] = lambda path: None,
) -> Node:
    """The node that ``ref`` means.

    Args:
        ref: as a person types it; a path is from the repository's root (``/``).
        sources: who to ask.
        repository: where paths are looked up; ``None`` without one.
        hash_file: hashes the file at such a path in the workspace, for files that nothing tracks (code).

    Raises:
        NotFoundError: nothing of that name is known.
        InputError: several things start so, or the form is wrong.
    """
    if ref.startswith("models:/"):
        return _model(ref, sources)
    if ref.startswith("runs:/"):
        return _run(ref.removeprefix("runs:/").partition("/")[0], ref, sources)
    if re.fullmatch(r"m-[0-9a-f]{32}", ref):
        return _logged(ref, sources)
    if repository and (found := _path(ref, repository, hash_file)):
        return found
    candidates: list[Node] = []
    if _HEX.fullmatch(ref):
        candidates += [_data(found) for found in sources.find_data(ref)]
        candidates += sources.find_executions(ref)
        if not candidates and len(ref.removesuffix(".dir")) == 32:
            candidates += _unnamed(ref, sources)
    else:
        candidates += sources.find_executions(ref)[:1]
    if not candidates and (at := sources.find_path(ref)):
        return _data(at)
    return _only(ref, candidates, repository)


def _only(ref: str, candidates: list[Node], repository: RepositorySource | None) -> Node:
    if len(candidates) == 1:
        return candidates[0]
    exact = [node for node in candidates if ref in (node.key, node.key.partition(":")[2])]
    if len(exact) == 1:
        return exact[0]
    if candidates:
        shown = ", ".join(_short(node) for node in candidates[:4])
        more = f" and {len(candidates) - 4} more" if len(candidates) > 4 else ""
        raise InputError(f"{ref!r} may be {shown}{more}", hint="give more of its digits")
    near = difflib.get_close_matches(ref, repository.paths() if repository else [], n=2)
    raise NotFoundError(
        f"nothing is known of {ref!r}", hint=f"did you mean {' or '.join(near)}?" if near else f"give {FORMS}"
    )


def _short(node: Node) -> str:
    match node:
        case Data():
            return f"{node.md5} ({next(iter(node.paths), 'data')})"
        case Execution():
            return f"run {node.id} ({node.name})" if node.id else f"stage {node.name}"
        case _:
            return node.key


def _path(ref: str, repository: RepositorySource, hash_file: Callable[[str], Ref | None]) -> Data | None:
    found = repository.resolve(ref)
    if found is None and "@" in ref:
        path, _, rev = ref.rpartition("@")
        path = os.path.normpath(path)
        if found := repository.resolve(path, rev):
            return _data(found)
        if found := repository.code(path, rev):
            return _data(found)
        if repository.versions(path):
            raise NotFoundError(
                f"{path} is not there at {rev}", hint=f"'git log -- {path}*' lists its commits"
            )
        return None
    found = found or hash_file(ref)
    return _data(found) if found else None


def _data(ref: Ref) -> Data:
    data = Data(ref.md5)
    data.meet(ref)
    return data


def _unnamed(md5: str, sources: Sources) -> Sequence[Node]:
    """Content that only runs and artifacts know."""
    known = [*sources.makers([md5]), *sources.users([md5])]
    refs = [ref for run in known for ref in (*run.outs, *run.deps) if ref.md5 == md5]
    refs += [ref for _, _, ref in sources.holders([md5])]
    return [_data(refs[0])] if refs else []


def _run(run_id: str, ref: str, sources: Sources) -> Execution:
    found = sources.find_executions(run_id) if run_id else []
    exact = [run for run in found if run.id == run_id] or found
    if len(exact) != 1:
        what = "several runs start so" if exact else "there is no such run"
        raise NotFoundError(f"{ref}: {what}", hint="'padauk runs list' lists them")
    return exact[0]


def _logged(model_id: str, sources: Sources) -> Node:
    for found in sources.models([model_id]):
        return found
    raise NotFoundError(f"there is no logged model {model_id}", hint="is the tracking server the right one?")


def _model(ref: str, sources: Sources) -> Node:
    rest = ref.removeprefix("models:/").strip("/")
    if re.fullmatch(r"m-[0-9a-f]{32}", rest):
        return _logged(rest, sources)
    name, alias = rest.rpartition("@")[::2] if "@" in rest else (rest, "")
    number = ""
    if not alias and "/" in rest:
        name, number = rest.rsplit("/", 1)
    if not name or (number and not number.isdigit() and number != "latest"):
        raise InputError(f"{ref!r} names no model", hint="models:/name@alias, models:/name/3 or models:/name")
    by_number = number.isdigit()
    found = sources.version(name, number) if by_number else sources.aliased(name, alias or "latest")
    if found:
        return found
    names = sources.model_names()
    if name in names:
        what = f"no alias {alias!r}" if alias else f"no version {number or 'at all'}"
        raise NotFoundError(f"model {name!r} has {what}", hint=f"models:/{name} is its newest version")
    near = difflib.get_close_matches(name, names, n=1)
    raise NotFoundError(
        f"there is no registered model {name!r}",
        hint=f"did you mean models:/{near[0]}?" if near else _known(names),
    )


def _known(names: list[str]) -> str:
    return f"known: {', '.join(names[:6])}" if names else "no model is registered on the tracking server yet"
