"""The nouns of a pipeline: a stage, and what it reads. What it writes is :class:`padauk.repo.Output`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Output = Any  # padauk.repo.Output

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
        address: how a person names it from the repository's root: ``train``, ``sub/dvc.yaml:train``.
        cmd: the command, or the commands in order.
        wdir: absolute path of the folder it runs in.
        deps: files and folders it reads, in the order of dvc.yaml.
        params: parameters it reads, a value for each file.
        outs: what it writes (metrics and plots too), with the hashes of dvc.lock where it has them.
        specs: absolute path of each out to the path as dvc.yaml writes it.
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
    specs: dict[str, str] = field(default_factory=dict)
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

    @property
    def is_callback(self) -> bool:
        """Nothing read, nothing written: it runs each time."""
        return not (self.deps or self.params or self.outs)

    @property
    def commands(self) -> list[str]:
        """The commands one by one; a string of several lines is several commands, as in DVC."""
        return self.cmd if isinstance(self.cmd, list) else self.cmd.splitlines()
