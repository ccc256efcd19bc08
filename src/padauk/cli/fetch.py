"""``padauk fetch``: bring recorded data from a remote into the cache."""

from __future__ import annotations

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_workspace, remote_options, revision_options, revisions, target_options
from padauk.cli.push import shape, tell


@verb("fetch")
@target_options
@remote_options
@revision_options
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
    run_cache: bool,
) -> int | None:
    """Bring recorded data from a remote into the cache; the workspace stays as it is."""
    with open_workspace(app) as workspace:
        done = workspace.fetch(
            targets,
            remote=remote,
            jobs=jobs,
            revisions=revisions(all_branches, all_tags, all_commits),
            recursive=recursive,
            with_deps=with_deps,
            run_cache=run_cache,
        )
    app.out.data(shape(done, "fetched"))
    return tell(app, done, "fetched", "from")
