"""What the verbs on a repository share: opening it, their common options, and how they name things."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from padauk.cli.frame import App
    from padauk.core.errors import PadaukError
    from padauk.repo import Repo
    from padauk.workspace.history import Revisions
    from padauk.workspace.workspace import Workspace

F = TypeVar("F", bound="Callable[..., Any]")


def open_workspace(app: App) -> Workspace:
    """The repository around the current folder, with DVC's settings of this user and machine."""
    from padauk.config.dvc import dvc_dirs
    from padauk.workspace.workspace import Workspace

    return Workspace.open(dirs=dvc_dirs(), reporter=app.out.reporter)


def open_repo() -> Repo:
    """As :func:`open_workspace`, for verbs that need no more than the repository's files."""
    from padauk.config.dvc import dvc_dirs
    from padauk.repo import Repo

    return Repo.open(dirs=dvc_dirs())


def target_options(function: F) -> F:
    """``[TARGETS]…  -R  -d``, passed on as ``targets``, ``recursive`` and ``with_deps``."""
    function = click.option("-d", "--with-deps", is_flag=True, help="Also what the targets depend on.")(
        function
    )
    function = click.option(
        "-R", "--recursive", is_flag=True, help="A folder means all that is declared below it."
    )(function)
    return click.argument("targets", nargs=-1, metavar="[TARGETS]...")(function)


def remote_options(function: F) -> F:
    """``-r NAME  -j N``, passed on as ``remote`` and ``jobs``."""
    function = click.option(
        "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="How many transfers at a time."
    )(function)
    return click.option("-r", "--remote", metavar="NAME", help="Instead of the default remote.")(function)


def revision_options(function: F) -> F:
    """``-a  -T  -A``, passed on as ``all_branches``, ``all_tags`` and ``all_commits``."""
    for short, name, text in (
        ("-A", "--all-commits", "Also of every commit."),
        ("-T", "--all-tags", "Also of every tag."),
        ("-a", "--all-branches", "Also of every branch."),
    ):
        function = click.option(short, name, is_flag=True, help=text)(function)
    return function


def revisions(all_branches: bool, all_tags: bool, all_commits: bool) -> Revisions:
    """The options of :func:`revision_options` as a value."""
    from padauk.workspace.history import Revisions

    return Revisions(all_branches, all_tags, all_commits)


def short(path: str) -> str:
    """``path`` from the current folder; a ``/`` at the end stays."""
    return os.path.relpath(path) + ("/" if path.endswith("/") else "")


def count(number: int, noun: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def tell_failures(app: App, failed: Mapping[str, PadaukError], limit: int = 10) -> None:
    """Name what failed, a line each, and how many more there are."""
    for path, error in list(failed.items())[:limit]:
        name = short(path) if path.startswith("/") else path
        app.out.error(f"{name}: {error.message}")
    if len(failed) > limit:
        app.out.note(f"and {len(failed) - limit:,} more")


def tell_git(app: App, files: Iterable[str], *, staged: bool) -> None:
    """Say which files git should take in next, unless it has them already."""
    names = sorted(short(file) for file in set(files))
    if not names or staged:
        return
    import shlex

    shown = " ".join(map(shlex.quote, names[:8])) + (" …" if len(names) > 8 else "")
    app.out.hint(f"next: git add {shown}")
