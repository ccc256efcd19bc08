"""The one place that writes to the terminal: results to stdout, everything else to stderr.

Four moods, chosen once: for a person at a terminal, for a person reading a pipe or a log (no colour, no
bars), for a machine (``--json``), and quiet (``-q``). Meaning never depends on colour; ``NO_COLOR`` is
honoured.
"""

from __future__ import annotations

import json as jsonlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from padauk.core.events import Progress, Reporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from padauk.core.errors import PadaukError
    from padauk.core.events import Unit

_COLOURS = {
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "hint": "cyan",
    "dim": "bright_black",
    "name": "bold",
}


def human_size(count: float) -> str:
    """``count`` bytes as a person says it: ``0 B``, ``1.4 MB`` (powers of 1000)."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("unreachable")


class Output:
    """Writes results and remarks in the mood that the options asked for."""

    def __init__(self) -> None:
        self.json = False
        self.verbosity = 0
        self.colour = not os.environ.get("NO_COLOR") and sys.stdout.isatty()
        self.colour_err = not os.environ.get("NO_COLOR") and sys.stderr.isatty()

    def configure(self, *, json: bool, verbosity: int) -> None:
        self.json = json
        self.verbosity = verbosity

    @property
    def quiet(self) -> bool:
        return self.verbosity < 0

    @property
    def reporter(self) -> Reporter:
        """Where library code reports progress to while this command runs."""
        return TerminalReporter(self)

    def style(self, text: str, kind: str) -> str:
        """``text`` coloured by meaning (good, bad, warn, hint, dim, name) where colour is wanted."""
        return _paint(text, kind) if self.colour and not self.json else text

    def print(self, text: str = "") -> None:
        """A line of the result, for a person; nothing with ``--json`` or ``-q``."""
        if not self.json and not self.quiet:
            click.echo(text)

    def data(self, value: Any) -> None:
        """The result for a machine; nothing without ``--json``."""
        if self.json:
            click.echo(jsonlib.dumps(value, indent=2, ensure_ascii=False, default=str))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()
    ) -> None:
        """Aligned columns under a header; ``right`` names the columns to align right."""
        if self.json or self.quiet:
            return
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        widths = [max(_width(text) for text in column) for column in zip(columns, *cells, strict=True)]
        rights = {columns.index(name) for name in right}
        for number, row in enumerate([list(columns), *cells]):
            line = "  ".join(
                _pad(text, width, right=place in rights)
                for place, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            click.echo(self.style(line, "dim") if number == 0 else line)

    def note(self, text: str) -> None:
        """A remark for a person, on stderr; nothing with ``-q``."""
        if not self.quiet:
            click.echo(text, err=True)

    def hint(self, text: str) -> None:
        """What one could do next, on stderr."""
        self.note(_paint(text, "hint") if self.colour_err else text)

    def error(self, text: str, hint: str | None = None) -> None:
        """Say on stderr that the command failed, and what to do; never silenced."""
        label = _paint("error:", "bad") if self.colour_err else "error:"
        click.echo(f"{label} {text}", err=True)
        if hint:
            label = _paint("hint:", "hint") if self.colour_err else "hint:"
            click.echo(f"{label} {hint}", err=True)

    def failure(self, error: PadaukError) -> None:
        """Say an error of ours: one line and a hint, or JSON on stderr with ``--json``."""
        if self.json:
            body = {"code": error.mlflow_code, "message": error.message, "hint": error.hint}
            click.echo(jsonlib.dumps({"error": body}), err=True)
        else:
            self.error(error.message, error.hint)

    def usage_error(self, error: click.ClickException) -> None:
        context = getattr(error, "ctx", None)
        self.error(error.format_message(), f"see '{context.command_path} --help'" if context else None)

    def internal_error(self, error: Exception) -> None:
        self.error(
            f"internal error: {type(error).__name__}: {error}",
            "this is a bug in padauk; the same command with --traceback shows where",
        )


class TerminalReporter(Reporter):
    """Shows progress as one redrawn line on a terminal's stderr, and notices as lines."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._bars = sys.stderr.isatty() and not out.quiet and not out.json

    def task(self, label: str, total: int | None = None, unit: Unit = "files") -> Progress:
        return _Bar(label, total, unit) if self._bars else Progress()

    def notice(self, message: str) -> None:
        self._out.note(message)

    def warning(self, message: str) -> None:
        label = _paint("warning:", "warn") if self._out.colour_err else "warning:"
        click.echo(f"{label} {message}", err=True)

    def detail(self, message: str) -> None:
        if self._out.verbosity > 0:
            self._out.note(message)


class _Bar(Progress):
    """``label  [####    ]  1,200/5,000 files  640/s  6 s left``, redrawn at most ten times a second."""

    def __init__(self, label: str, total: int | None, unit: Unit) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._done = 0
        self._start = self._drawn = time.monotonic()
        self._lock = threading.Lock()
        self._shown = False

    def advance(self, amount: int = 1, *, detail: str | None = None) -> None:
        with self._lock:
            self._done += amount
            now = time.monotonic()
            # quick work shows no bar at all: a flicker tells nothing
            if now - self._drawn > 0.1 and now - self._start > 0.3:
                self._drawn = now
                self._draw(now)

    def grow(self, amount: int) -> None:
        with self._lock:
            self._total = (self._total or 0) + amount

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _draw(self, now: float) -> None:
        rate = self._done / max(now - self._start, 1e-9)
        amount = human_size if self._unit == "bytes" else "{:,.0f}".format
        text = f"{self._label}  "
        if self._total:
            share = min(self._done / self._total, 1.0)
            text += f"[{'#' * int(20 * share):<20}]  {amount(self._done)}/{amount(self._total)}"
        else:
            text += amount(self._done)
        text += ("" if self._unit == "bytes" else f" {self._unit}") + f"  {amount(rate)}/s"
        if self._total and rate:
            text += f"  {_clock(max(self._total - self._done, 0) / rate)} left"
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        sys.stderr.write("\r" + text[: width - 1] + "\x1b[K")
        sys.stderr.flush()
        self._shown = True


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60}:{whole % 60:02d}"


def _paint(text: str, kind: str) -> str:
    colour = _COLOURS[kind]
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)


def _width(text: str) -> int:
    from padauk.core.text import display_width

    return display_width(text)


def _pad(text: str, width: int, *, right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if right else text + blank
