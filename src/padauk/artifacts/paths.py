"""Names of artifacts: which are safe, and whose an artifact is.

An artifact is named by its path below the artifact root of the server. MLflow's clients make the path
from the experiment's location: ``<location>/<run id>/artifacts/…`` for a run and
``<location>/models/<model id>/artifacts/…`` for a logged model, so the owner can be read off it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from padauk.core.errors import InputError

OwnerKind = Literal["run", "model", "trace", ""]

_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OWNER = re.compile(
    r"(?:.*?/)?(?:models/(?P<model>m-[0-9a-f]{32})|traces/(?P<trace>[\w\-]+)|(?P<run>[0-9a-f]{32}))/artifacts/"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an artifact is: a run, a logged model, a trace, or (``kind`` empty) nobody that is known."""

    kind: OwnerKind
    id: str


NOBODY = Owner("", "")


def owner_of(path: str) -> Owner:
    """The run, logged model or trace whose folder ``path`` lies in, as MLflow lays them out."""
    found = _OWNER.match(path)
    if not found:
        return NOBODY
    if model := found["model"]:
        return Owner("model", model)
    if run := found["run"]:
        return Owner("run", run)
    return Owner("trace", found["trace"])


def safe_path(path: str) -> str:
    """``path`` percent-decoded and tidied (``a//./b/`` is ``a/b``); empty for the root.

    Raises:
        InputError: it would leave its root, is absolute on any system, or holds ``#``, a backslash or
            control characters. The message is MLflow's.
    """
    decoded = path
    # decoded until it stops changing, so that no layer behind this one can find another meaning in it
    while (once := unquote(decoded)) != decoded:
        decoded = once
    parts = decoded.split("/")
    if (
        decoded.startswith("/")
        or ".." in parts
        or "#" in decoded
        or "\\" in decoded
        or _DRIVE.match(decoded)
        or decoded[:5].lower() == "file:"
        or _CONTROL.search(decoded)
    ):
        raise InputError("Invalid path")
    return "/".join(part for part in parts if part not in ("", "."))
