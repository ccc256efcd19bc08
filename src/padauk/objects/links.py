"""How a workspace file gets its bytes from the cache: reflink, hard link, symbolic link or copy."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from typing import TYPE_CHECKING, Literal, cast

from padauk.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

LinkType = Literal["reflink", "hardlink", "symlink", "copy"]

DEFAULT_LINKS: tuple[LinkType, ...] = ("reflink", "copy")

SHARED: tuple[LinkType, ...] = ("hardlink", "symlink")
"""Those by which a workspace file and its object are one file, so that it must not be written to."""

_FICLONE = 0x40049409

_decided: dict[tuple[int, int, tuple[LinkType, ...]], LinkType] = {}
_guard = threading.Lock()


def parse_links(value: str | Iterable[str]) -> tuple[LinkType, ...]:
    """``cache.type`` of DVC's configuration as a value.

    Raises:
        InputError: an unknown type, or none.
    """
    names = value.split(",") if isinstance(value, str) else list(value)
    links = tuple(name.strip().lower() for name in names)
    known = ("reflink", "hardlink", "symlink", "copy")
    for link in links:
        if link not in known:
            raise InputError(f"cache.type: unknown link type {link!r}", hint=f"known are {', '.join(known)}")
    return cast("tuple[LinkType, ...]", links)


def decide(links: tuple[LinkType, ...], cache: str, folder: str, scratch: str) -> LinkType:
    """The first of ``links`` that works from the folder ``cache`` to ``folder``; decided once a pair.

    Args:
        links: types in order of preference.
        cache: an existing folder on the cache's disk, where a probe may be written.
        folder: an existing folder on the workspace's disk.
        scratch: a path on the workspace's disk where nothing is; the probe goes there.

    Raises:
        InputError: none of them works here.
    """
    if links[0] in {"copy", "symlink"}:
        return links[0]
    key = (os.stat(cache).st_dev, os.stat(folder).st_dev, links)
    with _guard:
        if key not in _decided:
            _decided[key] = _probe(links, cache, scratch)
        return _decided[key]


def _probe(links: tuple[LinkType, ...], cache: str, scratch: str) -> LinkType:
    source = f"{cache}/.padauk-probe-{os.getpid()}-{threading.get_ident()}"
    with open(source, "wb") as file:
        file.write(b"probe")
    try:
        for link in links:
            try:
                make(link, source, scratch)
            except OSError:
                continue
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(scratch)
            return link
    finally:
        os.unlink(source)
    raise InputError(
        f"none of the link types {', '.join(links)} works between the cache and the workspace",
        hint="add copy to cache.type",
    )


def make(link: LinkType, source: str, target: str) -> None:
    """Make the new file ``target`` of ``source``; not for ``copy``, except in a probe. Raises ``OSError``."""
    if link == "hardlink":
        os.link(source, target)
    elif link == "symlink":
        os.symlink(source, target)
    elif link == "reflink":
        reflink(source, target)


def reflink(source: str, target: str, mode: int = 0o666) -> None:
    """Make the new file ``target`` share the blocks of ``source``. Raises ``OSError`` where disks cannot."""
    fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            fcntl.ioctl(out, _FICLONE, fd)
        except OSError:
            os.unlink(target)
            raise
        finally:
            os.close(out)
    finally:
        os.close(fd)
