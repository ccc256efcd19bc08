"""What changed between two versions of the tracked data: commits, or a commit and the workspace."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import CorruptError, ObjectMissingError
from padauk.core.events import SILENT
from padauk.objects import build

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.core.events import Reporter
    from padauk.data.selection import Selection
    from padauk.objects import Tree
    from padauk.repo import Output, Repo


@dataclass
class Version:
    """The tracked paths of one version.

    Attributes:
        hashes: path from the repository's root (a folder ends in ``/``) to hash.
        unknown: folders whose listing is not in the cache: what is in them is not known.
    """

    hashes: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class DataDiff:
    """Paths are as in :class:`Version`; each with its hash.

    Attributes:
        added: only after.
        deleted: only before.
        modified: in both, ``(path, old hash, new hash)``.
        renamed: ``(old path, new path, hash)``; such are in neither ``added`` nor ``deleted``.
        not_in_cache: of the paths before, those whose bytes the cache does not hold.
    """

    added: tuple[tuple[str, str], ...] = ()
    deleted: tuple[tuple[str, str], ...] = ()
    modified: tuple[tuple[str, str, str], ...] = ()
    renamed: tuple[tuple[str, str, str], ...] = ()
    not_in_cache: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.deleted or self.modified or self.renamed or self.not_in_cache)

    def to_json(self, *, hashes: bool = False, missing: bool = True) -> dict[str, list[dict[str, Any]]]:
        """DVC's shape; ``{}`` when nothing changed."""
        if not self:
            return {}

        def one(path: Any, value: Any) -> dict[str, Any]:
            return {"path": path, "hash": value} if hashes else {"path": path}

        shape = {
            "added": [one(*entry) for entry in self.added],
            "deleted": [one(*entry) for entry in self.deleted],
            "modified": [one(path, {"old": old, "new": new}) for path, old, new in self.modified],
            "renamed": [one({"old": old, "new": new}, value) for old, new, value in self.renamed],
        }
        if missing:
            shape["not in cache"] = [one(*entry) for entry in self.not_in_cache]
        return shape


def recorded(repo: Repo, selections: Iterable[Selection]) -> Version:
    """The version that declarations record."""
    version = Version()
    for selection in selections:
        info = selection.out.info
        if info is None or not selection.out.cache:
            continue
        tree: Tree | None = None
        if info.is_dir:
            try:
                tree = repo.cache.read_tree(info)
            except (ObjectMissingError, CorruptError):
                version.unknown.add(repo.rel(selection.out.path) + "/")
        _enter(repo, version, selection, info.value, tree)
    return version


def present(repo: Repo, selections: Iterable[Selection], *, reporter: Reporter = SILENT) -> Version:
    """The version that is in the workspace."""
    version = Version()
    for selection in selections:
        out = selection.out
        if not out.cache or not os.path.exists(out.path) or repo.ignore.hides(out.path):
            continue
        legacy = out.info.legacy if out.info is not None else False
        built = build(out.path, state=repo.state, ignore=repo.ignore, legacy=legacy, reporter=reporter)
        _enter(repo, version, selection, built.info.value, built.tree)
    return version


def _enter(repo: Repo, version: Version, selection: Selection, value: str, tree: Tree | None) -> None:
    name = repo.rel(selection.out.path)
    if not value.endswith(".dir"):
        version.hashes[name] = value
        return
    if not selection.inside:
        version.hashes[f"{name}/"] = value
    if tree is not None:
        start = selection.inside + "/"
        for path, md5 in zip(tree.paths, tree.md5s, strict=True):
            if not selection.inside or path == selection.inside or path.startswith(start):
                version.hashes[f"{name}/{path}"] = md5


def compare(repo: Repo, old: Version, new: Version, *, missing: bool = False) -> DataDiff:
    """What changed from ``old`` to ``new``; with ``missing`` also what the cache lacks of ``old``."""
    unknown = tuple(old.unknown | new.unknown)

    def known(path: str) -> bool:
        return not path.startswith(unknown) or path in unknown

    before, after = old.hashes, new.hashes
    added = [path for path in after.keys() - before.keys() if known(path)]
    deleted = [path for path in before.keys() - after.keys() if known(path)]
    modified = [path for path in before.keys() & after.keys() if before[path] != after[path]]
    # a file where a folder was, or the reverse, is one changed path
    for path in [path for path in added if _other_kind(path) in before]:
        added.remove(path)
        deleted.remove(_other_kind(path))
        modified.append(path)
    gone: dict[str, list[str]] = {}
    for path in sorted(deleted, key=_parts, reverse=True):
        gone.setdefault(before[path], []).append(path)
    renamed = [
        (gone[after[path]].pop(), path, after[path])
        for path in sorted(added, key=_parts)
        if gone.get(after[path])
    ]
    sources, targets = {old for old, _, _ in renamed}, {new for _, new, _ in renamed}
    lacking: list[str] = []
    if missing:
        for legacy in (False, True):
            there = repo.cache.exists_many(set(before.values()), legacy=legacy)
            lacking = [path for path in (lacking if legacy else before) if before[path] not in there]
            if not lacking:
                break
    return DataDiff(
        added=tuple((path, after[path]) for path in sorted(added) if path not in targets),
        deleted=tuple((path, before[path]) for path in sorted(deleted) if path not in sources),
        modified=tuple(
            (path, before.get(path) or before[_other_kind(path)], after[path]) for path in sorted(modified)
        ),
        renamed=tuple(sorted(renamed)),
        not_in_cache=tuple((path, before[path]) for path in sorted(lacking)),
    )


def _other_kind(path: str) -> str:
    return path[:-1] if path.endswith("/") else path + "/"


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.rstrip("/").split("/"))


def outs_of(selections: Iterable[Selection]) -> list[Output]:
    """The outputs among ``selections``, each once."""
    return unique(selection.out for selection in selections)


def unique(outs: Iterable[Output]) -> list[Output]:
    """``outs``, each path once."""
    return list({out.path: out for out in outs}.values())
