"""Commands whose padauk was killed under them: found and stopped before the stage runs again.

While a stage's commands run, a note lies in ``.dvc/tmp/padauk/running``: which padauk waits for them, and a
mark that they and all their children carry in their environment. A note whose padauk is gone, and a process
with its mark: that is an orphan, which would write the outputs at the same time as the next run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.core.events import Reporter

MARK = "PADAUK_COMMAND_ID"
_PATIENCE = 5.0


class Notes:
    """The notes of one repository, in ``folder``. Where there is no ``/proc`` no orphan is found."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def running(self, address: str) -> Iterator[dict[str, str]]:
        """A note for as long as the block runs; gives what a command must have in its environment."""
        path = self._path(address)
        mark = secrets.token_hex(16)
        facts = {"owner": os.getpid(), "owner_started": _started(os.getpid()), "mark": mark}
        os.makedirs(self._folder, exist_ok=True)
        fresh = f"{path}.{os.getpid()}"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(facts, file)
        os.replace(fresh, path)
        try:
            yield {MARK: mark}
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def stop_orphan(self, address: str, reporter: Reporter) -> None:
        """Stop what an earlier run of the stage left running, if its padauk is gone."""
        path = self._path(address)
        try:
            with open(path, encoding="utf-8") as file:
                noted = json.load(file)
            owner, mark = int(noted["owner"]), str(noted["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if (started := _started(owner)) is not None and started == noted.get("owner_started"):
            return  # it lives, and its lock on the paths speaks for it
        orphans = _marked(mark)
        if orphans:
            _stop(mark)
            reporter.notice(
                f"stopped process {orphans[0]}, left running by an earlier run of {address!r} that was killed"
            )
        with contextlib.suppress(OSError):
            os.unlink(path)

    def _path(self, address: str) -> str:
        digest = hashlib.sha256(address.encode()).hexdigest()[:16]
        return os.path.join(self._folder, f"{digest}.json")


def _started(pid: int) -> int | None:
    """When a living process was started (ticks since boot), which tells it from a later one of its number."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def _marked(mark: str) -> list[int]:
    """Processes with the mark in their environment, the oldest first."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:  # gone, or somebody else's
            continue
    living = [(started, pid) for pid in found if (started := _started(pid)) is not None]
    return [pid for _, pid in sorted(living)]


def _stop(mark: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + _PATIENCE
        told: set[int] = set()
        while pids := _marked(mark):
            for pid in set(pids) - told:
                told.add(pid)
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        else:
            return
