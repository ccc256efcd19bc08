"""What stages printed, kept under ``.padauk/logs``, the newest few hundred."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_KEEP = 200
_IGNORE = "# runs and logs stay here; the settings go with the repository\n*\n!/config.toml\n"


def new_path(root: str, address: str, when: datetime) -> str:
    """An unused path for the log of one run of a stage, in a folder that is there.

    Args:
        root: the repository's folder.
        address: the stage.
        when: the start of the run, UTC.
    """
    own = os.path.join(root, ".padauk")
    folder = os.path.join(own, "logs")
    os.makedirs(folder, exist_ok=True)
    ignore = os.path.join(own, ".gitignore")
    if not os.path.exists(ignore):
        with open(ignore, "w", encoding="utf-8") as file:
            file.write(_IGNORE)
    _prune(folder)
    name = re.sub(r"[^\w@.-]+", "-", address)[:80].strip("-") or "stage"
    stem = f"{when:%Y%m%d-%H%M%S}-{name}"
    path, number = os.path.join(folder, f"{stem}.log"), 1
    while os.path.exists(path):
        number += 1
        path = os.path.join(folder, f"{stem}-{number}.log")
    return path


def _prune(folder: str) -> None:
    names = sorted(name for name in os.listdir(folder) if name.endswith(".log"))
    for name in names[: max(len(names) - _KEEP, 0)]:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))
