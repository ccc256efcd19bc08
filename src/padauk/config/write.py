"""Change settings files. They hold a handful of strings, so the whole file is written anew each time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from padauk.config.load import SETTINGS, read_values
from padauk.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_IGNORE = "# runs and logs stay here; the settings go with the repository\n*\n!/config.toml\n"


def set_setting(path: Path, name: str, value: str) -> None:
    """Set ``name`` in the file at ``path``, made if it is not there (mode 0600: it may hold a token).

    Raises:
        InputError: there is no setting of that name.
    """
    _check(name)
    _write(path, {**read_values(path), name: value})


def unset_setting(path: Path, name: str) -> None:
    """Remove ``name`` from the file at ``path``; absent is fine.

    Raises:
        InputError: there is no setting of that name.
    """
    _check(name)
    _write(path, {key: value for key, value in read_values(path).items() if key != name})


def _check(name: str) -> None:
    if name not in SETTINGS:
        raise InputError(f"unknown setting {name!r}", hint=f"known: {', '.join(SETTINGS)}")


def _write(path: Path, values: dict[str, str]) -> None:
    lines: list[str] = []
    for table in dict.fromkeys(name.partition(".")[0] for name in values):
        lines.append(f"[{table}]")
        # a JSON string is a valid TOML basic string
        lines += [
            f"{k.partition('.')[2]} = {json.dumps(v)}" for k, v in values.items() if k.startswith(table + ".")
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.name == ".padauk":
        ignore = path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_IGNORE)
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n" if lines else "")
    os.replace(fresh, path)
