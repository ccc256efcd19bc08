"""``padauk init``: make a folder a repository."""

from __future__ import annotations

import os

import click

from padauk.cli.frame import App, verb


@verb("init")
@click.argument("directory", required=False, default=".", metavar="[DIR]")
@click.option("--no-scm", is_flag=True, help="Without git.")
@click.option("--subdir", is_flag=True, help="In a folder below the root of a git repository.")
@click.option("-f", "--force", is_flag=True, help="Throw away a repository that is here, its cache too.")
def command(app: App, directory: str, no_scm: bool, subdir: bool, force: bool) -> None:
    """Make DIR (default: here) a repository, as 'dvc init' does; its files are staged in git."""
    from padauk.repo.init import init

    repo = init(directory, no_scm=no_scm, subdir=subdir, force=force)
    app.out.data({"root": repo.root})
    app.out.print(f"Made a repository in {os.path.relpath(repo.root)}/.dvc")
    if not no_scm:
        app.out.hint("next: git commit -m 'start', then 'padauk add DATA' to version data")
