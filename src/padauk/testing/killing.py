"""Kill padauk between any two steps, and see whether the same command run again finishes.

``python -m padauk.testing.killing NAME COUNT -- ARGUMENTS…`` runs the ``padauk`` command (or, when the first
argument ends with ``.py``, that script) and kills its own process when the point ``NAME`` is passed for the
``COUNT``-th time (from 1). ``NAME`` may be a pattern as of a shell: ``objects.*``, or ``*`` for any point.
See :mod:`padauk.core.points`.
"""

from __future__ import annotations

import fnmatch
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from padauk.core.points import set_hook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KILLED = -signal.SIGKILL


def run_killed_at(
    name: str,
    count: int,
    arguments: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> bool:
    """Run padauk (see the module) in a child that dies at a point; ``False`` when it came to its end before.

    Raises:
        AssertionError: it ended by itself with a failure.
    """
    command = [sys.executable, "-m", __name__, name, str(count), "--", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode == KILLED:
        return True
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
    return False


def run_killed_after(
    seconds: float,
    arguments: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str] | None = None,
) -> bool:
    """Run padauk in a child that is killed ``seconds`` after it came to life; ``False`` when it had ended.

    The time counts from the first point it passes, so that start-up does not use it up.
    """
    command = [sys.executable, "-m", __name__, "--after", str(seconds), "--", *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {KILLED, 0}, f"exit {done.returncode}: {done.stderr}"
    return done.returncode == KILLED


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_at(name: str, count: int) -> None:
    guard = threading.Lock()
    left = count

    def hook(passed: str) -> None:
        nonlocal left
        if fnmatch.fnmatchcase(passed, name):
            with guard:
                left -= 1
                if left == 0:
                    _die()

    set_hook(hook)


def _kill_after(seconds: float) -> None:
    def wait() -> None:
        time.sleep(seconds)
        _die()

    def hook(_: str) -> None:
        set_hook(None)
        threading.Thread(target=wait, daemon=True).start()

    set_hook(hook)


def main(argv: Sequence[str]) -> None:
    """Entry point of the child."""
    if len(argv) < 4 or argv[2] != "--":
        sys.exit(f"usage: python -m {__name__} NAME COUNT -- ARGUMENTS")
    if argv[0] == "--after":
        _kill_after(float(argv[1]))
    else:
        _kill_at(argv[0], int(argv[1]))
    if argv[3].endswith(".py"):
        sys.argv = list(argv[3:])
        runpy.run_path(argv[3], run_name="__main__")
    else:
        from padauk.cli.main import main as command

        sys.argv = ["padauk", *argv[3:]]
        command()


if __name__ == "__main__":
    main(sys.argv[1:])
