"""The repository as a source of lineage: the workspace, git's history, and folder listings in the cache."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from padauk.core.events import SILENT, Reporter
from padauk.lineage import history as past
from padauk.lineage.source import Source
from padauk.lineage.values import CommitRef, Execution, Ref, Tracked
from padauk.repo.walk import declarations

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from padauk.repo import Repo

MAX_FOLDERS = 200  # listings that are searched for a file; newest first


@dataclass(frozen=True, slots=True)
class _Place:
    """Declarations of one file in one commit (``None``: the workspace)."""

    file: str
    entries: list[past.Entry]
    commit: CommitRef | None
    current: bool


class RepositorySource(Source):
    """Knows what ``.dvc`` files and dvc.lock tell, now and in every commit that branches or tags reach.

    Args:
        repo: the repository.
        reporter: sees the progress of the first reading.
    """

    def __init__(self, repo: Repo, reporter: Reporter = SILENT) -> None:
        self._repo = repo
        self._reporter = reporter

    # -- the source -----------------------------------------------------------------------------------------

    def makers(self, md5s: Collection[str]) -> Iterator[Execution]:
        for md5 in md5s:
            yield from self._index.makers.get(md5, ())

    def users(self, md5s: Collection[str]) -> Iterator[Execution]:
        for md5 in md5s:
            yield from self._index.users.get(md5, ())

    def find_executions(self, prefix: str) -> Iterator[Execution]:
        for execution in reversed(self._index.executions.values()):
            if execution.name == prefix or execution.digest == prefix:
                yield execution

    def tracked(self, md5s: Collection[str]) -> Iterator[Tracked]:
        for md5 in md5s:
            yield from self._index.tracked.get(md5, {}).values()

    def find_data(self, prefix: str) -> Iterator[Ref]:
        for md5, found in self._index.refs.items():
            if md5.startswith(prefix):
                yield found

    def folders_with(self, md5s: Collection[str]) -> Iterator[tuple[Ref, Ref]]:
        wanted = set(md5s)
        if not wanted:
            return
        for folder in self._folders:
            content = self._listing(folder.md5)
            # a look at the bytes first: parsing a long listing costs far more
            if content and any(md5.encode() in content for md5 in wanted):
                for path, md5 in self.files(folder.md5).items():
                    if md5 in wanted:
                        yield folder, Ref(path, md5)

    # -- paths ----------------------------------------------------------------------------------------------

    def resolve(self, path: str, rev: str | None = None) -> Ref | None:
        """What is tracked at ``path`` (from the root) now or at ``rev``, inside a folder too.

        Raises:
            NotFoundError: there is no such revision.
        """
        places = self._workspace if rev is None else self._at(rev)
        for place in places:
            for entry in place.entries:
                for item in entry.outs:
                    if found := self._within(_ref(item, os.path.dirname(place.file)), path):
                        return found
        return None

    def code(self, path: str, rev: str) -> Ref | None:
        """The file that git itself holds at ``path`` (from the root) in ``rev``: code, that stages read."""
        content = self._repo.scm.read(rev, self._prefix + path) if self._repo.scm else None
        if content is None:
            return None
        return Ref(path, hashlib.md5(content, usedforsecurity=False).hexdigest(), len(content))

    def paths(self) -> list[str]:
        """Every path that is tracked now, to suggest."""
        return [
            _ref(item, os.path.dirname(place.file)).path
            for place in self._workspace
            for entry in place.entries
            for item in entry.outs
        ]

    def versions(self, path: str) -> list[Ref]:
        """Every content that anything ever tracked or read under ``path``, newest first."""
        return [ref for ref in reversed(self._index.refs.values()) if ref.path == path]

    def files(self, folder: str) -> dict[str, str]:
        """Path to md5 for the files of a folder (``….dir``); empty when the cache has no listing of it."""
        from padauk.core.errors import FormatError
        from padauk.objects import Tree

        try:
            return Tree.from_bytes(self._listing(folder) or b"[]").by_path
        except FormatError:
            return {}

    def _within(self, ref: Ref, path: str) -> Ref | None:
        if ref.path == path:
            return ref
        if ref.is_folder and path.startswith(ref.path + "/"):
            md5 = self.files(ref.md5).get(path.removeprefix(ref.path + "/"))
            return Ref(path, md5) if md5 else None
        return None

    @functools.lru_cache(maxsize=64)  # noqa: B019 - the source lives as long as one question
    def _listing(self, md5: str) -> bytes | None:
        for folder in (os.path.join("files", "md5"), ""):
            try:
                with open(os.path.join(self._cache, folder, md5[:2], md5[2:]), "rb") as file:
                    return file.read()
            except (FileNotFoundError, NotADirectoryError):
                continue
        return None

    @functools.cached_property
    def _folders(self) -> list[Ref]:
        """Folders whose listings are searched, newest first."""
        return [ref for ref in reversed(self._index.refs.values()) if ref.is_folder][:MAX_FOLDERS]

    @functools.cached_property
    def _cache(self) -> str:
        return self._repo.config.get("cache", "dir") or os.path.join(self._repo.dvc_dir, "cache")

    # -- what is read ---------------------------------------------------------------------------------------

    @functools.cached_property
    def _prefix(self) -> str:
        """Where the repository's root lies below git's, with a slash at the end."""
        git = self._repo.scm
        where = os.path.relpath(self._repo.root, git.root) if git else "."
        return "" if where == "." else where.replace(os.sep, "/") + "/"

    @functools.cached_property
    def _workspace(self) -> list[_Place]:
        places = []
        texts: dict[bytes, past.Entry] = {}

        def outs_of(path: str) -> list[str]:
            folder, name = os.path.split(path)
            file = path if name.endswith(".dvc") else os.path.join(folder, "dvc.lock")
            try:
                with open(file, "rb") as opened:
                    entries = past.parse(opened.read(), file, texts)
            except FileNotFoundError:
                return []
            places.append(_Place(self._repo.rel(file), entries, None, current=True))
            return [os.path.normpath(f"{folder}/{item.path}") for entry in entries for item in entry.outs]

        for _ in declarations(self._repo, outs_of):
            pass
        return places

    def _at(self, rev: str) -> list[_Place]:
        git = self._repo.scm
        if git is None:
            from padauk.core.errors import NotFoundError

            raise NotFoundError(f"no git repository to look for revision {rev!r} in")
        sha = git.resolve(rev)
        places = []
        for entry in git.ls_tree(sha, self._prefix):
            name = os.path.basename(entry.path)
            if name.endswith(".dvc") or name == "dvc.lock":
                file = entry.path.removeprefix(self._prefix)
                parsed = self._history.of_blob(entry.sha)
                if parsed is None:
                    parsed = past.parse(git.read_object(entry.sha) or b"", file)
                places.append(_Place(file, parsed, CommitRef(sha), current=False))
        return places

    @functools.cached_property
    def _history(self) -> past.History:
        git = self._repo.scm
        cache = os.path.join(self._repo.own_dir, "lineage.msgpack")
        return past.read_history(git, cache, self._reporter) if git else past.History()

    @functools.cached_property
    def _index(self) -> _Index:
        index = _Index()
        history = self._history
        seen: set[tuple[str, int]] = set()
        for step in reversed(history.steps):
            commit = CommitRef(step.sha, step.time, step.author, step.subject)
            for change in step.changes:
                if change.path.startswith(self._prefix):
                    file = change.path.removeprefix(self._prefix)
                    # what an older commit told of this file is told: only the first time counts
                    fresh = [at for at in history.blobs.get(change.blob, ()) if (file, at) not in seen]
                    seen.update((file, at) for at in fresh)
                    entries = [history.entries[at] for at in fresh]
                    index.add(_Place(file, entries, commit, current=False))
        for place in self._workspace:
            index.add(place)
        return index


class _Index:
    """Everything that the repository tells, by md5. Places are added oldest first, the workspace last."""

    def __init__(self) -> None:
        self.refs: dict[str, Ref] = {}
        self.executions: dict[tuple[str, str], Execution] = {}
        self.makers: dict[str, list[Execution]] = {}
        self.users: dict[str, list[Execution]] = {}
        self.tracked: dict[str, dict[tuple[str, str], Tracked]] = {}

    def add(self, place: _Place) -> None:
        folder = os.path.dirname(place.file)
        for entry in place.entries:
            name = f"{folder}/dvc.yaml:{entry.stage}" if folder else entry.stage
            if entry.stage and (entry.digest, name) in self.executions:
                if place.current:
                    for item in entry.outs:
                        self._track(_ref(item, folder), place)
                continue  # nothing that an older commit has not told
            outs = [_ref(item, folder) for item in entry.outs]
            for ref in outs:
                self._track(ref, place)
            if entry.stage:
                self._execution(entry, name, place.commit, outs, [_ref(item, folder) for item in entry.deps])

    def _track(self, ref: Ref, place: _Place) -> None:
        self.refs.setdefault(ref.md5, ref)
        places = self.tracked.setdefault(ref.md5, {})
        known = places.get((ref.path, place.file))
        if known is None or (place.current and not known.current):
            commit = known.commit if known else place.commit
            places[ref.path, place.file] = Tracked(ref, place.file, commit, place.current)

    def _execution(
        self, entry: past.Entry, name: str, commit: CommitRef | None, outs: list[Ref], deps: list[Ref]
    ) -> None:
        execution = Execution(
            id=None,
            digest=entry.digest,
            name=name,
            cmd=entry.cmd,
            params=entry.params,
            deps=tuple(deps),
            outs=tuple(outs),
            commit=commit.sha if commit else None,
            started=commit.time if commit else None,
            user=commit.author if commit else "",
            where="git",
        )
        self.executions[entry.digest, name] = execution
        for ref in deps:
            self.refs.setdefault(ref.md5, ref)
            self.users.setdefault(ref.md5, []).append(execution)
        for ref in outs:
            self.makers.setdefault(ref.md5, []).append(execution)


def _ref(item: past.Item, folder: str) -> Ref:
    path = (
        os.path.normpath(f"{folder}/{item.path}") if folder and not item.path.startswith("/") else item.path
    )
    return Ref(path, item.md5, item.size, item.nfiles)
