"""Which stage reads what another one writes, and in which order stages are looked at."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.pipeline.values import Source, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Node = Stage | Source
"""What the graph is made of: stages, and ``.dvc`` files, which only write."""


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of their files, and for each the nodes whose outputs it reads.

    Attributes:
        nodes: all nodes.
        reads: node → nodes it depends on, in the order of its dependencies.
        readers: node → nodes that depend on it.
    """

    nodes: tuple[Node, ...]
    reads: dict[Node, tuple[Node, ...]]
    readers: dict[Node, tuple[Node, ...]] = field(default_factory=dict)

    def order(
        self, targets: Sequence[Node] | None = None, *, downstream: bool = False, whole: bool = False
    ) -> list[Node]:
        """Nodes to look at, what is read before what reads it, as DVC orders them.

        Args:
            targets: where to begin; ``None`` means all nodes.
            downstream: the targets and what comes after them, else the targets and what comes before.
            whole: all that is connected with a target in any direction.

        A frozen stage is not followed to what it reads.
        """
        wanted: set[Node] | None = None
        if targets is not None:
            wanted = self._reach(targets, both=True) if whole else self._reach(targets, downstream=downstream)
        done: dict[Node, None] = {}
        for start in self.nodes:
            if wanted is None or start in wanted:
                self._visit(start, wanted, done)
        return list(done)

    def active_reads(self, node: Node) -> tuple[Node, ...]:
        """What a node reads, nothing for a frozen stage."""
        return () if isinstance(node, Stage) and node.frozen else self.reads[node]

    def downstream_of(self, node: Node) -> list[Node]:
        """All nodes that read, directly or not, what ``node`` writes (not through frozen stages)."""
        return [other for other in self.order([node], downstream=True) if other != node]

    def connected(self, nodes: Sequence[Node]) -> set[Node]:
        """All nodes that hang together with ``nodes``, frozen or not."""
        return self._reach(nodes, both=True, frozen=False)

    def upstream(self, nodes: Sequence[Node]) -> set[Node]:
        """``nodes`` and all that they read, frozen or not."""
        return self._reach(nodes, frozen=False)

    def components(self) -> list[list[Node]]:
        """The graph's separate pipelines, each in the order of ``nodes``."""
        left = set(self.nodes)
        parts = []
        for node in self.nodes:
            if node in left:
                part = self.connected([node])
                left -= part
                parts.append([other for other in self.nodes if other in part])
        return parts

    def _reach(
        self, starts: Iterable[Node], *, downstream: bool = False, both: bool = False, frozen: bool = True
    ) -> set[Node]:
        seen: set[Node] = set()
        stack = list(starts)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if both or not downstream:
                stack += self.active_reads(node) if frozen else self.reads[node]
            if both or downstream:
                stack += [
                    other
                    for other in self.readers.get(node, ())
                    if not (frozen and isinstance(other, Stage) and other.frozen)
                ]
        return seen

    def _visit(self, start: Node, wanted: set[Node] | None, done: dict[Node, None]) -> None:
        stack: list[tuple[Node, Iterator[Node]]] = []
        open_: set[Node] = set()

        def enter(node: Node) -> None:
            if node not in done and node not in open_ and (wanted is None or node in wanted):
                open_.add(node)
                stack.append((node, iter(self.active_reads(node))))

        enter(start)
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if other not in done and other not in open_ and (wanted is None or other in wanted):
                    enter(other)
                    break
            else:
                stack.pop()
                done[node] = None


def build_graph(nodes: Sequence[Node]) -> Graph:
    """Connect the nodes by their paths.

    Raises:
        InputError: two nodes write one path, one writes inside what another writes, a stage reads what
            it writes, or stages form a cycle.
    """
    writers = _writers(nodes)
    paths = sorted(writers)
    reads: dict[Node, tuple[Node, ...]] = {}
    readers: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in nodes:
        found: dict[Node, None] = {}
        for path in _read_paths(node):
            for other in _overlapping(path, writers, paths):
                found[other] = None
        if node in found:
            own = next(path for path in _read_paths(node) if node in _overlapping(path, writers, paths))
            raise InputError(
                f"stage {node.address!r} reads and writes {_short(own)!r}",
                hint="remove it from 'deps' or from 'outs'",
            )
        reads[node] = tuple(found)
        for other in found:
            readers[other].append(node)
    graph = Graph(tuple(nodes), reads, {node: tuple(after) for node, after in readers.items()})
    _no_cycle(graph)
    return graph


def _read_paths(node: Node) -> Iterator[str]:
    if isinstance(node, Stage):
        yield from (dep.path for dep in node.deps)
        yield from (param.path for param in node.params)


def _writers(nodes: Sequence[Node]) -> dict[str, Node]:
    writers: dict[str, Node] = {}
    for node in nodes:
        for out in node.outs:
            path = str(out.path)
            if path in writers:
                other = writers[path]
                if other == node:
                    raise InputError(f"output {_short(path)!r} stands twice in {node.address!r}")
                raise InputError(
                    f"output {_short(path)!r} belongs to both {other.address!r} and {node.address!r}",
                    hint="a path has one writer: rename one of the two",
                )
            writers[path] = node
    before = ""
    for path in sorted(writers, key=lambda path: path.split("/")):
        if before and path.startswith(before + "/"):
            raise InputError(
                f"output {_short(path)!r} of {writers[path].address!r} lies inside output "
                f"{_short(before)!r} of {writers[before].address!r}",
                hint="outputs may not overlap",
            )
        before = path
    for node in nodes:
        folder = os.path.dirname(node.file)
        while len(folder) > 1:
            if folder in writers:
                raise InputError(
                    f"{_short(node.file)!r} lies inside {_short(folder)!r}, "
                    f"an output of {writers[folder].address!r}"
                )
            folder = os.path.dirname(folder)
    return writers


def _overlapping(path: str, writers: dict[str, Node], paths: list[str]) -> list[Node]:
    found = []
    upper = path
    while len(upper) > 1:
        if upper in writers:
            found.append(writers[upper])
        upper = os.path.dirname(upper)
    inside = path + "/"
    place = bisect_left(paths, inside)
    while place < len(paths) and paths[place].startswith(inside):
        found.append(writers[paths[place]])
        place += 1
    return found


def _no_cycle(graph: Graph) -> None:
    state: dict[Node, int] = {}
    for start in graph.nodes:
        trail: list[Node] = []
        stack: list[tuple[Node, Iterator[Node]]] = []
        if start not in state:
            state[start] = 1
            stack.append((start, iter(graph.reads[start])))
            trail.append(start)
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if state.get(other) == 1:
                    ring = [*trail[trail.index(other) :], other]
                    names = " → ".join(repr(one.address) for one in reversed(ring))
                    raise InputError(f"stages depend on each other in a circle: {names}")
                if other not in state:
                    state[other] = 1
                    trail.append(other)
                    stack.append((other, iter(graph.reads[other])))
                    break
            else:
                state[node] = 2
                stack.pop()
                trail.pop()


def _short(path: str) -> str:
    near = os.path.relpath(path)
    return path if near.startswith(os.pardir + "/" + os.pardir) else near
