"""``.dvcignore``: gitignore rules, a file of them in any folder, that hide paths from every walk.

``.git``, ``.hg`` and ``.dvc`` are hidden always, and so is a folder that is a DVC repository of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = ".dvcignore"
_HIDDEN_FOLDERS = frozenset({".git", ".hg", ".dvc"})
_HIDDEN_FILES = frozenset({".git"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What is hidden directly inside one folder.

    Attributes:
        specs: rule files in force, the nearest first: the folder's path relative to the rule file's folder,
            with a ``/`` at the end when not empty, and the rules.
    """

    specs: tuple[tuple[str, Any], ...] = ()

    def hides(self, name: str, is_dir: bool) -> bool:
        """Whether the entry ``name`` of the folder is hidden."""
        if name in (_HIDDEN_FOLDERS if is_dir else _HIDDEN_FILES):
            return True
        end = "/" if is_dir else ""
        for prefix, spec in self.specs:
            said = spec.check_file(f"{prefix}{name}{end}").include
            if said is not None:
                return bool(said)
        return False


class Ignore:
    """The rules of one repository; folders are absolute paths without ``/`` at the end."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._rules: dict[str, Rules] = {}

    def rules(self, folder: str) -> Rules:
        """The rules in force inside ``folder``."""
        found = self._rules.get(folder)
        if found is None:
            above = Rules()
            if folder != self.root and folder.startswith(self.root.rstrip("/") + "/"):
                parent, _, name = folder.rpartition("/")
                above = self.rules(parent or "/")
                above = Rules(tuple((f"{prefix}{name}/", spec) for prefix, spec in above.specs))
            spec = None if above.hides(FILE, False) else _read(os.path.join(folder, FILE))
            found = Rules((("", spec), *above.specs)) if spec is not None else above
            self._rules[folder] = found
        return found

    def inside(self, folder: str) -> Callable[[str, bool], bool]:
        """Tells of ``(name, is_folder)`` in ``folder`` whether it is hidden, for walks that go by folder."""
        hides = self.rules(folder).hides

        def left_out(name: str, is_dir: bool) -> bool:
            return hides(name, is_dir) or (is_dir and self._is_repository(f"{folder}/{name}"))

        return left_out

    def filter(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        """``dirs`` and ``files`` in ``folder`` without the hidden ones."""
        left_out = self.inside(folder)
        return (
            [name for name in dirs if not left_out(name, True)],
            [name for name in files if not left_out(name, False)],
        )

    def hides(self, path: str, *, is_dir: bool | None = None) -> bool:
        """Whether ``path`` (absolute) or a folder above it, up to the root, is hidden."""
        inside = os.path.relpath(path, self.root)
        if inside == "." or inside.startswith(".."):
            return False
        here = self.root
        parts = inside.split("/")
        for place, name in enumerate(parts, 1):
            last = place == len(parts)
            folder = (os.path.isdir(path) if is_dir is None else is_dir) if last else True
            if self.rules(here).hides(name, folder):
                return True
            here = f"{here}/{name}"
        return False

    def _is_repository(self, folder: str) -> bool:
        return folder != self.root and os.path.isdir(folder + "/.dvc")


def _read(path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 text") from error
    rules = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    if not rules:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(rules)
    except ValueError as error:
        raise FormatError(f"{path}: {error}", hint="the rules are those of .gitignore") from error
