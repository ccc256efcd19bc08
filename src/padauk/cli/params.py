"""``padauk params``: parameters, and what changed in them."""

from __future__ import annotations

import os

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_repo


@click.group("params")
def command() -> None:
    """Compare parameters between commits."""


@verb("diff")
@click.argument("a_rev", required=False, default="HEAD")
@click.argument("b_rev", required=False, default="workspace")
@click.option("--targets", multiple=True, metavar="PATH", help="Only these files (may be given again).")
@click.option("--all", "everything", is_flag=True, help="Unchanged ones too.")
@click.option("--deps", is_flag=True, help="Only those that stages depend on.")
@click.option("--md", "markdown", is_flag=True, help="A Markdown table.")
@click.option("--no-path", is_flag=True, help="Leave the files' names out.")
def diff(
    app: App,
    a_rev: str,
    b_rev: str,
    targets: tuple[str, ...],
    everything: bool,
    deps: bool,
    markdown: bool,
    no_path: bool,
) -> None:
    """Compare parameters of two commits, by default HEAD and the workspace."""
    from padauk.cli.compared import show_difference
    from padauk.pipeline.compare import params_of

    repo = open_repo()
    paths = [os.path.abspath(target) for target in targets]
    show_difference(
        app,
        repo,
        "Param",
        lambda rev: params_of(repo, rev, paths, deps=deps),
        (a_rev, b_rev),
        everything=everything,
        markdown=markdown,
        no_path=no_path,
        precision=None,
        amounts=False,
    )


command.add_command(diff)
