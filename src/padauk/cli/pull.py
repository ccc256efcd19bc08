"""``padauk pull``: bring recorded data from a remote into the workspace."""

from __future__ import annotations

import click

from padauk.cli import checkout, push
from padauk.cli.frame import App, verb
from padauk.cli.here import open_workspace, remote_options, revision_options, revisions, target_options


@verb("pull")
@target_options
@remote_options
@revision_options
@click.option("-f", "--force", is_flag=True, help="Also give up changes that are not in the cache.")
@click.option("--glob", is_flag=True, help="TARGETS are patterns.")
@click.option("--allow-missing", is_flag=True, help="What the remote does not have is no error.")
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
    force: bool,
    glob: bool,
    allow_missing: bool,
    run_cache: bool,
) -> int | None:
    """Bring recorded data from a remote into cache and workspace: fetch, then checkout.

    What the remote does not have is named at the end; all the rest is brought.
    """
    with open_workspace(app) as workspace:
        fetched, done = workspace.pull(
            targets,
            remote=remote,
            jobs=jobs,
            force=force,
            revisions=revisions(all_branches, all_tags, all_commits),
            recursive=recursive,
            with_deps=with_deps,
            run_cache=run_cache,
            glob=glob,
        )
    app.out.data(checkout.shape(done) | push.shape(fetched, "fetched"))
    if done.changes:
        checkout.tell(app, done)
    if allow_missing and not done.damaged:
        fetched.failed.clear()
    code = (
        push.tell(app, fetched, "fetched", "from")
        if fetched.files or fetched.failed or not done.changes
        else None
    )
    if not fetched.failed and not allow_missing:
        done.complain("no remote has it: push it from where it is")
    return code
