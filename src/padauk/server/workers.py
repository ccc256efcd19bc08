"""Several processes on one socket: a parent that starts them, replaces the fallen, and ends them."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from padauk.core.errors import PadaukError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_QUICK = 2.0  # seconds: a process that ends sooner than this did not start


def supervise(count: int, work: Callable[[], None]) -> int:
    """Run ``work`` in ``count`` processes until SIGINT or SIGTERM; the exit code.

    A process that ends by itself is replaced, unless it ended right after its start: then all end.
    """
    started: dict[int, float] = {}
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        for pid in started:
            os.kill(pid, signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    for _ in range(count):
        started[_fork(work)] = time.monotonic()
    code = 0
    while started:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            break
        born = started.pop(pid, None)
        if born is None or stopping:
            continue
        if time.monotonic() - born < _QUICK:
            code = os.waitstatus_to_exitcode(status) or 1
            stop(signal.SIGTERM, None)
        else:
            started[_fork(work)] = time.monotonic()
    return code if code >= 0 else 1


def _fork(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        work()
        code = 0
    except PadaukError as error:
        os.write(2, f"error: {error.message}\n".encode())
        code = error.exit_code
    finally:
        os._exit(code)
