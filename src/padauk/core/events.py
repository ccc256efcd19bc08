"""How floors below the doors say what happens: they call a :class:`Reporter`, and never print.

The base class is silent, so library code takes ``reporter: Reporter = SILENT`` and needs no ``if``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

Unit = Literal["files", "bytes", "objects", "steps", "rows"]


class Progress:
    """One piece of long work; use it as a context manager. Thread-safe in every implementation."""

    def advance(self, amount: int = 1, *, detail: str | None = None) -> None:
        """Count ``amount`` more units done; ``detail`` names the item in work."""

    def grow(self, amount: int) -> None:
        """Raise the total: more work was found."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Reporter:
    """Receives progress and notices. This base class drops them all."""

    def task(self, label: str, total: int | None = None, unit: Unit = "files") -> Progress:
        """Announce long work of ``total`` units (``None``: not known yet)."""
        return Progress()

    def notice(self, message: str) -> None:
        """Say one thing that a person would want to know."""

    def warning(self, message: str) -> None:
        """Say one thing that a person should look at."""

    def detail(self, message: str) -> None:
        """Say one thing that only a person who asked for ``-v`` wants to know."""


SILENT = Reporter()
