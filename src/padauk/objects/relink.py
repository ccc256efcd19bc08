"""Put one object into the workspace, by the link type that was decided."""

from __future__ import annotations

import contextlib
import os
import stat as statlib
from typing import TYPE_CHECKING

from padauk.core.errors import CorruptError, NotFoundError, ObjectMissingError
from padauk.core.points import point
from padauk.objects.hashing import SMALL, copy_hashed, hash_file
from padauk.objects.info import HashInfo
from padauk.objects.links import SHARED, decide, make, reflink
from padauk.objects.odb import MODE
from padauk.objects.state import StateRow, seen
from padauk.storage.failures import explain
from padauk.storage.scratch import Scratch, copy_new

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.objects.build import Built
    from padauk.objects.links import LinkType
    from padauk.objects.odb import Odb
    from padauk.objects.state import NoState


class Linker:
    """Places objects of ``cache`` at workspace paths near ``path``; close it after.

    Args:
        cache: where the objects are.
        path: the output's absolute path; temporary names are made beside it.
        links: link types in order of preference.
        legacy: the objects are DVC 2's.
    """

    def __init__(self, cache: Odb, path: str, links: tuple[LinkType, ...], *, legacy: bool = False) -> None:
        folder, name = os.path.split(path)
        if os.path.ismount(path):
            folder = path  # a disk of its own: names can only be moved within it
        self._cache = cache
        self._legacy = legacy
        self._scratch = Scratch(folder, f".{name}.padauk-")
        self.link: LinkType = "copy"
        if links[0] != "copy":
            os.makedirs(folder, exist_ok=True)
            cache.make()
            self.link = decide(links, cache.path, folder, self._scratch.name())

    def place(
        self,
        md5: str,
        target: str,
        *,
        executable: bool = False,
        advance: Callable[[int], None] | None = None,
    ) -> StateRow:
        """Make ``target`` (in an existing folder; a file there is replaced) hold the object ``md5``.

        Raises:
            ObjectMissingError: not in the cache.
            CorruptError: the cache's bytes are not those of its name; the object is dropped.
        """
        info = HashInfo(md5, legacy=self._legacy)
        source = self._cache.path_of(info)
        temporary = self._scratch.name()
        try:
            if self.link == "copy" or (executable and self.link in SHARED):
                # (the mode of a shared file is the object's)
                self._copy(info, source, temporary, advance)
            else:
                self._link(info, source, temporary, advance)
            if executable:
                _make_executable(temporary)
            facts = seen(os.stat(temporary))
            point("objects.place.before")
            os.rename(temporary, target)
        except (NotFoundError, FileNotFoundError) as error:
            if not os.path.lexists(source):
                raise ObjectMissingError(f"{md5} is not in the cache", hint="fetch or pull it") from error
            if isinstance(error, NotFoundError):
                raise
            raise explain(error, "write", target) from error
        except OSError as error:
            raise explain(error, "write", target) from error
        point("objects.place.after")
        return StateRow(target, *facts, md5)

    def fits(self, md5: str, path: str) -> bool:
        """Whether the file at ``path``, which holds ``md5``, already shares its bytes in the decided way."""
        source = self._cache.path_of(HashInfo(md5, legacy=self._legacy))
        try:
            mine = os.lstat(path)
            theirs = os.lstat(source)
        except OSError:
            return False
        if self.link == "symlink":
            return statlib.S_ISLNK(mine.st_mode) and os.path.realpath(path) == os.path.realpath(source)
        if statlib.S_ISLNK(mine.st_mode):
            return False
        return os.path.samestat(mine, theirs) == (self.link == "hardlink")

    def close(self) -> None:
        """Remove temporary names, and remember what was found whole."""
        self._scratch.close()
        self._cache.remember()

    def _copy(
        self, info: HashInfo, source: str, temporary: str, advance: Callable[[int], None] | None
    ) -> None:
        found = os.stat(source)
        if found.st_size > SMALL and self._cache.is_whole(info, found):
            copy_new(source, temporary, 0o666, advance=advance)
            return
        copied = copy_hashed(source, temporary, mode=0o666, legacy=self._legacy, advance=advance)
        if copied.md5 != info.value:
            raise self._damaged(info)
        if found.st_size > SMALL:
            self._cache.note_whole(info, found)

    def _link(
        self, info: HashInfo, source: str, temporary: str, advance: Callable[[int], None] | None
    ) -> None:
        found = os.stat(source)
        if not self._cache.is_whole(info, found):
            # it is handed out as it is, so it is read once before
            if hash_file(source, legacy=self._legacy).md5 != info.value:
                raise self._damaged(info)
            with contextlib.suppress(OSError):
                os.chmod(source, MODE)
            self._cache.note_whole(info, found)
        if self.link == "reflink":
            reflink(source, temporary)
        else:
            make(self.link, source, temporary)
        if advance is not None:
            advance(found.st_size)

    def _damaged(self, info: HashInfo) -> CorruptError:
        self._cache.drop(info)
        return CorruptError(
            f"the cache's copy of {info.value} was damaged and has been removed",
            hint="fetch or pull it again",
        )


def relink(path: str, built: Built, linker: Linker, *, state: NoState, before: int) -> None:
    """Replace the files at ``path``, whose objects are in the cache, by links where links are wanted.

    Copies and reflinks stay as they are: they already are what they should be. A file that was written at or
    after ``before`` (ns since 1970) is left alone: it may not be what was hashed.
    """
    if linker.link not in SHARED:
        return
    rows = []
    files = (
        [("", built.info.value)]
        if built.tree is None
        else zip(built.tree.paths, built.tree.md5s, strict=True)
    )
    for name, md5 in files:
        target = f"{path}/{name}" if name else path
        if os.stat(target).st_mtime_ns >= before:
            continue
        if not linker.fits(md5, target):
            rows.append(linker.place(md5, target))
    state.save_fresh(rows)


def _make_executable(path: str) -> None:
    mode = os.stat(path).st_mode
    if mode & 0o111 != 0o111 & (mode >> 2):
        os.chmod(path, statlib.S_IMODE(mode) | (mode & 0o444) >> 2)
