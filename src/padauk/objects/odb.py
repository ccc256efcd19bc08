"""The cache: objects by their hash, in DVC's layout."""

from __future__ import annotations

import contextlib
import os
import stat as statlib
from typing import TYPE_CHECKING

from padauk.core.errors import CorruptError, ObjectMissingError
from padauk.core.points import point
from padauk.objects.hashing import Hashed, copy_hashed, hash_file, md5_hex, read_small
from padauk.objects.info import HashInfo, check_md5
from padauk.objects.state import NoState, StateRow, seen
from padauk.objects.tree import Tree
from padauk.storage.failures import explain
from padauk.storage.scratch import Scratch, write_all, write_new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MODE = 0o444
"""Mode of an object: what has it was whole when it was published, and nobody wrote to it since."""

SCRATCH = "tmp"
"""Folder below the cache for names in the making; DVC looks at two-letter folders and ``files``, ``runs``."""

_FANOUT = 256
_GROUP = 0o2775


class Odb:
    """The objects below a cache folder: ``files/md5/xx/<30 digits>``, and DVC 2's ``xx/<30 digits>``.

    Args:
        path: the cache folder (``.dvc/cache``); made when something is written.
        shared: ``cache.shared = group``: folders are made for the group to write in.
        state: remembers which objects were found whole, so that large ones are not read twice for it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, shared: bool = False, state: NoState | None = None
    ) -> None:
        self.path = os.path.abspath(path)
        self.shared = shared
        self._state = state or NoState()
        self._whole: dict[str, StateRow] = {}
        self._noted: list[tuple[StateRow, bool]] = []
        self._roots = {False: f"{self.path}/files/md5", True: self.path}
        self._objects = f"{self.path}/files/md5/"
        self._make_folder = _make_group_folder if shared else _make_own_folder
        self._scratch = Scratch(f"{self.path}/{SCRATCH}", "padauk-", self._make_folder)

    def path_of(self, info: HashInfo | str) -> str:
        """The file that holds the object, there or not; a ``str`` is an md5 of this generation."""
        if isinstance(info, HashInfo):
            return self._path(info.value, legacy=info.legacy)
        return self._path(info)

    def exists(self, info: HashInfo | str) -> bool:
        """Whether the object is there. Its bytes are looked at when they are used."""
        return os.path.isfile(self.path_of(info))

    def exists_many(self, values: Iterable[str], *, legacy: bool = False) -> set[str]:
        """Those of ``values`` (md5s, also ``….dir``) that are there."""
        wanted = values if isinstance(values, set | frozenset) else set(values)
        root = self._roots[legacy]
        if len(wanted) < 4 or self._outnumbers(root, len(wanted)):
            return {value for value in wanted if os.path.isfile(self._path(value, legacy=legacy))}
        found: set[str] = set()
        for start in {value[:2] for value in wanted}:
            try:
                found.update([start + name for name in os.listdir(f"{root}/{start}")])
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise explain(error, "list", f"{root}/{start}") from error
        return found & wanted

    def read_tree(self, info: HashInfo) -> Tree:
        """The listing of a folder; a broken one is dropped from the cache.

        Raises:
            ObjectMissingError: not in the cache.
            CorruptError: its bytes do not match its name.
        """
        path = self.path_of(info)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except FileNotFoundError as error:
            raise ObjectMissingError(
                f"the listing {info.value} is not in the cache", hint="fetch or pull it from a remote"
            ) from error
        except OSError as error:
            raise explain(error, "read", path) from error
        if md5_hex(data) != info.value.removesuffix(".dir"):
            self.drop(info)
            raise CorruptError(
                f"the cache's copy of {info.value} was damaged and has been removed",
                hint="fetch or pull it again",
            )
        return Tree.from_bytes(data, legacy=info.legacy)

    def write_tree(self, tree: Tree) -> HashInfo:
        """Keep a listing; its files should be here before it."""
        point("objects.tree.before")
        info = tree.info
        if not self.exists(info):
            self.put_bytes(info, tree.to_bytes())
        point("objects.tree.after")
        return info

    def put_bytes(self, info: HashInfo, data: bytes) -> None:
        """Keep ``data``, whose name the caller has made sure of."""
        temporary = self.temporary()
        try:
            write_new(temporary, MODE, data)
        except OSError as error:
            raise explain(error, "write to", self.path) from error
        self.publish(temporary, info)

    def put_file(
        self, path: str, *, have: set[str] | None = None, advance: Callable[[int], None] | None = None
    ) -> Hashed:
        """Hash the file at ``path`` and keep a copy of the very bytes that were hashed.

        Args:
            path: absolute path of the file.
            have: what :meth:`listing` told, if it did; grows by what is put.
            advance: hears how many bytes were read.

        Raises:
            ConflictError: the file changed while it was read.
        """
        small = read_small(path)
        if small is None:
            return self._put_large(path, advance)
        data, hashed = small
        md5 = hashed.md5
        point("objects.put.read")
        if (have is not None and md5 not in have) or not self._holds(md5, len(data)):
            temporary = self._scratch.name()
            try:
                write_new(temporary, MODE, data)
            except OSError as error:
                raise explain(error, "write to", self.path) from error
            self._rename(temporary, f"{self._objects}{md5[:2]}/{md5[2:]}")
            if have is not None:
                have.add(md5)
        if advance is not None:
            advance(len(data))
        return hashed

    def _put_large(self, path: str, advance: Callable[[int], None] | None) -> Hashed:
        temporary = self.temporary()
        hashed = copy_hashed(path, temporary, mode=MODE, advance=advance)
        if self._holds(hashed.md5, hashed.found.size):
            os.unlink(temporary)
        else:
            self.publish(temporary, HashInfo(hashed.md5))
            self.note_whole(HashInfo(hashed.md5))
        return hashed

    def adopt(self, path: str, *, advance: Callable[[int], None] | None = None) -> Hashed:
        """As :meth:`put_file`, but the object becomes a hard link of ``path``, which turns read-only.

        Falls back to a copy for links, for files with other names elsewhere, and across disks.
        """
        found = os.lstat(path)
        temporary = self.temporary()
        try:
            if found.st_nlink != 1 or not statlib.S_ISREG(found.st_mode):
                return self.put_file(path, advance=advance)
            os.link(path, temporary)
        except OSError:
            return self.put_file(path, advance=advance)
        hashed = hash_file(temporary, advance=advance)
        if self._holds(hashed.md5, hashed.found.size):
            os.unlink(temporary)
        else:
            os.chmod(temporary, MODE)
            self.publish(temporary, HashInfo(hashed.md5))
            self.note_whole(HashInfo(hashed.md5))
        return hashed

    def make(self) -> None:
        """Make the cache folder, if it is not there."""
        try:
            self._make_folder(self.path)
        except OSError as error:
            raise explain(error, "make the cache folder", self.path) from error

    def temporary(self) -> str:
        """A new name on the cache's disk, to be given to :meth:`publish`."""
        return self._scratch.name()

    @contextlib.contextmanager
    def writing(self, temporary: str) -> Iterator[Callable[[bytes], None]]:
        """Make the file ``temporary`` with the mode of an object; gives the function that appends to it."""

        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
            try:
                yield lambda data: write_all(fd, data)
            finally:
                os.close(fd)
        except OSError as error:
            raise explain(error, "write to", self.path) from error

    def publish(self, temporary: str, info: HashInfo) -> None:
        """Give a complete file its name; replaces what was there."""
        self._rename(temporary, self.path_of(info))

    def _rename(self, temporary: str, final: str) -> None:
        point("objects.publish.before")
        try:
            try:
                os.rename(temporary, final)
            except FileNotFoundError:
                self._make_folder(os.path.dirname(final))
                os.rename(temporary, final)
        except OSError as error:
            raise explain(error, "write to the cache", final) from error
        point("objects.publish.after")

    def listing(self, wanted: int) -> set[str] | None:
        """All md5s (of this generation), if telling them costs less than ``wanted`` looks; else ``None``."""
        root = self._roots[False]
        if self._outnumbers(root, wanted):
            return None
        found: set[str] = set()
        for number in range(_FANOUT):
            start = f"{number:02x}"
            try:
                found.update([start + name for name in os.listdir(f"{root}/{start}")])
            except OSError:
                continue
        return found

    def note_whole(self, info: HashInfo, found: os.stat_result | None = None) -> None:
        """Note that the object's bytes, as they lie there (or were ``found``), are those of its name."""
        path = self.path_of(info)
        with contextlib.suppress(OSError):
            row = StateRow(path, *seen(found or os.stat(path)), info.value)
            self._whole[path] = row
            self._noted.append((row, info.legacy))

    def is_whole(self, info: HashInfo, found: os.stat_result) -> bool:
        """Whether the object, which looks like ``found``, is known to be whole and unwritten since."""
        if statlib.S_IMODE(found.st_mode) != MODE:
            return False
        path = self.path_of(info)
        facts = seen(found)
        row = self._whole.get(path)
        if row is not None:
            return row[1:4] == facts
        return self._state.get(path, facts, legacy=info.legacy) == info.value

    def remember(self) -> None:
        """Write down what was noted; called at the end of each verb."""
        noted, self._noted = self._noted, []
        for legacy in (False, True):
            self._state.save_fresh([row for row, kind in noted if kind is legacy], legacy=legacy)

    def verify(self, info: HashInfo) -> bool:
        """Read the object and compare; ``False`` if damaged (it stays), ``NotFoundError`` if missing."""
        hashed = hash_file(self.path_of(info), legacy=info.legacy and not info.is_dir)
        return hashed.md5 == info.value.removesuffix(".dir")

    def protected(self, info: HashInfo) -> bool:
        """Whether the object has the mode that says nobody wrote to it."""
        try:
            return statlib.S_IMODE(os.stat(self.path_of(info)).st_mode) == MODE
        except OSError:
            return False

    def drop(self, info: HashInfo) -> None:
        """Remove a damaged object so that it can be fetched again; not there is fine."""
        path = self.path_of(info)
        try:
            os.unlink(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise explain(error, "remove", path) from error

    def close(self) -> None:
        """Remove temporary files."""
        self._scratch.close()

    def _path(self, value: str, *, legacy: bool = False) -> str:
        if len(value) != 32:
            check_md5(value)
        return f"{self._roots[legacy]}/{value[:2]}/{value[2:]}"

    def _holds(self, value: str, size: int) -> bool:
        """Whether a trustworthy object of this name and size is there already."""
        try:
            found = os.stat(self._path(value))
        except FileNotFoundError:
            return False
        return found.st_size == size and statlib.S_IMODE(found.st_mode) == MODE

    def _outnumbers(self, root: str, wanted: int) -> bool:
        """Whether the cache is so large that listing it costs more than ``wanted`` looks."""
        if wanted > 64 * _FANOUT:
            return False
        try:
            return os.stat(f"{root}/00").st_size > 40 * 20 * wanted // _FANOUT + 4096
        except OSError:
            return wanted < 64


def _make_group_folder(folder: str) -> None:
    """Make a folder and those above it, for the group to write in."""
    made = []
    while not os.path.isdir(folder):
        made.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(made):
        os.makedirs(path, exist_ok=True)
        os.chmod(path, _GROUP)


def _make_own_folder(folder: str) -> None:
    os.makedirs(folder, exist_ok=True)
