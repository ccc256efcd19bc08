"""``padauk add``: track files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import count, open_workspace, short, tell_git

if TYPE_CHECKING:
    from padauk.data import Added
    from padauk.workspace.workspace import Workspace


@verb("add")
@click.argument("targets", nargs=-1, required=True)
@click.option("--glob", is_flag=True, help="TARGETS are patterns: '*.csv', 'data/**/*.png'.")
@click.option(
    "-o", "--out", metavar="PATH", help="Track a copy of the one TARGET, which may lie anywhere, as PATH."
)
@click.option("--no-commit", is_flag=True, help="Only record the hashes, put nothing into the cache.")
@click.option("--to-remote", is_flag=True, help="Send the one TARGET to a remote, and put it nowhere else.")
@click.option("-r", "--remote", metavar="NAME", help="The remote for --to-remote.")
@click.option(
    "--remote-jobs", type=click.IntRange(min=1), metavar="N", help="Transfers at a time, with --to-remote."
)
@click.option("-f", "--force", is_flag=True, help="Replace what is at PATH.")
@click.option("--no-relink", is_flag=True, help="Leave the workspace files as they are.")
def command(
    app: App,
    targets: tuple[str, ...],
    glob: bool,
    out: str | None,
    no_commit: bool,
    to_remote: bool,
    remote: str | None,
    remote_jobs: int | None,
    force: bool,
    no_relink: bool,
) -> None:
    """Track TARGETS: bytes go into the cache, a small .dvc file for git says which they are."""
    option = "--to-remote" if to_remote else "--out"
    if to_remote or out:
        for wrong, what in (
            (len(targets) > 1, "several targets"),
            (glob, "--glob"),
            (no_commit, "--no-commit"),
        ):
            if wrong:
                raise click.UsageError(f"{option} cannot be used with {what}")
    elif remote or remote_jobs:
        raise click.UsageError("--remote and --remote-jobs belong to --to-remote")
    with open_workspace(app) as workspace:
        if to_remote or out:
            done = workspace.add_from(
                targets[0], out, force=force, remote=remote, to_remote=to_remote, jobs=remote_jobs
            )
        else:
            done = workspace.add(targets, glob=glob, commit=not no_commit, relink=not no_relink)
        _tell(app, workspace, done)


def _tell(app: App, workspace: Workspace, done: Added) -> None:
    from padauk.cli.output import human_size

    app.out.data(
        {
            "outs": [
                {
                    "path": out.path,
                    "md5": out.info.value,
                    "size": out.info.size,
                    "nfiles": out.info.nfiles,
                    "file": out.source,
                }
                for out in done.outs
                if out.info is not None
            ],
            "changed": sorted(done.changed),
        }
    )
    changed = set(done.changed)
    wide = max((len(short(out.path)) for out in done.outs[:20]), default=0)
    for out in done.outs[:20]:
        if out.info is None:
            continue
        facts = [count(out.info.nfiles, "file")] if out.info.nfiles is not None else []
        facts += [human_size(out.info.size)] if out.info.size is not None else []
        state = "added" if out.path in done.fresh else "updated"
        if f"{workspace.repo.root}/{out.source}" not in changed:
            state = "unchanged"
        label = app.out.style(f"{state:<9}", "dim" if state == "unchanged" else "good")
        app.out.print(f"{label}  {short(out.path):<{wide}}  {', '.join(facts)}")
    if len(done.outs) > 20:
        app.out.print(f"and {len(done.outs) - 20:,} more")
    tell_git(app, done.changed, staged=workspace.repo.config.flag("core", "autostage"))
