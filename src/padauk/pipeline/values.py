"""The nouns of a pipeline: a stage, and what it reads. What it writes is :class:`padauk.repo.Output`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padauk.repo import Output

LOCK_FILE = "dvc.lock"
PROJECT_FILE = "dvc.yaml"
DEFAULT_PARAMS = "params.yaml"


@dataclass(frozen=True, slots=True)
class Dep:
    """A file or folder that a stage reads.

    Attributes:
        spec: the path as dvc.yaml writes it, relative to the stage's working folder.
        path: the same, absolute.
    """

    spec: str
    path: str


@dataclass(frozen=True, slots=True)
class ParamDep:
    """The parameters that a stage reads from one file.

    Attributes:
        spec: the file as dvc.yaml writes it (``params.yaml`` when it names none).
        path: the same, absolute.
        keys: dotted names in the order of dvc.yaml; empty: every top-level name of the file.
    """

    spec: str
    path: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of one dvc.yaml, templates resolved.

    Attributes:
        name: the name within its file, ``train`` or ``train@value``.
        file: absolute path of its dvc.yaml.
        address: how a person names it from the repository's root: ``train``, ``sub/dvc.yaml:train``;
            see :meth:`address_from`.
        cmd: the command, or the commands in order.
        wdir: absolute path of the folder it runs in.
        deps: files and folders it reads, in the order of dvc.yaml.
        params: parameters it reads, a value for each file.
        outs: what it writes (metrics and plots too), with the hashes of dvc.lock where it has them.
        frozen: its dependencies are not looked at.
        always_changed: it runs each time.
        desc: one line or more for a person.
        meta: whatever the file says under ``meta``.
        group: the name it was generated from by ``foreach`` or ``matrix``.
        locked: its entry in dvc.lock, ``None`` when it never ran.
    """

    name: str
    file: str
    address: str
    cmd: str | list[str]
    wdir: str
    deps: tuple[Dep, ...] = ()
    params: tuple[ParamDep, ...] = ()
    outs: tuple[Output, ...] = ()
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None
    group: str | None = None
    locked: dict[str, Any] | None = None

    def __hash__(self) -> int:
        return hash((self.file, self.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stage) and (self.file, self.name) == (other.file, other.name)

    def address_from(self, folder: str) -> str:
        """How a person who stands in ``folder`` (absolute) names it, as DVC does."""
        file = os.path.relpath(self.file, folder)
        return self.name if file == PROJECT_FILE else f"{file}:{self.name}"

    @property
    def metrics(self) -> tuple[Output, ...]:
        """The outputs that are metric files."""
        return tuple(out for out in self.outs if out.kind == "metric")

    @property
    def is_callback(self) -> bool:
        """Nothing read, nothing written: it runs each time."""
        return not (self.deps or self.params or self.outs)

    @property
    def commands(self) -> list[str]:
        """The commands one by one; a string of several lines is several commands, as in DVC."""
        return self.cmd if isinstance(self.cmd, list) else self.cmd.splitlines()


@dataclass(frozen=True, eq=False)
class Source:
    """A ``.dvc`` file, as a pipeline sees it: something that writes paths and runs nothing.

    Attributes:
        file: absolute path of the ``.dvc`` file.
        address: the same relative to the repository's root, as a person names it.
        outs: what it tracks.
    """

    file: str
    address: str
    outs: tuple[Output, ...] = ()

    def address_from(self, folder: str) -> str:
        """Its path from ``folder`` (absolute)."""
        return os.path.relpath(self.file, folder)

    def __hash__(self) -> int:
        return hash(self.file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self.file == other.file
