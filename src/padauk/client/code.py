"""Which code is about to run: the commit, and what was changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from padauk.client.http import redacted
from padauk.core.errors import PadaukError

if TYPE_CHECKING:
    from padauk.core.events import Reporter
    from padauk.scm import Git

MAX_PATCH = 10_000_000  # bytes of uncommitted changes that are kept; half a patch would be none


@dataclass(frozen=True)
class CodeVersion:
    """The code in the workspace.

    Attributes:
        commit: the commit checked out; ``None`` without git, or before the first commit.
        branch: the branch checked out.
        remote: URL of git's ``origin``, without credentials.
        dirty: tracked files differ from the commit.
        patch: how they differ; empty when they do not, or when it is too large to keep.
    """

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    patch: bytes = b""


def code_version(git: Git | None, reporter: Reporter) -> CodeVersion:
    """The version of the code now. Trouble with git is a warning: it must not stop the work."""
    if git is None:
        return CodeVersion()
    try:
        dirty = git.is_dirty()
        patch = git.dirty_patch(MAX_PATCH + 1) if dirty else b""
        remote = git.run("config", "--get", "remote.origin.url", check=False).decode().strip()
        found = CodeVersion(git.head(), git.branch(), _without_credentials(remote), dirty, patch)
    except PadaukError as error:
        reporter.warning(f"the code's version is not recorded: {error.message}")
        return CodeVersion()
    if len(patch) > MAX_PATCH:
        reporter.warning(
            f"uncommitted changes of over {MAX_PATCH // 1_000_000} MB are not recorded: commit them, or let "
            "padauk track the large files"
        )
        return CodeVersion(found.commit, found.branch, found.remote, dirty=True)
    return found


def _without_credentials(url: str) -> str | None:
    # git@host:path is no URL and holds no secret
    return (redacted(url) if urlsplit(url).scheme.startswith("http") else url) or None
