"""Runs the story's commands, each shown as it would be typed, and the tracking server beside them."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import click

from padauk.core.errors import PadaukError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# a person's own settings must not leak into the demo, nor may any tool call home from it
_CLEARED = (
    "MLFLOW_RUN_ID",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_EXPERIMENT_NAME",
    "PADAUK_TRACKING_URI",
    "GIT_DIR",
)
_SET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MPLBACKEND": "Agg",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "1",  # the networks are tiny: threads would only get in each other's way
}


class Shell:
    """A folder and an environment in which commands run, with ``python`` and ``padauk`` being this one."""

    def __init__(
        self, folder: Path, *, colour: bool = False, say: Callable[[str], None] | None = None
    ) -> None:
        self.folder = folder
        self.env = {key: value for key, value in os.environ.items() if key not in _CLEARED} | _SET
        self.env["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), self.env.get("PATH", os.defpath)]
        )
        self._colour, self._say = colour, say or (lambda text: None)

    def run(self, command: str) -> None:
        """Show ``command`` and run it; what it prints goes straight to the terminal.

        Raises:
            PadaukError: it failed.
        """
        self._say(click.style(f"$ {command}", fg="cyan") if self._colour else f"$ {command}")
        done = subprocess.run(self._arguments(command), cwd=self.folder, env=self.env, check=False)
        if done.returncode:
            raise PadaukError(
                f"the demo stopped: '{command}' ended with exit code {done.returncode}",
                hint=f"its own message is above; the repository is {self.folder}",
            )

    def output(self, command: str) -> str:
        """What ``command`` prints, run without a word."""
        done = subprocess.run(
            self._arguments(command),
            cwd=self.folder,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> None:
        """Commit all that git sees, if that is anything at all."""
        self.output("git add --all")
        if not self.output("git status --porcelain"):
            return
        # a machine without a git identity can still run the demo
        for kind in ("AUTHOR", "COMMITTER"):
            self.env.setdefault(f"GIT_{kind}_NAME", "padauk demo")
            self.env.setdefault(f"GIT_{kind}_EMAIL", "demo@localhost")
        self.run(f'git commit --quiet --message "{message}"')

    def _arguments(self, command: str) -> list[str]:
        program, *arguments = shlex.split(command)
        return [sys.executable, "-m", "padauk", *arguments] if program == "padauk" else [program, *arguments]


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def tracking_server(folder: Path, port: int, shell: Shell) -> Iterator[str]:
    """Run ``padauk server`` on ``folder`` while the block runs; gives its URL.

    Raises:
        UnavailableError: it does not answer within 20 seconds.
    """
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "padauk", "server", "--port", str(port)],
            cwd=folder,
            env=shell.env,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the story, which then stops the server in good order
        )
    try:
        _wait_for(url, process, log)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310  our own loopback address
                return
        except OSError:
            time.sleep(0.05)
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise UnavailableError(f"the tracking server did not start: {last[0]}", hint=f"its log is {log}")
