"""From a file or folder to its hash."""

from __future__ import annotations

import stat as statlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from padauk.core.errors import InputError
from padauk.core.events import SILENT
from padauk.objects.hashing import SMALL, Hashed, hash_file
from padauk.objects.info import HashInfo
from padauk.objects.jobs import for_each
from padauk.objects.state import NoState, Seen, StateRow, seen, settled
from padauk.objects.tree import Tree
from padauk.objects.walk import Ignore, must_look, walk

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from padauk.core.events import Reporter


@dataclass(frozen=True)
class Built:
    """What a path holds.

    Attributes:
        info: its hash, size and number of files.
        tree: the listing of a folder; ``None`` for a file.
    """

    info: HashInfo
    tree: Tree | None = None


def build(
    path: str,
    *,
    state: NoState | None = None,
    ignore: Ignore | None = None,
    legacy: bool = False,
    reporter: Reporter = SILENT,
) -> Built:
    """Hash what is at the absolute ``path``; writes nothing but ``state``.

    Args:
        path: a file or a folder.
        state: what is known from before; files that still look the same are not read.
        ignore: what to leave out of a folder.
        legacy: hash as DVC 2 did (see :class:`HashInfo`).
        reporter: hears of long work.

    Raises:
        NotFoundError: nothing is there.
        InputError: a broken link, something that is neither file nor folder, a ``.dvcignore`` in the folder.
        ConflictError: a file changed while it was read.
    """
    state = state or NoState()
    found = must_look(path)
    if statlib.S_ISDIR(found.st_mode):
        tree = hash_folder(path, state=state, ignore=ignore, legacy=legacy, reporter=reporter)
        return Built(tree.info, tree)
    return Built(_build_file(path, found, state, legacy, reporter))


def hash_folder(
    path: str,
    *,
    state: NoState,
    ignore: Ignore | None = None,
    legacy: bool = False,
    reporter: Reporter = SILENT,
) -> Tree:
    """The listing of the folder at ``path``. Errors as :func:`build`."""
    folder = Folder.look(path, state, ignore, legacy=legacy)
    folder.read(
        folder.unknown,
        lambda name, advance: hash_file(name, legacy=legacy, advance=advance),
        "Hashing",
        reporter,
    )
    return folder.tree()


class Found(NamedTuple):
    """A file of a folder as it looks; ``path`` is relative to the folder, with ``/``."""

    path: str
    inode: int
    mtime_ns: int
    size: int


class Folder:
    """A folder in work: what is there, which hashes are known, which are to be found by reading."""

    def __init__(self, path: str, state: NoState, *, legacy: bool = False) -> None:
        self.path = path
        self.legacy = legacy
        self.known: list[tuple[str, str, int]] = []
        self.unknown: list[Found] = []
        self._state = state
        self._rows: list[StateRow] = []

    @classmethod
    def look(cls, path: str, state: NoState, ignore: Ignore | None, *, legacy: bool = False) -> Folder:
        """Walk the folder and ask the state."""
        folder = cls(path, state, legacy=legacy)
        remembered = state.below(path, legacy=legacy)
        get = remembered.get
        known = folder.known
        for file in walk(path, ignore):
            md5 = get(file)
            if md5 is not None:
                known.append((file[0], md5, file[3]))
            else:
                folder.unknown.append(Found(*file))
        return folder

    def read(
        self,
        files: Sequence[Found],
        work: Callable[[str, Callable[[int], None]], Hashed],
        label: str,
        reporter: Reporter,
    ) -> None:
        """Do ``work`` (which hashes) to ``files``; what it tells goes to :attr:`known` and the state."""
        if not files:
            return
        let_settle(files)
        rows = self._rows
        known = self.known

        def one(file: Found) -> None:
            name = f"{self.path}/{file.path}"
            hashed = work(name, advance)
            known.append((file.path, hashed.md5, hashed.found.size))
            if hashed.settled:
                rows.append(StateRow(name, *hashed.found, hashed.md5))

        with reporter.task(label, sum(file.size for file in files), "bytes") as progress:
            advance = progress.advance
            try:
                for_each(one, files)
            finally:
                # what was read before an error or Ctrl-C is known the next time
                self._state.save_many(rows, legacy=self.legacy)
                rows.clear()

    def tree(self) -> Tree:
        """The listing, once all is known."""
        return Tree.of(self.known, legacy=self.legacy)


def let_settle(files: Sequence[Found]) -> None:
    """Wait a tick when large files are so new that their hash could not be remembered."""
    now = time.time_ns()
    newest = max((file.mtime_ns for file in files if file.size > SMALL), default=0)
    if newest % 1_000_000_000 and not settled(newest, now):
        time.sleep(min(max((newest - now) / 1e9, 0.0) + 0.021, 0.1))


def _build_file(
    path: str, found: os.stat_result, state: NoState, legacy: bool, reporter: Reporter
) -> HashInfo:
    check_regular(path, found)
    facts = seen(found)
    md5 = state.get(path, facts, legacy=legacy)
    if md5 is None:
        let_settle([Found("", *facts)])
        with reporter.task("Hashing", found.st_size, "bytes") as progress:
            hashed = hash_file(path, legacy=legacy, advance=progress.advance)
        remember(state, path, hashed, legacy=legacy)
        md5, facts = hashed.md5, hashed.found
    return HashInfo(md5, facts.size, legacy=legacy)


def remember(state: NoState, path: str, hashed: Hashed, *, legacy: bool = False) -> None:
    """Save the hash of one file, if it can be trusted later."""
    if hashed.settled:
        state.save_many([StateRow(path, *hashed.found, hashed.md5)], legacy=legacy)


def check_regular(path: str, found: os.stat_result) -> None:
    """Refuse sockets, pipes and devices."""
    if not statlib.S_ISREG(found.st_mode):
        raise InputError(f"{path!r} is neither a file nor a folder")


__all__ = ["Built", "Folder", "Seen", "build", "hash_folder"]
