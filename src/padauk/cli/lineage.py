"""``padauk lineage REF``: what something came from, and what came of it."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.cli.here import open_repo
from padauk.core.errors import InputError, NotARepositoryError, PadaukError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.lineage import Ref, Source
    from padauk.repo import Repo


@verb("lineage")
@click.argument("ref")
@click.option("--up", "only_up", is_flag=True, help="Only what it came from.")
@click.option("--down", "only_down", is_flag=True, help="Only what came of it.")
@click.option(
    "--depth", type=click.IntRange(1, 100), default=20, show_default=True, help="Steps to follow each way."
)
@click.option("--all", "everything", is_flag=True, help="Show every branch, however many.")
@click.option("--offline", is_flag=True, help="Do not ask the tracking server.")
def command(
    app: App, ref: str, only_up: bool, only_down: bool, depth: int, everything: bool, offline: bool
) -> None:
    """Show what REF came from, and what came of it.

    REF is a path, path@revision, an md5 or its first digits, a run id or its first digits, a stage,
    models:/name@alias, models:/name/3 or models:/name. The repository's history, the runs recorded here and
    the tracking server are asked, and joined by the hashes of what was read and written.
    """
    from padauk.lineage import Sources, resolve, trace

    with contextlib.ExitStack() as stack:
        repo = _repo(stack)
        sources: list[Source] = []
        if not offline:
            only_there = ref.startswith(("models:/", "runs:/", "m-"))
            sources += _server(app, stack, only_there=only_there, alone=repo is None)
        repository = None
        if repo:
            from padauk.client.local import LocalSource
            from padauk.lineage.repository import RepositorySource

            repository = RepositorySource(repo, app.out.reporter)
            sources += [LocalSource(repo.root, app.settings.tracking.uri), repository]
        if not sources:
            raise NotARepositoryError(
                "no repository here and no tracking server is set",
                hint="go into a repository, or set one: padauk config --global tracking.uri http://…",
            )
        joined = Sources(sources)
        start = resolve(
            _from_root(ref, repo),
            joined,
            repository=repository,
            hash_file=_hasher(repo) if repo else _nothing,
        )
        graph = trace(start, joined, depth=depth, up=not only_down, down=not only_up)
        app.out.data({"ref": ref, **graph.to_json()})
        if app.json or app.out.quiet:
            return
        from padauk.cli.lineage_view import FEW, View

        view = View(
            graph,
            paint=app.out.style,
            describe=_describer(repo),
            width=shutil.get_terminal_size().columns,
            few=10**9 if everything else FEW,
        )
        for line in view.lines(up=not only_down, down=not only_up):
            app.out.print(line)


def _repo(stack: contextlib.ExitStack) -> Repo | None:
    try:
        repo = open_repo()
    except NotARepositoryError:
        return None
    stack.callback(repo.close)
    return repo


def _server(app: App, stack: contextlib.ExitStack, *, only_there: bool, alone: bool) -> list[Source]:
    """The tracking server, if one is set and answers; ``only_there`` and ``alone`` say who needs it to."""
    settings = app.settings.tracking
    if not settings.uri:
        if only_there:
            hint = "set one: padauk config tracking.uri http://…; 'padauk server' starts one"
            raise InputError("models and runs are on a tracking server, and none is set", hint=hint)
        return []
    from padauk.client.http import Patience, TrackingClient
    from padauk.client.lineage import ServerSource

    try:
        client = TrackingClient(settings, patience=Patience(connect=2, read=20, attempts=2))
        stack.callback(client.close)
        client.has_extensions()
    except (InputError, UnavailableError) as error:
        if only_there or alone:
            raise
        app.out.reporter.warning(f"{error.message}; only this repository is looked at")
        return []
    return [ServerSource(client)]


def _from_root(ref: str, repo: Repo | None) -> str:
    """A path that is relative to the current folder, from the repository's root instead."""
    if repo is None or ref.startswith(("models:/", "runs:/")):
        return ref
    absolute = os.path.normpath(os.path.join(os.getcwd(), ref))
    if os.getcwd() == repo.root:
        return ref.removesuffix("/").removeprefix("./") or ref
    path, _, rev = ref.partition("@")
    looks = "/" in path or os.path.lexists(path) or os.path.lexists(path + ".dvc") or bool(rev)
    return repo.rel(absolute) if looks else ref


def _hasher(repo: Repo) -> Callable[[str], Ref | None]:
    def hash_file(path: str) -> Ref | None:
        import hashlib

        from padauk.lineage import Ref

        full = os.path.join(repo.root, path)
        if not os.path.isfile(full):
            return None
        with open(full, "rb") as file:
            digest = hashlib.file_digest(file, "md5").hexdigest()
        return Ref(path, digest, os.path.getsize(full))

    return hash_file


def _nothing(path: str) -> None:
    return None


def _describer(repo: Repo | None) -> Callable[[str], str]:
    @functools.cache
    def describe(sha: str) -> str:
        git = repo.scm if repo else None
        if git is None:
            return ""
        try:
            return git.run("log", "-1", "--format=%s", sha, check=False).decode(errors="replace").strip()
        except PadaukError:
            return ""

    return describe
