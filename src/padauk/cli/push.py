"""``padauk push``: send recorded data to a remote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import (
    count,
    open_workspace,
    remote_options,
    revision_options,
    revisions,
    target_options,
    tell_failures,
)

if TYPE_CHECKING:
    from padauk.data import SyncResult


@verb("push")
@target_options
@remote_options
@revision_options
@click.option("--glob", is_flag=True, help="TARGETS are patterns.")
@click.option("--run-cache/--no-run-cache", default=False, help="Also the results of past stage runs.")
def command(
    app: App,
    targets: tuple[str, ...],
    recursive: bool,
    with_deps: bool,
    remote: str | None,
    jobs: int | None,
    all_branches: bool,
    all_tags: bool,
    all_commits: bool,
    glob: bool,
    run_cache: bool,
) -> int | None:
    """Send recorded data from the cache to a remote; what is there already is not sent again."""
    with open_workspace(app) as workspace:
        done = workspace.push(
            targets,
            remote=remote,
            jobs=jobs,
            revisions=revisions(all_branches, all_tags, all_commits),
            recursive=recursive,
            with_deps=with_deps,
            run_cache=run_cache,
            glob=glob,
        )
    app.out.data(shape(done, "pushed"))
    return tell(app, done, "pushed", "to")


def shape(done: SyncResult, word: str) -> dict[str, Any]:
    """The result for a machine."""
    return {
        word: done.files,
        "bytes": done.bytes,
        "remotes": list(done.remotes),
        "runs": done.runs,
        "failed": {path: error.message for path, error in done.failed.items()},
    }


def tell(app: App, done: SyncResult, word: str, direction: str) -> int | None:
    """The result for a person; the exit code."""
    from padauk.cli.output import human_size

    where = f" {direction} {', '.join(done.remotes)}" if done.remotes else ""
    if done.files or done.bytes:
        app.out.print(f"{count(done.files, 'file')} ({human_size(done.bytes)}) {word}{where}")
    elif not done.failed and not done.runs:
        app.out.print("Everything is up to date.")
    if done.runs:
        app.out.print(f"{count(done.runs, 'stage run')} {word}")
    if done.failed:
        from padauk.data.sync import summary

        tell_failures(app, done.failed)
        app.out.error(f"{count(len(done.failed), 'path')} not {word}: {summary(done.failed)}")
        return 1
    return None
