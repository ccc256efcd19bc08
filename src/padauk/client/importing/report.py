"""What an import found, wrote, and counted afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KINDS = (
    *("experiments", "runs", "metric points", "params", "tags", "datasets", "logged models"),
    *("registered models", "model versions", "traces", "spans", "assessments", "artifacts"),
)


@dataclass
class Line:
    """One kind of thing: how many the source has, how many are here, how many are new."""

    source: int = 0
    there: int = 0
    new: int = 0


@dataclass
class Report:
    """The outcome of an import.

    Attributes:
        lines: by kind, in the order of :data:`KINDS`.
        bytes: of artifacts in the source.
        checked: artifacts whose bytes were read back and hashed.
        left: artifact roots at places that do not pass through here; their URIs stay.
        skipped: what could not be brought, one line each.
    """

    lines: dict[str, Line] = field(default_factory=lambda: {kind: Line() for kind in KINDS})
    bytes: int = 0
    checked: int = 0
    left: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, kind: str, source: int, there: int, new: int) -> None:
        """Count things of one kind."""
        line = self.lines[kind]
        line.source += source
        line.there += min(there, source)  # what padauk has besides says nothing of the import
        line.new += new

    @property
    def complete(self) -> bool:
        """Whether all of the source is here."""
        return not self.skipped and all(line.there == line.source for line in self.lines.values())

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "complete": self.complete,
            "counts": {
                kind: {"source": line.source, "there": line.there, "new": line.new}
                for kind, line in self.lines.items()
            },
            "bytes": self.bytes,
            "checked": self.checked,
            "left": self.left,
            "skipped": self.skipped,
        }
