"""Look at a folder: which files are there, and what the file system says of each."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Protocol

from padauk.core.errors import InputError, NotFoundError
from padauk.objects.state import signed
from padauk.storage.failures import explain

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.objects.state import Place

IGNORE_FILE = ".dvcignore"


class Ignore(Protocol):
    """Which names in a tracked folder to leave out."""

    def inside(self, folder: str) -> Callable[[str, bool], bool] | None:
        """For the absolute path of a folder: tells of ``(name, is_folder)`` whether to leave it out.

        ``None`` when nothing in this folder itself is left out (asked again for each folder below).
        """
        ...


def walk(root: str, ignore: Ignore | None = None) -> list[Place]:
    """The files below ``root``, in no order.

    Links to files are followed, links to folders are left out, as DVC does.

    Raises:
        InputError: a broken link, something that is neither file nor folder, or a ``.dvcignore`` below.
        NotFoundError: no such folder.
    """
    files: list[Place] = []
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        left_out = ignore.inside(folder) if ignore is not None else None
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if left_out is None or not left_out(name, True):
                            folders.append((f"{prefix}{name}/", f"{folder}/{name}"))
                        continue
                    if left_out is not None and left_out(name, False):
                        continue
                    if name == IGNORE_FILE:
                        raise InputError(
                            f"{IGNORE_FILE} must not lie inside a tracked folder: {entry.path!r}",
                            hint=f"put its lines into the {IGNORE_FILE} of a folder above",
                        )
                    facts = entry.stat(follow_symlinks=False)
                    if not S_ISREG(facts.st_mode):
                        followed = _follow(entry)
                        if followed is None:
                            continue
                        facts = followed
                    files.append((prefix + name, signed(facts.st_ino), facts.st_mtime_ns, facts.st_size))
        except OSError as error:
            raise explain(error, "list", folder) from error
    return files


def look(path: str) -> os.stat_result | None:
    """``os.stat`` (links followed), ``None`` when nothing is there.

    Raises:
        InputError: a broken link.
    """
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.islink(path):
            raise InputError(
                f"{path!r} is a broken link", hint="remove it, or restore what it points to"
            ) from None
        return None
    except OSError as error:
        raise explain(error, "look at", path) from error


def must_look(path: str) -> os.stat_result:
    """As :func:`look`, but nothing there is a ``NotFoundError``."""
    found = look(path)
    if found is None:
        raise NotFoundError(f"no such file or folder: {path!r}")
    return found


def _follow(entry: os.DirEntry[str]) -> os.stat_result | None:
    """What a link leads to, if it is a file; ``None`` for a folder."""
    facts = look(entry.path) if entry.is_symlink() else entry.stat()
    if facts is None or S_ISDIR(facts.st_mode):
        return None
    if not S_ISREG(facts.st_mode):
        raise InputError(f"{entry.path!r} is neither a file nor a folder", hint="move it away, or ignore it")
    return facts
