"""The repository as a value that is opened once and handed to the rooms."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, NotARepositoryError
from padauk.objects import DEFAULT_LINKS, Odb, State, parse_links
from padauk.repo.config import Config, ConfigDirs
from padauk.repo.ignore import Ignore
from padauk.repo.lock import FileLock, PathLocks
from padauk.scm import Git

if TYPE_CHECKING:
    from typing import Self

    from padauk.objects import LinkType


class Repo:
    """A folder with ``.dvc`` in it. Nothing is read before it is asked for.

    Attributes:
        root: the folder, absolute, links resolved above it only as the caller did.
        dvc_dir: ``ROOT/.dvc``.
        tmp_dir: ``ROOT/.dvc/tmp``; may not exist yet.
        own_dir: ``ROOT/.dvc/tmp/padauk``, for what can be thrown away; may not exist yet.
        config: DVC's settings.
    """

    def __init__(self, root: str, *, dirs: ConfigDirs | None = None) -> None:
        self.root = root
        self.dvc_dir = os.path.join(root, ".dvc")
        self.tmp_dir = os.path.join(self.dvc_dir, "tmp")
        self.own_dir = os.path.join(self.tmp_dir, "padauk")
        self.config = Config(self.dvc_dir, dirs)

    @classmethod
    def open(cls, start: str | os.PathLike[str] | None = None, *, dirs: ConfigDirs | None = None) -> Self:
        """The repository that holds the folder ``start`` (default: the current one).

        Args:
            start: where to look, then in the folders above.
            dirs: where settings outside of the repository lie.

        Raises:
            NotARepositoryError: no ``.dvc`` here or above.
        """
        here = beginning = os.path.abspath(start if start is not None else os.curdir)
        while not os.path.isdir(os.path.join(here, ".dvc")):
            above = os.path.dirname(here)
            if above == here:
                raise NotARepositoryError(
                    f"{beginning} is not in a repository", hint="'padauk init' makes one"
                )
            here = above
        return cls(here, dirs=dirs)

    @classmethod
    def init(cls, root: str, *, no_scm: bool = False, subdir: bool = False, force: bool = False) -> Repo:
        """Make a new repository in the folder ``root``: see :func:`padauk.repo.init.init`."""
        from padauk.repo.init import init

        return init(root, no_scm=no_scm, subdir=subdir, force=force)

    def close(self) -> None:
        """Stop helper processes and close the state database."""
        for name in ("scm", "state"):
            held = self.__dict__.pop(name, None)
            if held is not None:
                held.close()

    @functools.cached_property
    def scm(self) -> Git | None:
        """The git repository around this one; ``None`` without one, or with ``core.no_scm``."""
        return None if self.config.flag("core", "no_scm") else Git.find(self.root)

    @functools.cached_property
    def cache(self) -> Odb:
        """The objects: ``cache.dir``, else ``.dvc/cache``."""
        folder = self.config.get("cache", "dir") or os.path.join(self.dvc_dir, "cache")
        shared = self.config.get("cache", "shared") == "group"
        return Odb(folder, shared=shared, state=self.state)

    @functools.cached_property
    def state(self) -> State:
        """What is known of the hashes of workspace files."""
        return State(os.path.join(self.own_dir, "state.db"))

    @property
    def links(self) -> tuple[LinkType, ...]:
        """``cache.type``: how files come from the cache into the workspace, best first."""
        named = self.config.link_types
        return parse_links(named) if named else DEFAULT_LINKS

    @functools.cached_property
    def ignore(self) -> Ignore:
        """The rules of ``.dvcignore``."""
        return Ignore(self.root)

    @functools.cached_property
    def _lock(self) -> FileLock:
        return FileLock(os.path.join(self.tmp_dir, "lock"))

    def lock(self) -> FileLock:
        """The lock to hold while changing the repository (a context manager, re-entrant)."""
        return self._lock

    @functools.cached_property
    def path_locks(self) -> PathLocks:
        """The table of paths that running stage commands use."""
        return PathLocks(self.tmp_dir)

    def rel(self, path: str) -> str:
        """``path`` (absolute) from the root, with ``/``; what lies outside keeps its absolute form."""
        inside = self.root.rstrip("/") + "/"
        return path.removeprefix(inside) if path.startswith(inside) else "." if path == self.root else path

    def holds(self, path: str) -> bool:
        """Whether ``path`` (absolute) is inside the root."""
        return path.startswith(self.root.rstrip("/") + "/")

    def absolute(self, path: str) -> str:
        """A path given by a person, relative to the current folder, as an absolute one inside the root.

        Raises:
            InputError: it lies outside.
        """
        found = os.path.abspath(path)
        if not self.holds(found) and found != self.root:
            raise InputError(
                f"{path} is outside of the repository ({self.root})",
                hint="move or copy it into the repository",
            )
        return found
