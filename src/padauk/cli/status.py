"""``padauk status``: what is not as recorded, or what cache and remote do not share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import (
    count,
    open_workspace,
    remote_options,
    revision_options,
    revisions,
    short,
    target_options,
)

if TYPE_CHECKING:
    from padauk.workspace.status import Status
    from padauk.workspace.workspace import Workspace

_KINDS = {"modified": "warn", "deleted": "bad", "new": "good", "not in cache": "bad", "missing": "bad"}


@verb("status")
@target_options
@click.option("-c", "--cloud", is_flag=True, help="Compare the cache with a remote instead.")
@remote_options
@revision_options
@click.option(
    "--no-updates", is_flag=True, help="Do not look for new versions of imports (none are looked for)."
)
def command(
    app: App,
    targets: tuple[str, ...],
    recursive: bool,
    with_deps: bool,
    cloud: bool,
    remote: str | None,
    jobs: int | None,
    all_branches: bool,
    all_tags: bool,
    all_commits: bool,
    no_updates: bool,
) -> int | None:
    """Say what in the workspace is not as recorded; with -c what cache and remote do not share.

    With -q nothing is said: the exit code is 1 when there is something to say.
    """
    which = revisions(all_branches, all_tags, all_commits)
    with open_workspace(app) as workspace:
        if cloud or remote:
            found = workspace.remote_status(
                targets, remote=remote, revisions=which, recursive=recursive, with_deps=with_deps
            )
            _tell_remote(app, workspace, {short(path): state for path, state in found.items()}, remote)
            return int(bool(found)) if app.out.quiet else None
        if which or jobs:
            raise click.UsageError("-a, -T, -A and -j belong to -c")
        found_here = workspace.status(targets, recursive=recursive, with_deps=with_deps)
        shape = _shape(found_here)
        app.out.data(shape)
        _tell(app, workspace, found_here, bool(targets))
        return int(bool(shape)) if app.out.quiet else None


def _shape(found: Status) -> dict[str, list[Any]]:
    """DVC's JSON: ``{"d.dvc": [{"changed outs": {"d": "modified"}}], "train": ["changed command"]}``."""
    shape: dict[str, list[Any]] = {}
    for finding in found.data:
        source = shape.setdefault(short(finding.file), [{"changed outs": {}}])
        source[0]["changed outs"][short(finding.out.path)] = finding.state
    here = os.getcwd()
    for stage, changes in found.stages:
        shape[stage.address_from(here)] = changes.to_json(short)
    return shape


def _tell(app: App, workspace: Workspace, found: Status, some: bool) -> None:
    for stage in found.frozen:
        app.out.note(f"{stage.address_from(os.getcwd())} is frozen: what it reads was not looked at")
    if not found:
        if not some and not workspace.index.nodes:
            app.out.print("Nothing is tracked here yet.")
            app.out.hint("'padauk add DATA' tracks a file or folder")
        else:
            app.out.print("Data and pipelines are up to date.")
        return
    for finding in found.data:
        label = app.out.style(f"{finding.state:<12}", _KINDS[finding.state])
        app.out.print(f"{label}  {short(finding.out.path)}")
    for stage, changes in found.stages:
        label = app.out.style(f"{'to run':<12}", "warn")
        why = "; ".join(changes.reasons(short))
        app.out.print(f"{label}  {stage.address_from(os.getcwd())}  ({why})")
    states = {finding.state for finding in found.data}
    if states & {"modified", "deleted"}:
        app.out.hint("'padauk commit' records what is here, 'padauk checkout' brings back what was recorded")
    if "not in cache" in states:
        app.out.hint("'padauk pull' brings what a remote has")
    if found.stages:
        app.out.hint("'padauk repro' runs what changed")


def _tell_remote(app: App, workspace: Workspace, found: dict[str, Any], remote: str | None) -> None:
    app.out.data(found)
    name = remote or workspace.repo.config.default_remote
    if not found:
        app.out.print(f"Cache and remote '{name}' are in sync.")
        return
    limit = len(found) if app.out.verbosity > 0 else 40
    for path, state in list(found.items())[:limit]:
        app.out.print(f"{app.out.style(f'{state:<9}', _KINDS[state])}  {path}")
    if len(found) > limit:
        app.out.print(f"and {count(len(found) - limit, 'more path')} (-v shows all)")
    states = set(found.values())
    if "new" in states:
        app.out.hint("new: only here; 'padauk push' sends them")
    if "deleted" in states:
        app.out.hint("deleted: only in the remote; 'padauk fetch' brings them")
    if "missing" in states:
        app.out.hint("missing: in neither")
