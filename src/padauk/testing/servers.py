"""Real tracking servers for tests: a process on 127.0.0.1 and a free port, stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class ServerProcess:
    """A server as its own process.

    Args:
        command: starts it; ``{port}`` is replaced.
        folder: its working folder, where its log goes too.
        seconds: how long it may take to answer ``/health``.
        graceful: ask it to end at the exit of ``with``, instead of killing it.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        env: Mapping[str, str] | None = None,
        seconds: float = 30,
        graceful: bool = True,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.log = folder / f"server-{self.port}.log"
        self._command = [part.replace("{port}", str(self.port)) for part in command]
        self._env = {**os.environ, **(env or {})}
        self._seconds = seconds
        self._last = signal.SIGINT if graceful else signal.SIGKILL
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it ended or did not answer in time; the message holds its log.
        """
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        end = time.monotonic() + self._seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):  # noqa: S310 - http
                    return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"{self._command} does not answer:\n{self.log.read_text()[-4000:]}")

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C does; its exit code."""
        return self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it and its children at once, as ``kill -9`` does."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> int:
        process = self.process
        if process is None:
            return 0
        self.process = None
        if process.poll() is None:
            if number == signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        try:
            return process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
            raise

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(self._last)


def padauk_server(folder: Path, *flags: str, env: Mapping[str, str] | None = None) -> ServerProcess:
    """``padauk server`` with its database and objects in ``folder``; not started yet."""
    return ServerProcess(
        [sys.executable, "-m", "padauk", "server", "--port", "{port}", *flags], folder, env=env
    )


def mlflow_server(folder: Path, *flags: str) -> ServerProcess:
    """An unmodified ``mlflow server`` on SQLite in ``folder``; not started yet, takes some 20 seconds to."""
    program = Path(sys.executable).with_name("mlflow")
    return ServerProcess(
        [str(program), "server", "--port", "{port}", "--workers", "1", *flags],
        folder,
        env={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_AI_GATEWAY": "false",
            # its job workers would burn half a core each time, doing nothing
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        seconds=240,
        graceful=False,
    )
