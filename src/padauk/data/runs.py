"""Send and bring the results of past stage runs: DVC's run cache, ``runs/<2>/<key>/<value>``.

Entries are small YAML files whose names say what they hold; a name that is there is not sent again.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from padauk.core.events import SILENT
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from padauk.core.events import Reporter
    from padauk.repo import Repo
    from padauk.storage import Store

_KEY = re.compile(r"runs/([0-9a-f]{2})/(\1[0-9a-f]{62})/[0-9a-f]{64}")


def push_runs(repo: Repo, store: Store, *, reporter: Reporter = SILENT) -> int:
    """Send what the store does not have; returns how many."""
    base = repo.cache.path
    here = []
    for folder, _, names in os.walk(os.path.join(base, "runs")):
        keys = (os.path.relpath(os.path.join(folder, name), base) for name in names)
        here += [key for key in keys if _KEY.fullmatch(key)]
    there = store.exists_many(here)
    todo = [key for key in here if key not in there]
    with reporter.task("Pushing runs", len(todo), "files") as progress:
        for key in todo:
            with open(os.path.join(base, key), "rb") as file:
                store.write(key, file.read())
            progress.advance()
    return len(todo)


def fetch_runs(repo: Repo, store: Store, *, reporter: Reporter = SILENT) -> int:
    """Bring what the cache does not have; returns how many."""
    base = repo.cache.path
    keys = [entry.key for entry in store.list("runs/") if _KEY.fullmatch(entry.key)]
    todo = [key for key in keys if not os.path.exists(os.path.join(base, key))]
    with reporter.task("Fetching runs", len(todo), "files") as progress:
        for key in todo:
            path = os.path.join(base, key)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_atomic(path, store.read(key))
            progress.advance()
    return len(todo)
