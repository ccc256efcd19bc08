"""A graph of names as text that other tools draw: Graphviz, Mermaid, or a plain list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.pipeline.graph import Graph, Node


@dataclass(frozen=True)
class Dag:
    """Names and arrows.

    Attributes:
        names: in the order of the project's files.
        edges: ``(from, to)``: ``to`` reads what ``from`` writes.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    def components(self) -> list[Dag]:
        """The separate pipelines, each in the order of ``names``."""
        near: dict[str, list[str]] = {name: [] for name in self.names}
        for one, other in self.edges:
            near[one].append(other)
            near[other].append(one)
        left = dict.fromkeys(self.names)
        parts = []
        while left:
            part, stack = set(), [next(iter(left))]
            while stack:
                name = stack.pop()
                if name not in part:
                    part.add(name)
                    stack += near[name]
            for name in part:
                del left[name]
            parts.append(
                Dag(
                    tuple(name for name in self.names if name in part),
                    tuple(edge for edge in self.edges if edge[0] in part),
                )
            )
        return parts

    def layers(self) -> dict[str, int]:
        """Each name's distance from the top: one more than the furthest of what it reads."""
        above: dict[str, list[str]] = {name: [] for name in self.names}
        below: dict[str, list[str]] = {name: [] for name in self.names}
        for one, other in self.edges:
            above[other].append(one)
            below[one].append(other)
        level: dict[str, int] = {}
        waiting = {name: len(above[name]) for name in self.names}
        ready = [name for name in self.names if not waiting[name]]
        while ready:
            name = ready.pop()
            level[name] = 1 + max((level[one] for one in above[name]), default=-1)
            for other in below[name]:
                waiting[other] -= 1
                if not waiting[other]:
                    ready.append(other)
        return level


def stage_dag(graph: Graph, here: str, targets: Sequence[Node] = (), *, full: bool = False) -> Dag:
    """Stages and ``.dvc`` files, as a person in the folder ``here`` names them.

    Args:
        graph: the repository's.
        here: absolute path of a folder.
        targets: only these and what they read.
        full: all that they hang together with.
    """
    wanted = _wanted(graph, targets, full)
    nodes = [node for node in graph.nodes if wanted is None or node in wanted]
    edges = [
        (other.address_from(here), node.address_from(here)) for node in nodes for other in graph.reads[node]
    ]
    return Dag(tuple(node.address_from(here) for node in nodes), tuple(edges))


def output_dag(graph: Graph, here: str, targets: Sequence[Node] = (), *, full: bool = False) -> Dag:
    """The same with outputs (relative to ``here``) in place of the stages that write them."""
    import os

    from padauk.pipeline.values import Stage

    wanted = _wanted(graph, targets, full)
    nodes = [node for node in graph.nodes if wanted is None or node in wanted]
    names = {str(out.path): os.path.relpath(out.path, here) for node in nodes for out in node.outs}
    edges: dict[tuple[str, str], None] = {}
    for node in nodes:
        if not isinstance(node, Stage):
            continue
        for dep in node.deps:
            for path, name in names.items():
                if (
                    path == dep.path
                    or path.startswith(dep.path + os.sep)
                    or dep.path.startswith(path + os.sep)
                ):
                    edges.update({(name, names[str(out.path)]): None for out in node.outs})
    return Dag(tuple(names.values()), tuple(edges))


def _wanted(graph: Graph, targets: Sequence[Node], full: bool) -> set[Node] | None:
    if not targets:
        return None
    return graph.connected(targets) if full else graph.upstream(targets)


def collapse(dag: Dag) -> Dag:
    """The stages of each ``foreach`` and ``matrix`` as one node."""

    def group(name: str) -> str:
        return name if name.endswith(".dvc") else name.split("@")[0]

    edges = {(group(one), group(other)): None for one, other in dag.edges}
    return Dag(
        tuple(dict.fromkeys(map(group, dag.names))), tuple(edge for edge in edges if edge[0] != edge[1])
    )


def to_dot(dag: Dag) -> str:
    """Graphviz."""
    lines = ["strict digraph {"]
    lines += [f"{_quote(name)};" for name in dag.names]
    place = {name: number for number, name in enumerate(dag.names)}
    edges = sorted(dag.edges, key=lambda edge: place[edge[0]])
    lines += [f"{_quote(one)} -> {_quote(other)};" for one, other in edges]
    return "\n".join([*lines, "}", ""])


def _quote(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def to_mermaid(dag: Dag, *, markdown: bool = False) -> str:
    """Mermaid, as DVC numbers it; ``markdown`` puts it in a fenced block."""
    lines = ["flowchart TD"]
    count = 0
    for part in dag.components():
        numbers = {}
        for name in sorted(part.names):
            count += 1
            numbers[name] = f"node{count}"
            lines.append(f'\t{numbers[name]}["{name}"]')
        lines += [f"\t{numbers[one]}-->{numbers[other]}" for one, other in sorted(part.edges)]
    text = "\n".join(lines)
    return f"```mermaid\n{text}\n```" if markdown else text


def to_list(dag: Dag) -> str:
    """One line a name, what it reads behind it: for graphs too wide to draw."""
    reads: dict[str, list[str]] = {name: [] for name in dag.names}
    for one, other in dag.edges:
        reads[other].append(one)
    level = dag.layers()
    return "\n".join(
        f"{name}  <- {', '.join(reads[name])}" if reads[name] else name
        for name in sorted(dag.names, key=level.__getitem__)
    )
