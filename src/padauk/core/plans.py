"""Plan, then execute: whatever destroys or costs much is first a value that can be shown and tested."""

from __future__ import annotations

from typing import Any, Protocol


class Plan(Protocol):
    """What a verb is about to do. ``--dry-run`` shows it, ``--json`` prints it, tests compare it."""

    def summary(self) -> str:
        """One line for a person: how many, how much."""
        ...

    def to_json(self) -> dict[str, Any]:
        """The same facts for a machine, JSON types only."""
        ...
