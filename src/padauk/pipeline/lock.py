"""dvc.lock: what each stage read and wrote when it last ran.

Format: ``schema: '2.0'``, ``stages: {name: {cmd, deps, params, outs}}``; deps and outs sorted by path,
each ``path, hash, md5, size, nfiles, isexec``; params.yaml before other files, keys sorted at the first
level. Bytes are DVC's: see :mod:`padauk.repo.yamlfile`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError
from padauk.objects import HashInfo
from padauk.pipeline.values import DEFAULT_PARAMS
from padauk.repo import yamlfile
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Entry = dict[str, Any]


def parse(content: bytes, name: str) -> dict[str, Entry]:
    """The entries of a dvc.lock by stage name.

    Raises:
        FormatError: it does not parse, or is of another schema.
    """
    data = yamlfile.loads(content, name) or {}
    if not isinstance(data, dict):
        raise FormatError(f"{name} must hold a mapping", hint=_HINT)
    if not data:
        return {}
    if str(data.get("schema")) != "2.0":
        raise FormatError(
            f"{name}: schema {data.get('schema')!r} is not known (2.0 is)",
            hint="run 'dvc repro' with DVC 2 or 3 once, or delete the file",
        )
    stages = data.get("stages") or {}
    for stage, entry in stages.items() if isinstance(stages, dict) else [("stages", None)]:
        if not (
            isinstance(entry, dict)
            and isinstance(entry.get("cmd"), (str, list))
            and all(_is_list(entry.get(key)) for key in ("deps", "outs"))
            and isinstance(entry.get("params", {}), dict)
        ):
            line = yamlfile.line_of(content, ["stages", stage])
            raise FormatError(f"{name}:{line}: the entry of stage {stage!r} is broken", hint=_HINT)
    return dict(stages)


_HINT = "restore the file from git, or delete it: 'padauk repro' makes it anew"


def _is_list(items: Any) -> bool:
    return items is None or (
        isinstance(items, list)
        and all(isinstance(item, dict) and isinstance(item.get("path"), str) for item in items)
    )


def item(path: str, info: HashInfo, *, isexec: bool = False) -> dict[str, Any]:
    """A dep or out as an entry lists it; ``path`` as dvc.yaml writes it."""
    made: dict[str, Any] = {"path": path}
    if not info.legacy:
        made["hash"] = "md5"
    made["md5"] = info.value
    if info.size is not None:
        made["size"] = info.size
    if info.nfiles is not None:
        made["nfiles"] = info.nfiles
    if isexec:
        made["isexec"] = True
    return made


def info_of(found: Mapping[str, Any]) -> HashInfo | None:
    """The hash in an item of an entry; ``None`` when it has none of the kind that files have."""
    value = found.get("md5")
    if not isinstance(value, str):
        return None
    return HashInfo(value, found.get("size"), found.get("nfiles"), legacy=found.get("hash") != "md5")


def entry(
    cmd: str | list[str],
    deps: Iterable[dict[str, Any]],
    params: Mapping[str, Mapping[str, Any]],
    outs: Iterable[dict[str, Any]],
) -> Entry:
    """A stage's entry in DVC's order, from its parts in any order."""
    made: Entry = {"cmd": cmd}
    deps = sorted(deps, key=lambda one: str(one["path"]))
    outs = sorted(outs, key=lambda one: str(one["path"]))
    if deps:
        made["deps"] = deps
    if params:
        files = sorted(params, key=lambda file: (file != DEFAULT_PARAMS, file))
        made["params"] = {
            file: {key: _plain(params[file][key]) for key in sorted(params[file])} for file in files
        }
    if outs:
        made["outs"] = outs
    return made


def _plain(value: Any) -> Any:
    """Tuples of a Python file become lists: YAML has no tuples."""
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def put(path: str, name: str, made: Entry) -> bool:
    """Write one stage's entry into the dvc.lock at ``path``, atomically; ``False``: it was there already."""
    try:
        with open(path, "rb") as file:
            before = file.read()
    except FileNotFoundError:
        before = b""
    after = _spliced(before, name, made)
    if after is not None:
        return write_atomic(path, after)

    def change(data: Any) -> None:
        if not data:
            data["schema"] = "2.0"
        if not data.get("stages"):
            data["stages"] = {}
        data["stages"][name] = made

    return yamlfile.edit(path, change)


def _spliced(before: bytes, name: str, made: Entry) -> bytes | None:
    """``before`` with one entry put in as text, or ``None`` where only a round trip through ruamel will do.

    A round trip takes time in proportion to the whole file, after every stage. What DVC and padauk write has
    one shape, in which an entry is a run of lines below its name; any other shape, and comments, are left to
    ruamel.
    """
    if not before:
        return yamlfile.dumps({"schema": "2.0", "stages": {name: made}})
    body = before[len(_HEAD) :]
    if not before.startswith(_HEAD) or b"#" in body or not body.endswith(b"\n") or _OTHER.search(body):
        return None
    fresh = yamlfile.dumps({"stages": {name: made}}).removeprefix(b"stages:\n")
    lines = body.splitlines(keepends=True)
    key = fresh.split(b"\n", 1)[0] + b"\n"
    if key not in lines:
        return before + fresh
    start = lines.index(key)
    end = start + 1
    while end < len(lines) and (lines[end].startswith(b"   ") or not lines[end].strip()):
        end += 1
    return _HEAD + b"".join([*lines[:start], fresh, *lines[end:]])


_HEAD = b"schema: '2.0'\nstages:\n"
_OTHER = re.compile(rb"^(?! {2}[^ ]| {4}|$)", re.MULTILINE)
"""A line that is neither a stage's name, nor inside a stage, nor empty."""
