"""What the demo does, in order, and what it says meanwhile."""

from __future__ import annotations

import os
import shutil
import textwrap
import time
from importlib import resources
from typing import TYPE_CHECKING

import click

from padauk.core.errors import ConflictError
from padauk.demo.digits import HELD_BACK, TOTAL, write_digits
from padauk.demo.shell import Shell, free_port, tracking_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARKER = ".padauk-demo"


def tell(folder: Path, *, serve: bool, port: int | None, colour: bool, say: Callable[[str], None]) -> None:
    """Make or continue the demo in ``folder`` and tell it to ``say`` as it goes.

    ``folder`` gets ``project`` (the git repository), ``remote`` (where data is pushed to) and ``server``
    (the tracking server's database and objects). With ``serve`` the server is left running until Ctrl-C.

    Raises:
        ConflictError: ``folder`` holds something else, or work in it that is not committed.
        PadaukError: a step failed; its own output says why.
    """
    folder = folder.absolute()
    _claim(folder)
    project = folder / "project"
    shell = Shell(project, colour=colour, say=say)
    chapters = _Chapters(say, colour)
    started = time.monotonic()
    with tracking_server(folder / "server", port or free_port(), shell) as url:
        shell.env["MLFLOW_TRACKING_URI"] = url
        _first_version(shell, chapters, folder)
        _second_version(shell, chapters)
        _another_parameter(shell, chapters)
        chapters.open(
            "Where does the champion come from?",
            "The alias points to a version, its bytes are a stage's output, and so on down to the images.",
        )
        shell.run("padauk lineage models:/digits@champion")
        chapters.open(
            "All runs of the project", "One for each call of repro, one nested below it for each stage."
        )
        shell.run("padauk runs list --max 12")
        say("")
        say(f"Done in {time.monotonic() - started:.0f} s. The repository is {_short(project)}.")
        if serve:
            say(f"The server is at {url} until you press Ctrl-C.")
            _wait()
        else:
            say("To open the server again, at http://127.0.0.1:5000 :")
            say(f"  padauk --cd {_short(folder / 'server')} server")


def _first_version(shell: Shell, chapters: _Chapters, folder: Path) -> None:
    project = shell.folder
    chapters.open(
        "A repository with data",
        f"{TOTAL - HELD_BACK} of the {TOTAL} UCI handwritten digits as PNG files; the others come later.",
    )
    new = not (project / ".git").exists()
    _copy_template(project)
    write_digits(project / "data" / "digits", everything=False)
    if new:
        shell.run("git init --quiet --initial-branch=main")
        shell.run("padauk init")
        shell.run("padauk remote add --default storage ../remote")
    shell.run("padauk add data/digits")
    shell.commit("First version of the data")

    chapters.open(
        "The pipeline",
        "Three stages in dvc.yaml: prepare the images, train a network, evaluate and register it.",
    )
    shell.run("padauk dag")
    shell.run("padauk repro")
    shell.commit("First model")
    shell.run("padauk push")


def _second_version(shell: Shell, chapters: _Chapters) -> None:
    chapters.open(
        "More data arrives", f"The {HELD_BACK} images that were held back. Only the new ones are stored."
    )
    write_digits(shell.folder / "data" / "digits", everything=True)
    shell.run("padauk status")
    shell.run("padauk add data/digits")
    shell.run("padauk repro")
    shell.commit("Second version of the data")
    shell.run("padauk metrics diff HEAD~1")


def _another_parameter(shell: Shell, chapters: _Chapters) -> None:
    chapters.open(
        "A larger network", "One parameter changes. The images are the same: prepare does not run again."
    )
    params = shell.folder / "params.yaml"
    params.write_text(params.read_text().replace("hidden: 16 ", "hidden: 64 "))
    shell.run("padauk params diff")
    shell.run("padauk repro")
    shell.commit("A larger network")
    shell.run("padauk metrics diff HEAD~1")
    shell.run("padauk push")


def _claim(folder: Path) -> None:
    """Make ``folder`` ours, or make sure that it is, with nothing in it that would be lost."""
    if folder.exists() and not folder.is_dir():
        raise ConflictError(f"{folder} is a file", hint="padauk demo DIR takes a new or empty folder")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise ConflictError(
            f"{folder} is not empty, and no demo", hint="choose a new folder: padauk demo DIR"
        )
    project = folder / "project"
    if (project / ".git").exists():
        dirty = Shell(project).output("git status --porcelain")
        if dirty:
            raise ConflictError(
                f"{project} has changes that are not committed:\n{textwrap.indent(dirty, '  ')}",
                hint="commit them, or take another folder: padauk demo DIR",
            )
    for part in (project, folder / "remote", folder / "server"):
        part.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _copy_template(project: Path) -> None:
    with resources.as_file(resources.files("padauk.demo") / "template") as template:
        shutil.copytree(
            template, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("gitignore", "__pycache__")
        )
        ignore = project / ".gitignore"
        if not ignore.exists():
            # named without its dot in the package, where it would apply to padauk's own sources
            shutil.copyfile(template / "gitignore", ignore)


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


def _short(path: Path) -> str:
    """``path`` as seen from here, where that is shorter."""
    return min(str(path), os.path.relpath(path), key=len)


class _Chapters:
    """Numbered headings."""

    def __init__(self, say: Callable[[str], None], colour: bool) -> None:
        self._say, self._colour, self._number = say, colour, 0

    def open(self, title: str, text: str) -> None:
        self._number += 1
        heading = f"{self._number}. {title}"
        self._say("")
        self._say(click.style(heading, bold=True) if self._colour else heading)
        self._say(textwrap.fill(text, 100))
