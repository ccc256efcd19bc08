"""The run cache: what a stage wrote, by what it read, so that the same run need not happen twice.

Format (DVC's): ``CACHE/runs/<key[:2]>/<key>/<value>``, each file the YAML of a dvc.lock entry. ``value`` is
the sha256 of the entry as JSON with sorted keys and without sizes; ``key`` the same with only the paths of
``outs``. Of several values of a key the newest counts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError
from padauk.core.points import point
from padauk.repo import yamlfile
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from padauk.pipeline.lock import Entry
    from padauk.pipeline.values import Stage
    from padauk.repo import Repo


def folder(cache_path: str) -> str:
    """Where the run cache of the cache at ``cache_path`` lies."""
    return os.path.join(cache_path, "runs")


def usable(stage: Stage, repo: Repo) -> bool:
    """Whether a run of the stage can be told by what it reads: not if it keeps outputs, or always runs."""
    return (
        not stage.is_callback
        and not stage.always_changed
        and bool(stage.deps or stage.params)
        and bool(stage.outs)
        and all(not out.persist and repo.holds(out.path) for out in stage.outs)
    )


def key_of(entry: Entry) -> str:
    """The name of all runs that read the same. ``outs`` of the entry may be items or paths."""
    paths = [out["path"] if isinstance(out, dict) else out for out in entry.get("outs", [])]
    return _digest({**entry, "outs": paths})


def value_of(entry: Entry) -> str:
    """The name of one run, with what it wrote."""
    return _digest(entry)


def load(cache_path: str, reads: Entry) -> Entry | None:
    """The newest run that read the very same; entries that do not read well are removed.

    DVC leaves every key named ``size`` or ``nfiles`` out of the digest, those of parameters too, so that runs
    with other values of such a parameter share a key: what was read is compared as well.

    Args:
        cache_path: the cache folder.
        reads: ``cmd``, ``deps``, ``params`` and the paths of ``outs``.
    """
    key = key_of(reads)
    place = os.path.join(folder(cache_path), key[:2], key)
    try:
        with os.scandir(place) as found:
            paths = [entry.path for entry in sorted(found, key=_age, reverse=True) if entry.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return None
    for path in paths:
        entry = _read(path)
        if entry is not None and entry.get("params", {}) == reads.get("params", {}):
            return entry
    return None


def _age(entry: os.DirEntry[str]) -> float:
    return entry.stat().st_mtime


def _read(path: str) -> Entry | None:
    try:
        data = yamlfile.load(path)
    except FileNotFoundError:
        return None
    except FormatError:
        data = None
    if isinstance(data, dict) and "cmd" in data and isinstance(data.get("outs"), list):
        whole = all(isinstance(out, dict) and "path" in out for out in data["outs"])
        if whole:
            return data
    with contextlib.suppress(OSError):
        os.unlink(path)
    return None


def save(cache_path: str, entry: Entry) -> str:
    """Keep an entry; returns its path. Its objects must be in the cache before."""
    key, value = key_of(entry), value_of(entry)
    path = os.path.join(folder(cache_path), key[:2], key, value)
    if _read(path) is None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        point("pipeline.runcache.before")
        write_atomic(path, yamlfile.dumps(entry))
    return path


def _digest(value: Any) -> str:
    text = json.dumps(without_sizes(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def without_sizes(value: Any) -> Any:
    """``value`` without the keys that say nothing of content, at any depth."""
    if isinstance(value, dict):
        return {name: without_sizes(one) for name, one in value.items() if name not in ("size", "nfiles")}
    if isinstance(value, (list, tuple)):
        return [without_sizes(one) for one in value]
    return value
