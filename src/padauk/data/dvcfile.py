"""``.dvc`` files: one declares one tracked file or folder, added by hand or imported.

Reading knows two ways: files as ``add`` writes them, with a plain name, match one pattern (a thousand of
them are read in some milliseconds); everything else goes through the YAML parser and is checked key by key.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError
from padauk.objects import HashInfo
from padauk.repo import Output, yamlfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from padauk.repo import Repo

SUFFIX = ".dvc"
IMPORTED = "imported"
"""Key in :attr:`Output.extra`, never written: the repository whose data this is, and which keeps it."""

_TOP = frozenset({"md5", "wdir", "deps", "outs", "locked", "frozen", "meta", "always_changed", "desc"})
_OUT = frozenset(
    {"md5", "etag", "checksum", "size", "nfiles", "isexec", "version_id", "path", "persist", "cloud", "hash"}
    | {"desc", "type", "labels", "meta", "cache", "remote", "push", "files", "fs_config", "metric", "plot"}
)
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("path", "remote", "hash", "desc", "type", "etag", "checksum", "version_id"), (str,)),
    **dict.fromkeys(("isexec", "persist", "cache", "push"), (bool,)),
    **dict.fromkeys(("size", "nfiles"), (int,)),
    "labels": (list,),
    "files": (list,),
    "md5": (str, int, type(None)),
}
_PLAIN = re.compile(
    rb"outs:\n- md5: ([0-9a-f]{32}(?:\.dir)?)\n  size: ([0-9]+)\n(?:  nfiles: ([0-9]+)\n)?(  isexec: true\n)?"
    rb"  hash: md5\n  path: ([A-Za-z][A-Za-z0-9_./-]*)\n"
)
_WORDS = frozenset({"true", "false", "null"})
# what an import's own md5 leaves out, at any depth
_UNHASHED = frozenset(
    {"desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles"}
)


@dataclass(frozen=True)
class DvcFile:
    """One ``.dvc`` file.

    Attributes:
        path: where it lies, absolute.
        outs: what it declares.
        wdir: the folder that paths in it are relative to, absolute.
        deps: what an import came from, as the file says it.
        frozen: its dependencies are not looked at.
        top: all other keys at the top of the file.
    """

    path: str
    outs: tuple[Output, ...]
    wdir: str
    deps: tuple[Mapping[str, Any], ...] = ()
    frozen: bool = False
    top: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_repo_import(self) -> bool:
        """Imported from another DVC or git repository, where its data is pulled from."""
        return len(self.deps) == 1 and "repo" in self.deps[0]

    def with_outs(self, outs: Sequence[Output]) -> DvcFile:
        """The same file declaring other versions of its outputs."""
        return replace(self, outs=tuple(outs))


def read(repo: Repo, path: str, content: bytes | None = None) -> DvcFile:
    """The ``.dvc`` file at ``path`` (absolute); ``content`` stands in for the file, e.g. from a commit.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: it does not parse, or holds what a ``.dvc`` file cannot.
    """
    if content is None:
        with open(path, "rb") as file:
            content = file.read()
    folder = os.path.dirname(path)
    plain = _PLAIN.fullmatch(content)
    if plain is not None:
        md5, size, nfiles, isexec, name = plain.groups()
        declared = name.decode()
        if declared.lower() not in _WORDS:
            out = Output(
                path=_join(folder, declared),
                info=HashInfo(md5.decode(), int(size), int(nfiles) if nfiles else None),
                declared=declared,
                source=repo.rel(path),
                isexec=bool(isexec),
            )
            return DvcFile(path, (out,), folder)
    return _parse(repo, path, folder, content)


def _parse(repo: Repo, path: str, folder: str, content: bytes) -> DvcFile:
    name = repo.rel(path)
    value = yamlfile.loads(content, name)

    def wrong(message: str, *keys: str | int) -> FormatError:
        line = yamlfile.line_of(content, keys)
        return FormatError(f"{name}{f':{line}' if line else ''}: {message}")

    if not isinstance(value, dict):
        raise wrong("is not a mapping with 'outs:'")
    for key in value:
        if key not in _TOP:
            raise wrong(f"unknown key {key!r}", key)
    wdir = value.get("wdir") or "."
    if not isinstance(wdir, str):
        raise wrong("'wdir' is not a path", "wdir")
    base = _join(folder, wdir)
    outs: list[Output] = []
    entries = value.get("outs") or []
    if not isinstance(entries, list):
        raise wrong("'outs' is not a list", "outs")
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise wrong("an entry of 'outs' is not a mapping with 'path:'", "outs", place)
        for key, item in entry.items():
            if key not in _OUT:
                raise wrong(f"unknown key {key!r}", "outs", place, key)
            allowed = _TYPES.get(key)
            if allowed and (not isinstance(item, allowed) or (allowed == (int,) and item is True)):
                raise wrong(f"{key!r} cannot be {item!r}", "outs", place, key)
        if not entry.get("path"):
            raise wrong("an entry of 'outs' has no 'path'", "outs", place)
        try:
            outs.append(_output(entry, base, name))
        except FormatError as error:
            raise wrong(error.message, "outs", place) from None
    deps = value.get("deps") or []
    if not isinstance(deps, list) or not all(isinstance(dep, dict) for dep in deps):
        raise wrong("'deps' is not a list of mappings", "deps")
    top = {key: item for key, item in value.items() if key not in ("outs", "deps")}
    if len(deps) == 1 and isinstance(origin := deps[0].get("repo"), dict):
        outs = [replace(out, extra={**out.extra, IMPORTED: str(origin.get("url"))}) for out in outs]
    return DvcFile(
        path, tuple(outs), base, tuple(deps), bool(value.get("frozen") or value.get("locked")), top
    )


def _output(entry: Mapping[str, Any], base: str, source: str) -> Output:
    declared = str(entry["path"])
    hash_name = entry.get("hash")
    md5 = str(entry["md5"]).lower() if entry.get("md5") not in (None, "") else None
    files = entry.get("files")
    info = None
    if md5 is not None:
        info = HashInfo(check(md5), entry.get("size"), entry.get("nfiles"), legacy=hash_name is None)
    known = {"cloud", "fs_config", "files", "version_id", "etag", "checksum", "metric", "plot"}
    return Output(
        path=declared if "://" in declared else _join(base, declared),
        info=info,
        declared=declared,
        source=source,
        kind="metric" if entry.get("metric") else "plot" if entry.get("plot") else "out",
        cache=entry.get("cache", True),
        persist=entry.get("persist", False),
        push=entry.get("push", True),
        remote=entry.get("remote"),
        isexec=entry.get("isexec", False),
        desc=entry.get("desc"),
        type=entry.get("type"),
        labels=tuple(entry.get("labels") or ()),
        meta=entry.get("meta") or {},
        extra={key: entry[key] for key in known if key in entry and not (key == "files" and files is None)},
    )


def check(md5: str) -> str:
    """``md5`` if it can name an object; it becomes part of a path."""
    if not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", md5):
        raise FormatError(f"{md5!r} is not an md5")
    return md5


def _join(folder: str, declared: str) -> str:
    if declared.startswith("/") or "." in declared.split("/") or ".." in declared or "//" in declared:
        return os.path.normpath(os.path.join(folder, declared))
    return f"{folder}/{declared}"


def write(file: DvcFile) -> bool:
    """Write ``file`` as DVC would: a new one plainly, an old one with only what differs changed.

    Returns:
        Whether bytes changed.
    """
    return yamlfile.update(file.path, as_value(file))


def as_value(file: DvcFile) -> dict[str, Any]:
    """What ``file`` holds, as it goes into YAML."""
    wdir = os.path.relpath(file.wdir, os.path.dirname(file.path))
    value: dict[str, Any] = {
        "desc": file.top.get("desc"),
        "md5": file.top.get("md5"),
        "wdir": None if wdir == "." else wdir,
        "frozen": file.frozen,
        "deps": [dict(dep) for dep in file.deps],
        "outs": [out_value(out, file.wdir) for out in file.outs],
        "always_changed": file.top.get("always_changed"),
        "meta": file.top.get("meta"),
    }
    value = {key: item for key, item in value.items() if item}
    if file.deps:
        value["md5"] = _own_md5(value)
    return value


def out_value(out: Output, wdir: str) -> dict[str, Any]:
    """The entry of one output, keys in DVC's order."""
    entry: dict[str, Any] = {}
    extra = dict(out.extra)
    with_files = "files" in extra
    if out.info is not None and not with_files:
        entry["md5"] = out.info.value
        if out.info.size is not None:
            entry["size"] = out.info.size
        if out.info.nfiles is not None:
            entry["nfiles"] = out.info.nfiles
    if out.isexec and not with_files:
        entry["isexec"] = True
    entry |= {key: extra[key] for key in ("version_id", "etag", "checksum", "cloud") if key in extra}
    if out.info is None or not out.info.legacy:
        entry["hash"] = "md5"
    inside = out.path.startswith("/") and not os.path.isabs(out.declared) and "://" not in out.declared
    entry["path"] = os.path.relpath(out.path, wdir) if inside else out.declared
    if "fs_config" in extra:
        entry["fs_config"] = extra["fs_config"]
    entry |= out.annotations
    if not out.cache:
        entry["cache"] = False
    entry |= {key: extra[key] for key in ("metric", "plot") if extra.get(key)}
    if out.persist:
        entry["persist"] = True
    if out.remote:
        entry["remote"] = out.remote
    if not out.push:
        entry["push"] = False
    if with_files:
        entry["files"] = extra["files"]
    return entry


def _own_md5(value: Mapping[str, Any]) -> str:
    """The md5 that an import keeps of itself."""

    def strip(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: strip(inner) for key, inner in item.items() if key not in _UNHASHED}
        if isinstance(item, list):
            return [strip(inner) for inner in item]
        return item

    left = strip({key: item for key, item in value.items() if key not in ("md5", "meta", "desc")})
    text = json.dumps(left, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
