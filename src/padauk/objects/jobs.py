"""Do the same to many things with a few threads."""

from __future__ import annotations

import itertools
import os
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_CHUNK = 32


def default_jobs() -> int:
    """Threads for work that is mostly system calls."""
    return max(1, min(8, os.cpu_count() or 1))


def for_each(work: Callable[[T], None], items: Sequence[T], jobs: int | None = None) -> None:
    """Call ``work`` with each of ``items``, in about their order.

    The first error stops all threads and is raised here; so does Ctrl-C.
    """
    count = min(jobs or default_jobs(), len(items))
    if count <= 1:
        for item in items:
            work(item)
        return
    size = max(1, min(_CHUNK, len(items) // count))
    starts = itertools.count(0, size)
    errors: list[BaseException] = []
    stop = False

    def loop() -> None:
        try:
            while not stop and not errors:
                start = next(starts)
                chunk = items[start : start + size]
                if not chunk:
                    return
                for item in chunk:
                    work(item)
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            errors.append(error)

    threads = [threading.Thread(target=loop, name=f"padauk-{number}", daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        stop = True
        for thread in threads:
            thread.join()
        raise
    if errors:
        raise errors[0]
