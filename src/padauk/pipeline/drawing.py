"""A graph drawn with boxes and lines for a terminal: names in rows, arrows from top to bottom."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from padauk.core.text import display_width

if TYPE_CHECKING:
    from padauk.pipeline.dag import Dag

_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = {
    _UP: "│",
    _DOWN: "│",
    _UP | _DOWN: "│",
    _LEFT: "─",
    _RIGHT: "─",
    _LEFT | _RIGHT: "─",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}
_PLAIN = str.maketrans("│─╭╮╰╯├┤┬┴┼▼", "|-++++++++++"[:11] + "v")
_GAP = 2

Slot = str | tuple[str, str, int]
"""A name, or the place where the arrow ``(from, to)`` crosses a row between them."""


def draw(dag: Dag, *, plain: bool = False) -> str:
    """The picture, its separate pipelines below each other; ``plain`` keeps to ASCII."""
    text = "\n\n".join(_draw_part(part) for part in dag.components())
    return text.translate(_PLAIN) if plain else text


def _draw_part(dag: Dag) -> str:
    rows, links = _rows(dag)
    _untangle(rows, links)
    centre = _place(rows, links)
    canvas: list[list[str]] = []
    for number, row in enumerate(rows):
        arriving = {other for _, other in links[number - 1]} if number else set()
        _draw_boxes(canvas, row, centre, arriving, {one for one, _ in links[number]})
        if number + 1 < len(rows):
            _draw_arrows(canvas, links[number], centre)
    return "\n".join("".join(line).rstrip() for line in canvas)


def _rows(dag: Dag) -> tuple[list[list[Slot]], list[list[tuple[Slot, Slot]]]]:
    level = dag.layers()
    # a name that reads nothing stands just above the first that reads it
    readers: dict[str, list[int]] = defaultdict(list)
    reading = {other for _, other in dag.edges}
    for one, other in dag.edges:
        readers[one].append(level[other])
    for name in dag.names:
        if name not in reading and readers[name]:
            level[name] = min(readers[name]) - 1
    rows: list[list[Slot]] = [[] for _ in range(max(level.values(), default=0) + 1)]
    links: list[list[tuple[Slot, Slot]]] = [[] for _ in rows]
    for name in dag.names:
        rows[level[name]].append(name)
    for one, other in dag.edges:
        before: Slot = one
        for row in range(level[one] + 1, level[other] + 1):
            here: Slot = other if row == level[other] else (one, other, row)
            if here != other:
                rows[row].append(here)
            links[row - 1].append((before, here))
            before = here
    return rows, links


def _untangle(rows: list[list[Slot]], links: list[list[tuple[Slot, Slot]]]) -> None:
    """Order each row by the middle of its neighbours, down and up a few times: fewer crossings."""
    for turn in range(6):
        down = turn % 2 == 0
        for number in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            fixed = rows[number - 1] if down else rows[number + 1]
            spot = {slot: place for place, slot in enumerate(fixed)}
            near: dict[Slot, list[int]] = defaultdict(list)
            for one, other in links[number - 1] if down else links[number]:
                if down:
                    near[other].append(spot[one])
                else:
                    near[one].append(spot[other])
            now = {slot: place for place, slot in enumerate(rows[number])}
            want = {
                slot: sum(near[slot]) / len(near[slot]) if near[slot] else now[slot] for slot in rows[number]
            }
            rows[number].sort(key=want.__getitem__)


def _width(slot: Slot) -> int:
    return display_width(slot) + 4 if isinstance(slot, str) else 1


def _place(rows: list[list[Slot]], links: list[list[tuple[Slot, Slot]]]) -> dict[Slot, int]:
    """The column of each slot's middle: near the middle of its neighbours, none over another."""
    near: dict[Slot, list[Slot]] = defaultdict(list)
    for between in links:
        for one, other in between:
            near[one].append(other)
            near[other].append(one)
    centre: dict[Slot, int] = {}
    for row in rows:
        left = 0
        for slot in row:
            centre[slot] = left + _width(slot) // 2
            left += _width(slot) + _GAP
    for turn in range(8):
        for row in rows if turn % 2 == 0 else reversed(rows):
            _settle(row, near, centre)
    shift = min(centre[slot] - _width(slot) // 2 for row in rows for slot in row)
    return {slot: column - shift for slot, column in centre.items()}


def _settle(row: list[Slot], near: dict[Slot, list[Slot]], centre: dict[Slot, int]) -> None:
    wish = {
        slot: round(sum(centre[other] for other in near[slot]) / len(near[slot]))
        if near[slot]
        else centre[slot]
        for slot in row
    }
    # slots that would overlap form a block, which stands in the middle of its slots' wishes
    blocks: list[tuple[list[Slot], int, int]] = []  # slots, left edge, width
    for slot in row:
        slots, left, width = [slot], wish[slot] - _width(slot) // 2, _width(slot)
        while blocks and blocks[-1][1] + blocks[-1][2] + _GAP > left:
            before = blocks.pop()
            weight = len(before[0]), len(slots)
            slots, width, old = before[0] + slots, before[2] + _GAP + width, (before, left)
            left = round(
                (weight[0] * old[0][1] + weight[1] * (old[1] - old[0][2] - _GAP)) / (weight[0] + weight[1])
            )
        blocks.append((slots, left, width))
    for slots, left, _ in blocks:
        for slot in slots:
            centre[slot] = left + _width(slot) // 2
            left += _width(slot) + _GAP


def _draw_boxes(
    canvas: list[list[str]], row: list[Slot], centre: dict[Slot, int], arriving: set[Slot], leaving: set[Slot]
) -> None:
    width = max(centre[slot] - _width(slot) // 2 + _width(slot) for slot in row)
    top, middle, bottom = ([" "] * width for _ in range(3))
    for slot in row:
        at = centre[slot]
        if not isinstance(slot, str):
            for line in (top, middle, bottom):
                line[at] = "│"
            continue
        left = at - _width(slot) // 2
        inner = _width(slot) - 2
        top[left : left + inner + 2] = ["╭", *"─" * inner, "╮"]
        bottom[left : left + inner + 2] = ["╰", *"─" * inner, "╯"]
        wide = ["│ " + slot + " │"] + [""] * (_width(slot) - 1)
        middle[left : left + inner + 2] = wide
        if slot in arriving:
            top[at] = "▼"
        if slot in leaving:
            bottom[at] = "┬"
    canvas += [top, middle, bottom]


def _draw_arrows(canvas: list[list[str]], links: list[tuple[Slot, Slot]], centre: dict[Slot, int]) -> None:
    lanes = _lanes([(centre[one], centre[other]) for one, other in links])
    height = max(lanes.values(), default=-1) + 1
    cells: dict[tuple[int, int], int] = defaultdict(int)
    for one, other in links:
        start, end = centre[one], centre[other]
        if start == end:
            for line in range(max(height, 1)):
                cells[line, start] |= _UP | _DOWN
            continue
        lane = lanes[start, end]
        for line in range(lane):
            cells[line, start] |= _UP | _DOWN
        for line in range(lane + 1, height):
            cells[line, end] |= _UP | _DOWN
        step = _RIGHT if end > start else _LEFT
        back = _LEFT if end > start else _RIGHT
        cells[lane, start] |= _UP | step
        cells[lane, end] |= _DOWN | back
        for column in range(min(start, end) + 1, max(start, end)):
            cells[lane, column] |= _LEFT | _RIGHT
    width = max(column for _, column in cells) + 1
    canvas += [
        [_LINES[cells[line, column]] if (line, column) in cells else " " for column in range(width)]
        for line in range(max(height, 1))
    ]


def _lanes(spans: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """A line for the level part of each slanted arrow: those that share an end may share a line."""
    taken: list[list[tuple[int, int]]] = []
    lanes: dict[tuple[int, int], int] = {}
    for span in sorted(
        {span for span in spans if span[0] != span[1]}, key=lambda span: abs(span[0] - span[1])
    ):
        # an arrow that begins where this one ends must have turned away above
        first = 1 + max((lane for other, lane in lanes.items() if other[0] == span[1]), default=-1)
        for lane in range(first, len(taken)):
            if not any(_clash(span, other) for other in taken[lane]):
                break
        else:
            lane = max(first, len(taken))
            taken += [[] for _ in range(lane + 1 - len(taken))]
        taken[lane].append(span)
        lanes[span] = lane
    return lanes


def _clash(one: tuple[int, int], other: tuple[int, int]) -> bool:
    if one[0] == other[0] or one[1] == other[1]:
        return False
    return max(one) + 1 >= min(other) and max(other) + 1 >= min(one)
