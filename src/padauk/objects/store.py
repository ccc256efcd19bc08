"""From a file or folder into the cache, in one pass: each file is read once, hashed and copied."""

from __future__ import annotations

import stat as statlib
import time
from typing import TYPE_CHECKING

from padauk.core.events import SILENT
from padauk.objects.build import Built, Folder, Found, check_regular, let_settle, remember
from padauk.objects.info import HashInfo
from padauk.objects.links import DEFAULT_LINKS, SHARED
from padauk.objects.relink import Linker, relink
from padauk.objects.state import NoState, seen
from padauk.objects.walk import Ignore, must_look

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from padauk.core.events import Reporter
    from padauk.objects.hashing import Hashed
    from padauk.objects.links import LinkType
    from padauk.objects.odb import Odb


def store(
    path: str,
    cache: Odb,
    *,
    state: NoState | None = None,
    links: tuple[LinkType, ...] | None = DEFAULT_LINKS,
    ignore: Ignore | None = None,
    reporter: Reporter = SILENT,
) -> Built:
    """Put what is at the absolute ``path`` into ``cache``.

    Args:
        path: a file or a folder.
        cache: where to.
        state: what is known from before; files that still look the same and are in the cache are not read.
        links: how workspace and cache share bytes afterwards; ``None`` leaves the workspace as it is.
        ignore: what to leave out of a folder.
        reporter: hears of long work.

    Files are in the cache before their listing is. Errors as :func:`padauk.objects.build`.
    """
    state = state or NoState()
    began = time.time_ns()
    found = must_look(path)
    linker = Linker(cache, path, links or ("copy",))
    try:
        if statlib.S_ISDIR(found.st_mode):
            built = _store_folder(path, cache, state, ignore, linker.link, reporter)
        else:
            built = _store_file(path, found, cache, state, linker.link, reporter)
        relink(path, built, linker, state=state, before=began)
    finally:
        linker.close()
    return built


def _store_file(
    path: str, found: os.stat_result, cache: Odb, state: NoState, link: LinkType, reporter: Reporter
) -> Built:
    check_regular(path, found)
    facts = seen(found)
    md5 = state.get(path, facts)
    if md5 is None or not cache.exists(md5):
        let_settle([Found("", *facts)])
        with reporter.task("Adding", found.st_size, "bytes") as progress:
            keep = cache.adopt if link in SHARED else cache.put_file
            hashed = keep(path, advance=progress.advance)
        remember(state, path, hashed)
        md5, facts = hashed.md5, hashed.found
    return Built(HashInfo(md5, facts.size))


def _store_folder(
    path: str, cache: Odb, state: NoState, ignore: Ignore | None, link: LinkType, reporter: Reporter
) -> Built:
    folder = Folder.look(path, state, ignore)
    there = cache.exists_many({md5 for _, md5, _ in folder.known})
    todo = list(folder.unknown)
    if len(there) < len(folder.known):
        todo += [Found(name, 0, 0, size) for name, md5, size in folder.known if md5 not in there]
        folder.known = [row for row in folder.known if row[1] in there]

    have = cache.listing(len(todo)) if todo else None

    def put(name: str, advance: Callable[[int], None]) -> Hashed:
        if link in SHARED:
            return cache.adopt(name, advance=advance)
        return cache.put_file(name, have=have, advance=advance)

    folder.read(todo, put, "Adding", reporter)
    tree = folder.tree()
    return Built(cache.write_tree(tree), tree)
