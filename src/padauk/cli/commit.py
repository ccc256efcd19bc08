"""``padauk commit``: record what the workspace holds now."""

from __future__ import annotations

import sys

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_workspace, short, target_options, tell_git


@verb("commit")
@target_options
@click.option("-f", "--force", is_flag=True, help="Without asking.")
@click.option("--no-relink", is_flag=True, help="Leave the workspace files as they are.")
def command(
    app: App, targets: tuple[str, ...], recursive: bool, with_deps: bool, force: bool, no_relink: bool
) -> None:
    """Record what tracked paths hold now, in the cache and in .dvc files."""

    def confirm(name: str, how: str) -> bool:
        return (
            sys.stdin.isatty()
            and not app.json
            and click.confirm(f"{name} has changed ({how}). Commit it?", err=True)
        )

    with open_workspace(app) as workspace:
        changed = workspace.commit(
            targets,
            force=force,
            confirm=confirm,
            recursive=recursive,
            with_deps=with_deps,
            relink=not no_relink,
        )
        app.out.data({"committed": [short(out.path) for out in changed]})
        for out in changed:
            app.out.print(f"{app.out.style('committed', 'good')}  {short(out.path)}")
        if not changed:
            app.out.print("Nothing to commit: all is recorded as it is.")
        files = {f"{workspace.repo.root}/{out.source.partition(':')[0]}" for out in changed}
        files = {
            file.removesuffix(".yaml") + ".lock" if file.endswith("dvc.yaml") else file for file in files
        }
        tell_git(app, files, staged=workspace.repo.config.flag("core", "autostage"))
