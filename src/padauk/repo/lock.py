"""The locks that DVC takes too, so that the two tools never work over each other.

``.dvc/tmp/lock`` is held with ``flock`` by whoever changes the repository, its process id inside.
``.dvc/tmp/rwlock`` (JSON, guarded by ``rwlock.lock``) names the paths that a stage's command reads or
writes while it runs, for the first lock is let go meanwhile. The kernel drops a ``flock`` with its process,
and entries of dead processes are swept out: no lock needs a human.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from typing import TYPE_CHECKING, Any

from padauk.core.errors import BusyError
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self


class FileLock:
    """An exclusive ``flock`` on ``path``; enter it as often as you like in one process, and thread.

    Args:
        path: the file; its folder is made.
        wait: seconds to try for.
    """

    def __init__(self, path: str, wait: float = 3.0) -> None:
        self.path = path
        self.wait = wait
        self._descriptor: int | None = None
        self._depth = 0

    def __enter__(self) -> Self:
        if self._depth == 0:
            self._descriptor = self._take()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0 and self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Let go of the lock for a while, to take it again after."""
        depth, self._depth = self._depth, 0
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        try:
            yield
        finally:
            if depth:
                self._descriptor = self._take()
            self._depth = depth

    def _take(self) -> int:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        end = time.monotonic() + self.wait
        pause = 0.01
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= end:
                        raise BusyError(
                            f"the repository is busy: {_holder(descriptor)} is changing it",
                            hint="wait for it to finish, then run this again",
                        ) from None
                    time.sleep(pause)
                    pause = min(pause * 1.5, 0.2)
            content = f" {os.getpid()}\n".encode()
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _holder(descriptor: int) -> str:
    found = re.match(rb"\s*(\d+)", os.pread(descriptor, 64, 0))
    return describe(int(found[1])) if found else "another process"


def describe(pid: int) -> str:
    """``process 123 (dvc add data)``, as far as the system tells."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = [os.path.basename(word.decode(errors="replace")) for word in file.read().split(b"\0")]
    except OSError:
        words = []
    command = " ".join(word for word in words if word)[:80]
    return f"process {pid} ({command})" if command else f"process {pid}"


class PathLocks:
    """The table of paths in use by running commands (``rwlock``), in the folder ``tmp_dir``."""

    def __init__(self, tmp_dir: str) -> None:
        self._path = os.path.join(tmp_dir, "rwlock")
        self._guard = FileLock(os.path.join(tmp_dir, "rwlock.lock"))

    def check(self, *, read: Iterable[str] = (), write: Iterable[str] = ()) -> None:
        """See that nobody else writes what would be read, or uses what would be written.

        Args:
            read: absolute paths.
            write: absolute paths.

        Raises:
            BusyError: somebody does; it says who, and on what.
        """
        if not os.path.exists(self._path):
            return
        with self._guard:
            table = self._load()
            swept = _sweep(table)
            _refuse(table, list(read), list(write))
            if swept:
                self._save(table)

    @contextlib.contextmanager
    def hold(self, command: str, *, read: Iterable[str], write: Iterable[str]) -> Iterator[None]:
        """Enter the paths for as long as the block runs.

        Raises:
            BusyError: as :meth:`check`.
        """
        me = {"pid": os.getpid(), "cmd": command}
        reads, writes = list(dict.fromkeys(read)), list(dict.fromkeys(write))
        with self._guard:
            table = self._load()
            _sweep(table)
            _refuse(table, reads, writes)
            for path in reads:
                table["read"].setdefault(path, []).append(me)
            for path in writes:
                table["write"][path] = me
            self._save(table)
        try:
            yield
        finally:
            with self._guard:
                table = self._load()
                for path in reads:
                    users = table["read"].get(path, [])
                    if me in users:
                        users.remove(me)
                    if not users:
                        table["read"].pop(path, None)
                for path in writes:
                    if table["write"].get(path) == me:
                        del table["write"][path]
                self._save(table)

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            with open(self._path, encoding="utf-8") as file:
                table = json.load(file)
            return {"write": dict(table.get("write", {})), "read": dict(table.get("read", {}))}
        except (FileNotFoundError, ValueError, AttributeError, TypeError):
            return {"write": {}, "read": {}}

    def _save(self, table: dict[str, dict[str, Any]]) -> None:
        write_atomic(self._path, json.dumps(table).encode())


def _alive(entry: Any) -> bool:
    try:
        os.kill(int(entry["pid"]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    except (KeyError, TypeError, ValueError):
        return False
    return True


def _sweep(table: dict[str, dict[str, Any]]) -> bool:
    before = json.dumps(table)
    table["write"] = {path: entry for path, entry in table["write"].items() if _alive(entry)}
    reads = {path: [entry for entry in users if _alive(entry)] for path, users in table["read"].items()}
    table["read"] = {path: users for path, users in reads.items() if users}
    return json.dumps(table) != before


def _refuse(table: dict[str, dict[str, Any]], read: list[str], write: list[str]) -> None:
    mine = os.getpid()
    for wanted in read + write:
        for path, entry in table["write"].items():
            if entry["pid"] != mine and _overlap(wanted, path):
                raise _busy(wanted, "written", entry)
    for wanted in write:
        for path, users in table["read"].items():
            for entry in users:
                if entry["pid"] != mine and _overlap(wanted, path):
                    raise _busy(wanted, "read", entry)


def _busy(path: str, how: str, entry: dict[str, Any]) -> BusyError:
    return BusyError(
        f"{path} is being {how} by process {entry['pid']} ({entry.get('cmd', '?')})",
        hint="wait for it to finish, then run this again",
    )


def _overlap(one: str, other: str) -> bool:
    one, other = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return one.startswith(other) or other.startswith(one)
