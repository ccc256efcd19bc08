"""The nouns of lineage. Everything with bytes is named by its md5 (``….dir``: a folder)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

NodeKind = Literal["data", "execution", "model", "version"]
EdgeKind = Literal["used", "made", "ran", "holds", "logged", "registered"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Content under a path, as something used or made it.

    Attributes:
        path: from the repository's root (``/``), or an artifact's path.
        md5: the content's name.
        size: bytes.
        nfiles: how many files a folder holds.
    """

    path: str
    md5: str
    size: int | None = None
    nfiles: int | None = None

    @property
    def is_folder(self) -> bool:
        return self.md5.endswith(".dir")


@dataclass(frozen=True, slots=True)
class CommitRef:
    """A git commit: ``time`` in milliseconds since 1970 UTC."""

    sha: str
    time: int = 0
    author: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """Something that ran once: a run on a tracking server, a stage in dvc.lock, or both.

    Attributes:
        id: of the run; ``None`` when only dvc.lock tells of it.
        digest: of its dvc.lock entry (:func:`~padauk.lineage.lock_digest`); ``None`` for a run that was no
            stage, or failed. Executions of one digest read and wrote the same bytes.
        name: the stage's address, else the run's name.
        cmd: the command, or what the run's source is.
        status: ``FINISHED``, ``FAILED``, ``KILLED``, ``RUNNING``; ``""`` from dvc.lock.
        started: milliseconds since 1970 UTC.
        ended: the same.
        user: who.
        params: as strings.
        metrics: latest values.
        deps: what it read.
        outs: what it wrote.
        commit: the code's commit; from dvc.lock the commit that brought the entry, ``None``: not committed.
        branch: the branch checked out.
        dirty: tracked files differed from the commit.
        experiment: id of the run's experiment.
        parent: id of the run that it is nested in.
        where: ``server``, ``local`` (recorded, not sent) or ``git`` (dvc.lock).
    """

    id: str | None
    digest: str | None
    name: str
    cmd: str = ""
    status: str = ""
    started: int | None = None
    ended: int | None = None
    user: str = ""
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    deps: tuple[Ref, ...] = ()
    outs: tuple[Ref, ...] = ()
    commit: str | None = None
    branch: str | None = None
    dirty: bool = False
    experiment: str | None = None
    parent: str | None = None
    where: Literal["server", "local", "git"] = "server"

    @property
    def key(self) -> str:
        """Its name in a graph."""
        return f"run:{self.id}" if self.id else f"stage:{self.digest}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a run logged. ``files``: its artifacts, where the server tells their hashes."""

    id: str
    name: str = ""
    run: str | None = None
    time: int | None = None
    status: str = ""
    files: tuple[Ref, ...] = ()

    @property
    def key(self) -> str:
        return f"model:{self.id}"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model."""

    name: str
    version: str
    aliases: tuple[str, ...] = ()
    model: str | None = None
    run: str | None = None
    time: int | None = None
    user: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        return f"version:{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Tracked:
    """A place where git tells of some content: a ``.dvc`` file or a dvc.lock, in a commit or the workspace.

    Attributes:
        ref: the content and its path.
        file: the declaring file, from the repository's root.
        commit: the first commit that holds it there; ``None``: only the workspace does.
        current: the workspace declares it now.
    """

    ref: Ref
    file: str
    commit: CommitRef | None = None
    current: bool = False


@dataclass
class Data:
    """Some content in a graph, with every name by which it was met."""

    md5: str
    size: int | None = None
    nfiles: int | None = None
    paths: dict[str, None] = field(default_factory=dict)
    tracked: list[Tracked] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"data:{self.md5}"

    def meet(self, ref: Ref) -> None:
        """Take in what ``ref`` knows."""
        self.paths.setdefault(ref.path)
        self.size = ref.size if self.size is None else self.size
        self.nfiles = ref.nfiles if self.nfiles is None else self.nfiles


Node = Data | Execution | Model | Version


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` came first: what ``target`` came from. ``path``: the name it had there."""

    source: str
    target: str
    kind: EdgeKind
    path: str = ""


@dataclass
class Graph:
    """What was found around one node.

    Attributes:
        start: key of the node asked for.
        nodes: by key.
        edges: each once, in the order found.
        cut: keys of nodes beyond which nobody looked (``depth``, or too many).
    """

    start: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[Edge, None] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)

    def link(self, source: str, target: str, kind: EdgeKind, path: str = "") -> None:
        """Add an edge; again is nothing."""
        self.edges.setdefault(Edge(source, target, kind, path))

    def into(self, key: str) -> list[Edge]:
        """What the node came from."""
        return [edge for edge in self.edges if edge.target == key]

    def out_of(self, key: str) -> list[Edge]:
        """What came of the node."""
        return [edge for edge in self.edges if edge.source == key]

    def to_json(self) -> dict[str, Any]:
        """``{"start", "nodes": [{"key", "kind", …}], "edges": [{"source", "target", "kind", "path"}]}``."""
        nodes = []
        for key, node in self.nodes.items():
            facts = asdict(node)
            if isinstance(node, Data):
                facts["paths"] = list(node.paths)
            if isinstance(node, Execution):
                facts["metrics"] = {name: _json_number(value) for name, value in node.metrics.items()}
            nodes.append({"key": key, "kind": kind_of(node), **facts})
        return {
            "start": self.start,
            "nodes": nodes,
            "edges": [asdict(edge) for edge in self.edges],
            "cut": sorted(self.cut),
        }


def _json_number(value: float) -> float | str:
    """``value``, or MLflow's word for it where JSON has no number."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def kind_of(node: Node) -> NodeKind:
    """``data``, ``execution``, ``model`` or ``version``."""
    match node:
        case Data():
            return "data"
        case Execution():
            return "execution"
        case Model():
            return "model"
        case Version():
            return "version"
