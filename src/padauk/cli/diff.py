"""``padauk diff``: what changed in the tracked data between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATES = ("added", "deleted", "renamed", "modified", "not in cache")
_COLOURS = {"added": "good", "deleted": "bad", "renamed": "good", "modified": "warn", "not in cache": "warn"}


@verb("diff")
@click.argument("old", required=False, default="HEAD", metavar="[A]")
@click.argument("new", required=False, metavar="[B]")
@click.option(
    "--targets", multiple=True, metavar="PATH", help="Only these paths (may be given several times)."
)
@click.option("--show-hash", is_flag=True, help="With the hashes.")
@click.option("--md", "markdown", is_flag=True, help="As a Markdown table.")
@click.option("--hide-missing", is_flag=True, help="Leave out what is not in the cache.")
@click.argument("rest", nargs=-1, metavar="")
def command(
    app: App,
    old: str,
    new: str | None,
    targets: tuple[str, ...],
    show_hash: bool,
    markdown: bool,
    hide_missing: bool,
    rest: tuple[str, ...],
) -> None:
    """Say what changed from commit A (default: HEAD) to commit B (default: the workspace)."""
    if rest:
        raise click.UsageError(f"too many arguments: {' '.join(rest)}")
    with open_workspace(app) as workspace:
        found = workspace.diff(old, new, targets=targets)
    missing = not (hide_missing or new)
    app.out.data(found.to_json(hashes=show_hash, missing=missing))
    if app.json:
        return
    shape = found.to_json(hashes=True, missing=missing)
    if markdown:
        _markdown(app, shape, show_hash)
        return
    for state in _STATES:
        entries = shape.get(state)
        if not entries:
            continue
        app.out.print(app.out.style(f"{state}", _COLOURS[state]))
        for entry in entries:
            hashes = f"{_hash(entry['hash'])}  " if show_hash else ""
            app.out.print(f"    {hashes}{_path(entry)}")
        app.out.print()
    counts = {
        state: sum(not _path(entry).endswith("/") for entry in shape.get(state, ())) for state in _STATES
    }
    said = ", ".join(f"{number:,} {state}" for state, number in counts.items() if number)
    if said:
        app.out.print(f"files: {said}")
    elif not any(shape.values()):
        app.out.note("no changes")


def _path(entry: Mapping[str, Any]) -> str:
    path = entry["path"]
    return f"{path['old']} -> {path['new']}" if isinstance(path, dict) else str(path)


def _hash(value: Any) -> str:
    if isinstance(value, dict):
        return f"{str(value['old'])[:8]}..{str(value['new'])[:8]}"
    return str(value)[:8]


def _markdown(app: App, shape: Mapping[str, list[dict[str, Any]]], show_hash: bool) -> None:
    rows = [("Status", *(("Hash",) if show_hash else ()), "Path")]
    rows += [
        (state, *((_hash(entry["hash"]),) if show_hash else ()), _path(entry).replace("|", "\\|"))
        for state in _STATES
        for entry in shape.get(state, ())
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        app.out.print(f"| {' | '.join(cells)} |")
        if number == 0:
            app.out.print(f"|{'|'.join('-' * (width + 2) for width in widths)}|")
