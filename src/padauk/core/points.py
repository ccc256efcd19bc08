"""Named points in the life of a write, where a test may stop the process.

Code that must survive ``kill -9`` calls :func:`point` between its steps. Nothing happens unless somebody set
a hook; only ``padauk.testing`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def point(name: str) -> None:
    """Pass the point ``name`` (``room.verb.step``)."""
    if _hook is not None:
        _hook(name)


def set_hook(hook: Callable[[str], None] | None) -> None:
    """Call ``hook`` with the name of each point passed from now on; ``None`` takes it away."""
    global _hook
    _hook = hook
