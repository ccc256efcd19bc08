"""``padauk metrics``: what stages measured, here and in other commits."""

from __future__ import annotations

import os

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_repo


@click.group("metrics")
def command() -> None:
    """Show metrics, and compare them between commits."""


@verb("show")
@click.argument("targets", nargs=-1)
@click.option("-a", "--all-branches", is_flag=True, help="Of every branch.")
@click.option("-T", "--all-tags", is_flag=True, help="Of every tag.")
@click.option("-A", "--all-commits", is_flag=True, help="Of every commit.")
@click.option("-R", "--recursive", is_flag=True, hidden=True, help="Folders are always looked into.")
@click.option("--md", "markdown", is_flag=True, help="A Markdown table.")
@click.option("--precision", type=int, metavar="N", help="Round to N digits after the point (5).")
def show(
    app: App,
    targets: tuple[str, ...],
    all_branches: bool,
    all_tags: bool,
    all_commits: bool,
    recursive: bool,
    markdown: bool,
    precision: int | None,
) -> None:
    """Show the metrics of the workspace, or those in TARGETS."""
    from padauk.cli.compared import show_values
    from padauk.pipeline.compare import WORKSPACE, Values, metrics_of, revisions

    repo = open_repo()
    paths = [os.path.abspath(target) for target in targets]
    found: dict[str, Values] = {}
    for name, rev in revisions(repo, branches=all_branches, tags=all_tags, commits=all_commits).items():
        found[name] = metrics_of(repo, rev, paths)
    branch = repo.scm.branch() if repo.scm and len(found) > 1 else None
    if branch in found and found.get(WORKSPACE) == found[branch]:
        del found[WORKSPACE]  # nothing new there
    show_values(
        app,
        found,
        markdown=markdown,
        precision=precision,
        with_revision=all_branches or all_tags or all_commits,
    )


@verb("diff")
@click.argument("a_rev", required=False, default="HEAD")
@click.argument("b_rev", required=False, default="workspace")
@click.option("--targets", multiple=True, metavar="PATH", help="Only these files (may be given again).")
@click.option("--all", "everything", is_flag=True, help="Unchanged ones too.")
@click.option("-R", "--recursive", is_flag=True, hidden=True, help="Folders are always looked into.")
@click.option("--md", "markdown", is_flag=True, help="A Markdown table.")
@click.option("--no-path", is_flag=True, help="Leave the files' names out.")
@click.option("--precision", type=int, metavar="N", help="Round to N digits after the point (5).")
def diff(
    app: App,
    a_rev: str,
    b_rev: str,
    targets: tuple[str, ...],
    everything: bool,
    recursive: bool,
    markdown: bool,
    no_path: bool,
    precision: int | None,
) -> None:
    """Compare metrics of two commits, by default HEAD and the workspace."""
    from padauk.cli.compared import show_difference
    from padauk.pipeline.compare import metrics_of

    repo = open_repo()
    paths = [os.path.abspath(target) for target in targets]
    show_difference(
        app,
        repo,
        "Metric",
        lambda rev: metrics_of(repo, rev, paths),
        (a_rev, b_rev),
        everything=everything,
        markdown=markdown,
        no_path=no_path,
        precision=precision,
    )


command.add_command(show)
command.add_command(diff)
