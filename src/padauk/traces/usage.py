"""Tokens and cost of a trace from those of its spans.

Some libraries note on a span what all spans below it used. So a span counts only when no span around it has
a figure of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Node = tuple[str, str | None, "Mapping[str, Any] | None"]
"""A span, its parent, and its figures if it has any."""
TOKEN_KEYS = ("input_tokens", "output_tokens", "total_tokens")
COST_KEYS = ("input_cost", "output_cost", "total_cost")


def total(nodes: Iterable[Node], keys: tuple[str, ...]) -> dict[str, float] | None:
    """The sum of the figures of a trace; ``keys`` are always in it. ``None`` when no span has any."""
    found = list(nodes)
    figures = {span: figure for span, _, figure in found if figure}
    if not figures:
        return None
    parents = {span: parent for span, parent, _ in found}
    covered: dict[str | None, bool] = {None: False}

    def is_covered(span: str) -> bool:
        """Whether a span around ``span`` has figures."""
        path = []
        at: str | None = parents.get(span)
        while at is not None and at not in covered:
            path.append(at)
            covered[at] = False  # a circle of parents ends here
            at = parents.get(at)
        below = covered[at] or at in figures
        for one in reversed(path):
            covered[one] = below
            below = below or one in figures
        return below

    sums: dict[str, float] = dict.fromkeys(keys, 0)
    for span, figure in figures.items():
        if is_covered(span):
            continue
        for key, value in figure.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                sums[key] = sums.get(key, 0) + value
    return sums
