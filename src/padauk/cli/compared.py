"""Showing metrics and parameters: one table for both, JSON in DVC's shape."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from padauk.cli.frame import App
    from padauk.pipeline.compare import Values
    from padauk.repo import Repo

PRECISION = 5


def show_difference(
    app: App,
    repo: Repo,
    title: str,
    of: Callable[[str | None], Values],
    revs: tuple[str, str],
    *,
    everything: bool,
    markdown: bool,
    no_path: bool,
    precision: int | None,
    amounts: bool = True,
) -> None:
    """Print what differs between two revisions; ``workspace`` is the working tree.

    Args:
        app: where to.
        repo: the repository.
        title: what one name is called.
        of: gives the values at a revision, ``None`` for the workspace.
        revs: the two revisions.
        everything: also what does not differ.
        markdown: a Markdown table.
        no_path: without the files' names.
        precision: digits after the point.
        amounts: with a column that says by how much.
    """
    from padauk.pipeline.compare import WORKSPACE, differences

    if repo.scm is None or repo.scm.head() is None:
        app.out.data({})
        app.out.note("nothing to compare with: there is no commit yet")
        return
    old, new = (of(None if rev == WORKSPACE else rev) for rev in revs)
    for rev, values in zip(revs, (old, new), strict=True):
        for error in values.errors.values():
            if not _only_new(error.message):
                app.out.reporter.warning(f"{rev}: {error.message}")
    found = {
        os.path.relpath(path): changed
        for path, changed in differences(old, new, unchanged=everything).items()
    }
    app.out.data(found)
    keys = ("old", "new", "diff") if amounts else ("old", "new")
    rows = [
        [path, name, *(_text(change.get(key), precision) for key in keys)]
        for path, changed in found.items()
        for name, change in changed.items()
    ]
    figures = [*revs, *(["Change"] if amounts else [])]
    columns = ["Path", title, *figures]
    if no_path:
        columns, rows = columns[1:], [row[1:] for row in rows]
    if rows:
        print_table(app, columns, rows, markdown=markdown, right=figures)
    else:
        app.out.note(f"no {title.lower()} differs")


def _only_new(message: str) -> bool:
    """A file that one of the revisions does not have yet is no trouble."""
    return message.endswith("does not exist")


def show_values(
    app: App, found: dict[str, Values], *, markdown: bool, precision: int | None, with_revision: bool
) -> None:
    """Print a line a file, a column a name; JSON as ``dvc metrics show --json``."""
    from padauk.pipeline.observer import flatten

    app.out.data({rev: _to_json(values) for rev, values in found.items()})
    lines: list[tuple[str, str, dict[str, Any]]] = []
    for rev, values in found.items():
        for error in values.errors.values():
            app.out.reporter.warning(f"{rev}: {error.message}" if rev else error.message)
        for path, content in values.data.items():
            flat = flatten(content) if isinstance(content, dict) else {"": content}
            lines.append((rev, os.path.relpath(path), flat))
    names = sorted({name for _, _, flat in lines for name in flat})
    if not names:
        app.out.note("no metrics")
        return
    columns = ["Revision", "Path", *names] if with_revision else ["Path", *names]
    rows = [
        [*([rev] if with_revision else []), path, *(_text(flat.get(name), precision) for name in names)]
        for rev, path, flat in lines
    ]
    print_table(app, columns, rows, markdown=markdown, right=names)


def _to_json(values: Values) -> dict[str, Any]:
    data: dict[str, Any] = {os.path.relpath(path): {"data": content} for path, content in values.data.items()}
    for path, error in values.errors.items():
        data[os.path.relpath(path)] = {"error": {"type": type(error).__name__, "msg": error.message}}
    return {"data": data}


def print_table(
    app: App,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    markdown: bool,
    right: Sequence[str] = (),
) -> None:
    """A table, in Markdown on demand."""
    if not markdown:
        app.out.table(columns, rows, right=right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = [columns, ["-" * width for width in widths], *rows]
    for line in lines:
        app.out.print(
            "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) + " |"
        )


def _text(value: Any, precision: int | None) -> str:
    if value is None:
        return "-"
    return (
        str(round(value, PRECISION if precision is None else precision))
        if isinstance(value, float)
        else str(value)
    )
