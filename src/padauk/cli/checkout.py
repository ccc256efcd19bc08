"""``padauk checkout``: make the workspace hold what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_workspace, short, target_options

if TYPE_CHECKING:
    from padauk.data import CheckedOut

_KINDS = {"modified": "warn", "added": "good", "deleted": "bad"}


@verb("checkout")
@target_options
@click.option("-f", "--force", is_flag=True, help="Also give up changes that are not in the cache.")
@click.option("--relink", is_flag=True, help="Link or copy files anew as cache.type says.")
@click.option("--summary", is_flag=True, help="Only how many files changed.")
@click.option("--allow-missing", is_flag=True, help="What the cache does not hold is no error.")
def command(
    app: App,
    targets: tuple[str, ...],
    recursive: bool,
    with_deps: bool,
    force: bool,
    relink: bool,
    summary: bool,
    allow_missing: bool,
) -> None:
    """Make the workspace hold what .dvc files and dvc.lock record, from the cache.

    Only what differs is touched, and nothing that the cache does not hold is lost without -f.
    """
    with open_workspace(app) as workspace:
        done = workspace.checkout(
            targets, force=force, relink=relink, recursive=recursive, with_deps=with_deps
        )
    app.out.data(shape(done))
    tell(app, done, summary=summary)
    if not allow_missing or done.damaged:
        done.complain()


def shape(done: CheckedOut) -> dict[str, Any]:
    """The result for a machine; DVC's keys, and what is missing."""
    result: dict[str, Any] = {kind: [] for kind in ("modified", "added", "deleted")}
    for path, kind in sorted(done.changes.items()):
        result[kind].append(short(path))
    result["stats"] = dict(done.counts)
    result["missing"] = [short(path) for path in done.missing]
    result["damaged"] = [short(path) for path in done.damaged]
    return result


def tell(app: App, done: CheckedOut, *, summary: bool = False) -> None:
    """What changed, for a person."""
    if not summary:
        for path, kind in sorted(done.changes.items(), key=lambda change: (change[1], change[0])):
            app.out.print(f"{app.out.style(f'{kind:<8}', _KINDS[kind])}  {short(path)}")
    said = ", ".join(f"{number:,} {kind}" for kind, number in done.counts.items() if number)
    if said:
        app.out.print(f"files: {said}")
    elif not done.missing and not done.damaged and not done.changes:
        app.out.print("Nothing to do: the workspace holds what is recorded.")
