"""Make a new repository, with the files that ``dvc init`` makes."""

from __future__ import annotations

import os
import shutil

from padauk.core.errors import AlreadyExistsError, ConflictError, InputError, NotFoundError
from padauk.repo.files import write_atomic
from padauk.repo.repository import Repo
from padauk.scm import Git

_IGNORED = "/config.local\n/tmp\n/cache\n"
_RULES = (
    "# Add patterns of files dvc should ignore, which could improve\n"
    "# the performance. Learn more at\n"
    "# https://dvc.org/doc/user-guide/dvcignore\n"
)


def init(root: str, *, no_scm: bool = False, subdir: bool = False, force: bool = False) -> Repo:
    """Make ``root`` a repository, and stage its files in git.

    Args:
        root: an existing folder.
        no_scm: without git.
        subdir: the git repository is in a folder above.
        force: throw away a ``.dvc`` folder that is there, its cache too.

    Raises:
        NotFoundError: no git repository here (or above, with ``subdir``).
        AlreadyExistsError: it is a repository already.
    """
    root = os.path.abspath(root)
    if no_scm and subdir:
        raise InputError("--no-scm and --subdir exclude each other")
    if not os.path.isdir(root):
        raise NotFoundError(f"there is no folder {root}")
    git = None if no_scm else Git.find(root, upwards=subdir)
    if git is None and not no_scm:
        raise NotFoundError(
            f"{root} is not a git repository",
            hint="'git init' first; or --subdir inside of one, or --no-scm without git",
        )
    dvc_dir = os.path.join(root, ".dvc")
    if git is not None and git.is_ignored(dvc_dir + "/"):
        raise ConflictError(f"git ignores {dvc_dir}", hint="add '!.dvc' to .gitignore")
    if os.path.isdir(dvc_dir):
        if not force:
            raise AlreadyExistsError(
                f"{root} is a repository already", hint="-f makes it anew, cache and all"
            )
        shutil.rmtree(dvc_dir)
    os.makedirs(os.path.join(dvc_dir, "tmp"))
    paths = {
        os.path.join(dvc_dir, "config"): "[core]\n    no_scm = True\n" if no_scm else "",
        os.path.join(dvc_dir, ".gitignore"): None if no_scm else _IGNORED,
        os.path.join(root, ".dvcignore"): None
        if os.path.exists(os.path.join(root, ".dvcignore"))
        else _RULES,
    }
    for path, content in paths.items():
        if content is not None:
            write_atomic(path, content.encode())
    write_atomic(os.path.join(dvc_dir, "tmp", "btime"), b"")
    if git is not None:
        git.add(list(paths))
        git.close()
    return Repo(root)
