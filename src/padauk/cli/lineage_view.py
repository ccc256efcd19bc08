"""A lineage graph as lines for a terminal: a tree up ("came from") and a tree down ("what came of it")."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from padauk.cli.output import human_size
from padauk.core.text import display_width
from padauk.lineage import Data, Edge, Execution, Graph, Model, Node, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from padauk.lineage import Tracked

    Follow = Callable[[list[Node]], list[list[Node]]]

FEW = 8  # siblings that are shown; the rest are counted


class View:
    """Draws a graph.

    Args:
        graph: what was found.
        paint: colours a text by meaning.
        describe: first line of a commit's message, ``""`` when unknown.
        width: columns to keep within; long facts are cut, names are not.
        few: siblings to show at one place.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        paint: Callable[[str, str], str],
        describe: Callable[[str], str] = lambda sha: "",
        width: int = 80,
        few: int = FEW,
    ) -> None:
        self._graph = graph
        self._paint = paint
        self._describe = describe
        self._width = width
        self._few = few
        self._into: dict[str, list[Edge]] = defaultdict(list)
        self._out: dict[str, list[Edge]] = defaultdict(list)
        for edge in graph.edges:
            self._into[edge.target].append(edge)
            self._out[edge.source].append(edge)
        self._told: set[str] = set()

    def lines(self, *, up: bool = True, down: bool = True) -> Iterator[str]:
        """Every line, without newline."""
        start = self._graph.nodes[self._graph.start]
        yield self._head(start)
        yield from ("  " + fact for fact in self._facts(start, 2))
        if up:
            yield ""
            yield self._paint("Came from", "dim")
            yield from self._branches([start], self._parents, "", facts=True)
        if down:
            self._told = set()
            yield ""
            yield self._paint("What came of it", "dim")
            yield from self._branches([start], self._children, "", facts=False)

    # -- the tree -------------------------------------------------------------------------------------------

    def _branches(self, group: list[Node], follow: Follow, indent: str, *, facts: bool) -> Iterator[str]:
        groups = follow(group)
        if not groups and group[0].key == self._graph.start:
            yield f"└─ {self._paint('nothing that is recorded', 'dim')}"
        shown = groups[: self._few]
        left = len(groups) - len(shown)
        for place, one in enumerate(shown):
            last = place == len(shown) - 1 and not left
            head = indent + ("└─ " if last else "├─ ")
            yield from self._group(one, follow, head, indent + ("   " if last else "│  "), facts=facts)
        if left:
            yield f"{indent}└─ {self._paint(f'… and {left:,} more (--all)', 'dim')}"
        if any(node.key in self._graph.cut for node in group):
            yield f"{indent}└─ {self._paint('… and more, not followed (--depth)', 'dim')}"

    def _group(
        self, group: list[Node], follow: Follow, head: str, below: str, *, facts: bool
    ) -> Iterator[str]:
        """One node (or several alike): its line after ``head``, then all else with ``below`` in front."""
        first = group[0]
        more = f"  {self._dim(f'(+ {len(group) - 1} more alike)')}" if len(group) > 1 else ""
        children = follow(group)
        line = head + self._head(first)
        if first.key in self._told:
            yield line + (self._dim("  (see above)") if children else "")
            return
        self._told.update(node.key for node in group)
        yield line + more
        # what has one origin stands on one level with it: long chains stay narrow
        straight = facts and len(children) == 1 and not isinstance(first, Execution)
        mark = "│ " if children and not straight else "  "
        told = self._facts(first, display_width(below) + 2) if facts else self._short_facts(first)
        yield from (below + mark + fact for fact in told)
        if straight:
            yield from self._group(children[0], follow, below + self._dim("from "), below, facts=facts)
        else:
            yield from self._branches(group, follow, below, facts=facts)

    def _parents(self, group: list[Node]) -> list[list[Node]]:
        return self._grouped([edge.source for node in group for edge in self._into[node.key]])

    def _children(self, group: list[Node]) -> list[list[Node]]:
        keys = [edge.target for node in group for edge in self._out[node.key] if edge.kind != "holds"]
        # a file goes into the world with the folder that holds it
        keys += [edge.source for node in group for edge in self._into[node.key] if edge.kind == "holds"]
        return self._grouped(keys)

    def _grouped(self, keys: list[str]) -> list[list[Node]]:
        """Nodes by key, executions with the same bytes in and out together."""
        groups: dict[str, list[Node]] = {}
        for key in dict.fromkeys(keys):
            node = self._graph.nodes[key]
            same = f"{node.name} {node.digest}" if isinstance(node, Execution) and node.digest else key
            groups.setdefault(same, []).append(node)
        return sorted(groups.values(), key=lambda group: _rank(group[0]))

    # -- one node -------------------------------------------------------------------------------------------

    def _head(self, node: Node) -> str:
        match node:
            case Version():
                aliases = "".join(f" @{alias}" for alias in node.aliases)
                name = self._paint(f"models:/{node.name}/{node.version}", "name")
                when = self._dim(_when("registered", node.time, node.user))
                return f"{name}{self._paint(aliases, 'good')}{when}"
            case Model():
                title = f" {node.name!r}" if node.name else ""
                return (
                    f"model {self._paint(node.id[:10], 'name')}{title}{self._dim(_when('logged', node.time))}"
                )
            case Execution():
                return self._execution(node)
            case Data():
                return self._data(node)

    def _execution(self, node: Execution) -> str:
        name = self._paint(node.name, "name")
        if node.where == "git":
            commit = f"{node.commit[:7]} {_time(node.started)[:10]}" if node.commit else "not committed yet"
            return f"stage {name}{self._dim(f'  in dvc.lock, {commit}')}"
        kept = node.where == "local" and ":" in (node.id or "")
        mark = "" if kept else f" {self._paint((node.id or '')[:8], 'hint')}"
        kind = (
            "good" if node.status == "FINISHED" else "bad" if node.status in ("FAILED", "KILLED") else "warn"
        )
        status = "" if node.status == "FINISHED" else f"  {self._paint(node.status, kind)}"
        took = f"took {_span(node.ended - node.started)}" if node.ended and node.started else ""
        sent = "recorded here" if kept else ""
        said = ", ".join(filter(None, (_time(node.started), took, node.user, sent)))
        return f"run {name}{mark}{status}{self._dim('  ' + said)}"

    def _data(self, node: Data) -> str:
        names = list(node.paths) or ["data"]
        folder = "/" if node.md5.endswith(".dir") else ""
        amount = [f"{node.nfiles:,} file{'' if node.nfiles == 1 else 's'}"] if node.nfiles is not None else []
        amount += [human_size(node.size)] if node.size is not None else []
        also = f" (also {', '.join(names[1:3])}{' …' if len(names) > 3 else ''})" if len(names) > 1 else ""
        facts = "  ".join(filter(None, (", ".join(amount), f"md5 {node.md5[:8]}")))
        return f"{self._paint(names[0] + folder, 'name')}{also}{self._dim('  ' + facts)}"

    def _facts(self, node: Node, indent: int) -> list[str]:
        if isinstance(node, Data):
            return [self._dim(self._cut(fact, indent)) for fact in self._tracked(node)]
        if not isinstance(node, Execution):
            return []
        found = [("command", " ".join(node.cmd.split()))] if node.cmd else []
        if node.commit:
            subject = self._describe(node.commit)
            parts = [node.commit[:7], node.branch or "", f'"{subject}"' if subject else ""]
            dirty = " + uncommitted changes" if node.dirty else ""
            found.append(("code", " ".join(filter(None, parts)) + dirty))
        if node.params:
            found.append(("params", _pairs(node.params)))
        if node.metrics:
            found.append(("metrics", _pairs({key: f"{value:.6g}" for key, value in node.metrics.items()})))
        return [self._dim(f"{name:<8} ") + self._cut(text, indent + 9) for name, text in found]

    def _short_facts(self, node: Node) -> list[str]:
        if not isinstance(node, Execution):
            return []
        found = []
        if differs := self._differing(node):
            found.append(("params", _pairs(differs)))
        if node.metrics:
            found.append(("metrics", _pairs({key: f"{value:.6g}" for key, value in node.metrics.items()})))
        return [self._dim(f"{name:<8} ") + self._cut(text, 30) for name, text in found]

    def _differing(self, node: Execution) -> dict[str, str]:
        """Params that set this execution apart from the others of its stage."""
        others = [
            other.params
            for other in self._graph.nodes.values()
            if isinstance(other, Execution) and other.name == node.name and other.digest != node.digest
        ]
        return {k: v for k, v in node.params.items() if any(other.get(k) != v for other in others)}

    def _tracked(self, node: Data) -> list[str]:
        # dvc.lock is told by its stage already
        places = [place for place in node.tracked if place.file.endswith(".dvc")]
        return [_place(place) for place in places[:3]]

    def _dim(self, text: str) -> str:
        return self._paint(text, "dim") if text else ""

    def _cut(self, text: str, indent: int) -> str:
        room = max(self._width - indent, 30)
        return text if display_width(text) <= room else text[: room - 1] + "…"


def _place(tracked: Tracked) -> str:
    commit = tracked.commit
    if commit is None:
        return f"in {tracked.file}, not committed yet"
    now = "in" if tracked.current else "was in"
    return f'{now} {tracked.file} since {commit.sha[:7]} {_time(commit.time)[:10]} "{commit.subject}"'


def _rank(node: Node) -> tuple[int, str]:
    """Newest runs first; folders before files; then by name."""
    match node:
        case Execution():
            return 0, f"{10**15 - (node.started or 0):016}"
        case Data():
            return (1 if node.md5.endswith(".dir") else 2), next(iter(node.paths), "")
        case Model():
            return 3, node.id
        case Version():
            return 4, node.key


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{key}={' '.join(str(value).split())}" for key, value in values.items())


def _when(verb: str, time: int | None, user: str = "") -> str:
    return f"  {verb} {_time(time)}{f' by {user}' if user else ''}" if time else ""


def _time(millis: int | None) -> str:
    return f"{datetime.fromtimestamp(millis / 1000).astimezone():%Y-%m-%d %H:%M}" if millis else ""


def _span(millis: int) -> str:
    seconds = millis / 1000
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d}"
