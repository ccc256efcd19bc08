"""Follow the joins from one node, both ways, level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.lineage.values import Data, Execution, Graph, Model, Node, Ref, Version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from padauk.lineage.source import Sources

MANY = 200  # executions of one level that are followed; sources tell at least one more


def trace(start: Node, sources: Sources, *, depth: int = 20, up: bool = True, down: bool = True) -> Graph:
    """The graph around ``start``.

    Args:
        sources: who to ask.
        depth: how many steps to go each way (a step: data to execution, or execution to data).
        up: look for what it came from.
        down: look for what came of it.
    """
    walk = _Walk(start, sources)
    if up:
        walk.go(depth, walk.up)
    if down:
        walk.go(depth, walk.down)
    walk.name_data()
    return walk.graph


class _Walk:
    def __init__(self, start: Node, sources: Sources) -> None:
        self.graph = Graph(start.key)
        self.graph.nodes[start.key] = start
        self._start = start
        self._sources = sources

    def go(self, depth: int, step: Step) -> None:
        level: list[Node] = [self._start]
        seen = {self._start.key}
        for _ in range(depth):
            found = [node for node in step(level) if node.key not in seen]
            level = list({node.key: node for node in found}.values())
            seen.update(node.key for node in level)
            if not level:
                return
        self._cut(level, step)

    def _cut(self, level: list[Node], step: Step) -> None:
        """Mark the nodes of the last level from which it would go on."""
        nodes, edges = dict(self.graph.nodes), dict(self.graph.edges)
        beyond = {node.key for node in step(level)} - nodes.keys()
        ends = {node.key for node in level}
        for edge in self.graph.edges.keys() - edges.keys():
            if edge.source in beyond or edge.target in beyond:
                self.graph.cut.update({edge.source, edge.target} & ends)
        self.graph.nodes, self.graph.edges = nodes, edges

    # -- what it came from ----------------------------------------------------------------------------------

    def up(self, level: list[Node]) -> Iterable[Node]:
        yield from self._from_registry(level)
        wanted = {node.md5: node for node in level if isinstance(node, Data)}
        # a file that no stage wrote by itself may lie in a folder that one did
        plain = [md5 for md5 in wanted if not md5.endswith(".dir")]
        for folder, file in self._sources.folders_with(plain):
            yield self._part(folder, file)
        for maker in self._some(self._sources.makers(wanted), wanted):
            node = self._add(maker)
            for ref in maker.outs:
                if ref.md5 in wanted:
                    self._data(ref)
                    self.graph.link(node.key, f"data:{ref.md5}", "made", ref.path)
            yield node
        yield from self._logged_by_runs(wanted)
        for node in level:
            if isinstance(node, Execution):
                for ref in node.deps:
                    data = self._data(ref)
                    self.graph.link(data.key, node.key, "used", ref.path)
                    yield data

    def _from_registry(self, level: list[Node]) -> Iterable[Node]:
        versions = [node for node in level if isinstance(node, Version)]
        for model in self._sources.models({node.model for node in versions if node.model}):
            self._add(model)
        for version in versions:
            key = f"model:{version.model}"
            if version.model and key in self.graph.nodes:
                self.graph.link(key, version.key, "registered")
                yield self.graph.nodes[key]
        models = [node for node in level if isinstance(node, Model)]
        direct = [v for v in versions if v.run and f"model:{v.model}" not in self.graph.nodes]
        ids = {model.run for model in models if model.run} | {v.run for v in direct if v.run}
        runs = {run.id: self._add(run) for run in self._sources.executions(ids)}
        for model in models:
            if model.run in runs:
                self.graph.link(runs[model.run].key, model.key, "logged", model.name)
        for version in direct:
            if version.run in runs:
                self.graph.link(runs[version.run].key, version.key, "registered")
        yield from runs.values()

    # -- what came of it ------------------------------------------------------------------------------------

    def down(self, level: list[Node]) -> Iterable[Node]:
        wanted = {node.md5 for node in level if isinstance(node, Data)}
        for folder, file in self._sources.folders_with([md5 for md5 in wanted if not md5.endswith(".dir")]):
            yield self._part(folder, file)
        for user in self._some(self._sources.users(wanted), wanted):
            node = self._add(user)
            for ref in user.deps:
                if ref.md5 in wanted:
                    self._data(ref)
                    self.graph.link(f"data:{ref.md5}", node.key, "used", ref.path)
            yield node
        yield from self._logged_as_models(wanted)
        runs = {node.id: node for node in level if isinstance(node, Execution) and node.id}
        for node in level:
            if isinstance(node, Execution):
                for ref in node.outs:
                    data = self._data(ref)
                    self.graph.link(node.key, data.key, "made", ref.path)
                    yield data
        # a run of a whole repro has no bytes of its own: its stages have
        hollow = [run_id for run_id, run in runs.items() if not (run.digest or run.outs)]
        for child in self._sources.children(hollow):
            node = self._add(child)
            self.graph.link(f"run:{child.parent}", node.key, "ran")
            yield node
        for model in self._sources.models_of(runs):
            self._add(model)
            self.graph.link(f"run:{model.run}", model.key, "logged", model.name)
            yield self.graph.nodes[model.key]
        models = {node.id for node in level if isinstance(node, Model)}
        for version in self._sources.versions_of(models, runs):
            if version.model in models:
                source = f"model:{version.model}"
            elif not version.model:
                source = f"run:{version.run}"
            else:
                continue  # it is met again below its model
            self._add(version)
            self.graph.link(source, version.key, "registered")
            yield self.graph.nodes[version.key]

    # -- artifacts with the same bytes ----------------------------------------------------------------------

    def _logged_by_runs(self, wanted: Collection[str]) -> Iterable[Node]:
        """Runs that logged these bytes, and neither read nor wrote them as a stage: they had them first."""
        held = [(run, ref) for run, model, ref in self._sources.holders(wanted) if run and not model]
        runs = {run.id: run for run in self._sources.executions({run for run, _ in held})}
        for run_id, ref in held:
            run = runs.get(run_id)
            if run and not any(ref.md5 == known.md5 for known in (*run.outs, *run.deps)):
                node = self._add(run)
                self.graph.link(node.key, f"data:{ref.md5}", "logged", ref.path)
                yield node

    def _logged_as_models(self, wanted: Collection[str]) -> Iterable[Node]:
        """Models that hold these bytes."""
        held = [(model, ref) for _, model, ref in self._sources.holders(wanted) if model]
        models = {model.id: model for model in self._sources.models({model for model, _ in held})}
        for model_id, ref in held:
            if model_id in models:
                node = self._add(models[model_id])
                self.graph.link(f"data:{ref.md5}", node.key, "logged", ref.path)
                yield node

    # -- nodes ----------------------------------------------------------------------------------------------

    def _some(self, executions: list[Execution], of: Iterable[str]) -> list[Execution]:
        if len(executions) > MANY:
            self.graph.cut.update(f"data:{md5}" for md5 in of)
        return executions[:MANY]

    def _add(self, node: Node) -> Node:
        return self.graph.nodes.setdefault(node.key, node)

    def _data(self, ref: Ref) -> Data:
        key = f"data:{ref.md5}"
        node = self.graph.nodes.get(key)
        if not isinstance(node, Data):
            node = self.graph.nodes[key] = Data(ref.md5)
        node.meet(ref)
        return node

    def _part(self, folder: Ref, file: Ref) -> Data:
        data = self._data(folder)
        self.graph.link(data.key, f"data:{file.md5}", "holds", file.path)
        return data

    def name_data(self) -> None:
        """Say for all content where git tells of it."""
        found = {node.md5: node for node in self.graph.nodes.values() if isinstance(node, Data)}
        for tracked in self._sources.tracked(found):
            node = found[tracked.ref.md5]
            node.meet(tracked.ref)
            node.tracked.append(tracked)


if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[list[Node]], Iterable[Node]]
