"""DVC's settings: system, global, project and local files, later ones winning.

A relative path in a file (``remote … url``, ``cache.dir``, key files) is relative to the folder of that
file; in memory it is absolute.
"""

from __future__ import annotations

import copy
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from padauk.core.errors import FormatError, NotARepositoryError, NotFoundError
from padauk.repo import ini, schema
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from padauk.repo.ini import Value

Level = Literal["system", "global", "project", "local"]
LEVELS: tuple[Level, ...] = ("system", "global", "project", "local")

# section -> option -> value, and for named sections "remote" -> name -> option -> value
Plain = dict[str, "Value"]
Named = dict[str, Plain]

_NAMED = re.compile(r'\s*(remote|machine|db)\s*"(.*)"\s*\Z')


@dataclass(frozen=True)
class ConfigDirs:
    """Folders of the files that are not in the repository; ``None``: leave that level out.

    The doors fill this in (``padauk.config.dvc_dirs``), for it takes the environment to know them.
    """

    system: str | None = None
    user: str | None = None


@dataclass
class File:
    """The content of one file, names folded to lower case as DVC does."""

    plain: dict[str, Plain] = field(default_factory=dict)
    named: dict[str, Named] = field(default_factory=lambda: {kind: {} for kind in schema.NAMED})


@dataclass(frozen=True)
class Remote:
    """A place to push to and pull from.

    Attributes:
        name: as in the config.
        url: ``s3://…``, or the absolute path of a folder; ``remote://`` is resolved.
        options: the other settings of it, as text.
        default: whether it is ``core.remote``.
    """

    name: str
    url: str
    options: dict[str, Value]
    default: bool = False

    @property
    def jobs(self) -> int | None:
        jobs = self.options.get("jobs")
        return int(jobs) if isinstance(jobs, str) else None


class Config:
    """The merged settings of a repository, and the way to change one file of them."""

    def __init__(self, dvc_dir: str | None, dirs: ConfigDirs | None = None) -> None:
        dirs = dirs or ConfigDirs()
        paths: dict[Level, str | None] = {
            "system": dirs.system and os.path.join(dirs.system, "config"),
            "global": dirs.user and os.path.join(dirs.user, "config"),
            "project": dvc_dir and os.path.join(dvc_dir, "config"),
            "local": dvc_dir and os.path.join(dvc_dir, "config.local"),
        }
        self.files: dict[Level, str] = {level: path for level, path in paths.items() if path}
        self._read: dict[Level, File] = {}
        self._merged: File | None = None

    # -- reading

    def level(self, level: Level) -> File:
        """What one file says, paths made absolute; an absent file says nothing."""
        if level not in self._read:
            path = self.files.get(level)
            self._read[level] = _absolute(_load(path), os.path.dirname(path)) if path else File()
        return self._read[level]

    def merged(self) -> File:
        """All levels as one.

        Raises:
            FormatError: a file does not parse, or holds a setting that does not exist.
        """
        if self._merged is None:
            self._merged = self._merge(LEVELS)
        return self._merged

    def unchecked(self) -> File:
        """All levels as one, whatever they hold: for mending them."""
        return self._merge(LEVELS, check=False)

    def _merge(
        self, levels: tuple[Level, ...], *, check: bool = True, instead: dict[Level, File] | None = None
    ) -> File:
        made = File()
        for level in levels:
            one = (instead or {}).get(level) or self.level(level)
            for section, entries in one.plain.items():
                made.plain.setdefault(section, {}).update(entries)
            for kind, sections in one.named.items():
                for name, entries in sections.items():
                    made.named[kind].setdefault(name, {}).update(entries)
            if check:
                self._check(made, level)
        return made

    def _check(self, made: File, level: Level) -> None:
        where = self.files.get(level, "config")
        for section, entries in made.plain.items():
            for option, value in entries.items():
                if wrong := schema.problem(section, None, option, value):
                    raise FormatError(f"{where}: {wrong}", hint="mend the file or remove the line")
            if section not in schema.SECTIONS:
                raise FormatError(f"{where}: unknown section {section!r}", hint="mend the file")
        for name, entries in made.named["remote"].items():
            url = entries.get("url")
            if not isinstance(url, str) or not url:
                raise FormatError(
                    f"{where}: remote {name!r} has no url", hint=f"padauk remote add {name} URL -f"
                )
            for option, value in entries.items():
                if wrong := schema.problem("remote", name, option, value, url):
                    raise FormatError(
                        f"{where}: {wrong}", hint=f"padauk remote modify {name} {option} --unset"
                    )

    def get(self, section: str, option: str) -> str | None:
        """One setting as text; a list is joined by commas; ``None`` when not set."""
        value = self.merged().plain.get(section, {}).get(option)
        return ",".join(value) if isinstance(value, list) else value

    def flag(self, section: str, option: str, default: bool = False) -> bool:
        """A true/false setting."""
        value = self.get(section, option)
        return default if value is None else value.lower() == "true"

    def count(self, section: str, option: str) -> int | None:
        """A number, or ``None`` when not set."""
        value = self.get(section, option)
        return None if value is None else int(value)

    @property
    def link_types(self) -> tuple[str, ...] | None:
        """``cache.type``: how files come from the cache into the workspace, best first; or ``None``."""
        value = self.get("cache", "type")
        return tuple(name.strip() for name in value.split(",")) if value else None

    # -- remotes

    def remotes(self) -> list[Remote]:
        """Every remote there is."""
        return [self.remote(name) for name in self.merged().named["remote"]]

    @property
    def default_remote(self) -> str | None:
        """``core.remote``, folded to lower case."""
        name = self.get("core", "remote")
        return name.lower() if name else None

    def remote(self, name: str | None = None) -> Remote:
        """The remote ``name``, or the default one.

        Raises:
            NotFoundError: there is none of that name, or no default.
        """
        known = self.merged().named["remote"]
        chosen = (name or self.default_remote or "").lower()
        if not chosen:
            hint = f"-r NAME chooses one of {', '.join(known)}; 'padauk remote default NAME' for good"
            raise NotFoundError(
                "no remote given and no default remote set",
                hint=hint if known else "'padauk remote add -d NAME URL' adds one",
            )
        if chosen not in known:
            raise NotFoundError(
                f"there is no remote {chosen!r}",
                hint=f"known: {', '.join(known)}" if known else f"'padauk remote add {chosen} URL' adds it",
            )
        options = dict(known[chosen])
        url = str(options.pop("url"))
        if url.startswith("remote://"):
            parent_name, _, rest = url.removeprefix("remote://").partition("/")
            if parent_name.lower() == chosen:
                raise FormatError(f"remote {chosen!r} names itself in its url")
            parent = self.remote(parent_name)
            url, options = f"{parent.url.rstrip('/')}/{rest}", {**parent.options, **options}
        return Remote(chosen, url, options, default=chosen == self.default_remote)

    # -- writing

    def edit(self, level: Level, change: Callable[[File], None]) -> None:
        """Let ``change`` alter one level, check the outcome, and write its file as DVC would.

        Raises:
            NotARepositoryError: the level belongs to a repository and there is none here.
            FormatError: the outcome holds a setting that does not exist; nothing is written.
        """
        path = self.files.get(level)
        if path is None:
            raise NotARepositoryError(
                f"no place for {level} settings here",
                hint="'padauk init' makes a repository; --global sets it for you",
            )
        content = copy.deepcopy(self.level(level))
        for section in schema.SECTIONS:
            if section not in schema.NAMED:
                content.plain.setdefault(section, {})
        change(content)
        folder = os.path.dirname(path)
        text = ini.dump(_sections(_relative(content, folder)))
        if level in ("project", "local"):
            below: tuple[Level, ...] = LEVELS[: LEVELS.index(level) + 1]
            try:
                self._merge(below, instead={level: _absolute(content, folder)})
            except FormatError as error:
                raise FormatError(error.message, hint="nothing was changed") from None
        os.makedirs(folder, exist_ok=True)
        write_atomic(path, text.encode())
        self._read.pop(level, None)
        self._merged = None


def _load(path: str) -> File:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        return File()
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 text") from error
    content = File()
    for section, entries in ini.parse(text, path).items():
        lowered = {option.lower(): value for option, value in entries.items()}
        if found := _NAMED.match(section.lower()):
            content.named[found[1]][found[2]] = lowered
        else:
            content.plain[section.lower()] = lowered
    return content


def _sections(content: File) -> ini.Sections:
    sections = {name: entries for name, entries in content.plain.items() if entries}
    for kind in schema.NAMED:
        for name, entries in content.named[kind].items():
            sections[f'{kind} "{name}"'] = entries
    return sections


class _RelativePath(str):
    """An absolute path that its file holds relative to itself."""

    __slots__ = ()


class _HomePath(str):
    """An absolute path that its file holds as ``given`` (``~/x``)."""

    __slots__ = ("given",)
    given: str


def _absolute(content: File, folder: str) -> File:
    def one(value: str) -> str:
        if re.match(r"\w+://", value) or os.path.isabs(value):
            return value
        expanded = os.path.expanduser(value)
        if os.path.isabs(expanded):
            home = _HomePath(expanded)
            home.given = value
            return home
        return _RelativePath(os.path.abspath(os.path.join(folder, value)))

    return _map_paths(content, one)


def _relative(content: File, folder: str) -> File:
    def one(value: str) -> str:
        if isinstance(value, _HomePath):
            return value.given
        if re.match(r"\w+://", value) or value.startswith("~"):
            return value
        if isinstance(value, _RelativePath) or not os.path.isabs(value):
            return os.path.relpath(os.path.abspath(value), folder)
        return value

    return _map_paths(content, one)


def _map_paths(content: File, one: Callable[[str], str]) -> File:
    made = copy.copy(content)
    made.plain, made.named = dict(content.plain), dict(content.named)
    cache = made.plain.get("cache", {})
    folder = cache.get("dir")
    if isinstance(folder, str):
        made.plain["cache"] = {**cache, "dir": one(folder)}
    made.named["remote"] = {
        name: {
            option: one(value) if isinstance(value, str) and option in _PATHS else value
            for option, value in entries.items()
        }
        for name, entries in content.named["remote"].items()
    }
    return made


def _path_options() -> Iterator[str]:
    yield "url"
    for options in schema.SCHEMES.values():
        yield from (option for option, kind in options.items() if kind == "path")


_PATHS = frozenset(_path_options())
