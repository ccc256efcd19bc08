"""Running a stage's command in a person's shell: output shown and kept, interrupts passed on.

The shell is the one the person uses (``$SHELL``), told to read no start-up files, as in DVC.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import selectors
import signal
import subprocess
import termios
import threading
import tty
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

_NO_STARTUP = {"zsh": ["--no-rcs"], "bash": ["--noprofile", "--norc"], "fish": ["--no-config"]}


@dataclass(frozen=True)
class Shell:
    """Where and how commands run; the doors fill it, for nobody below them reads the environment.

    Attributes:
        program: absolute path or name of the shell.
        env: the environment that commands start from.
        stdout: file descriptor that a command's output is copied to; ``None`` shows nothing.
        stderr: the same for its errors.
    """

    program: str = "/bin/sh"
    env: Mapping[str, str] = field(default_factory=dict)
    stdout: int | None = None
    stderr: int | None = None

    def argv(self, command: str) -> list[str]:
        """The argument list that runs ``command``."""
        name = os.path.basename(self.program).lower()
        return [self.program, *_NO_STARTUP.get(name, []), "-c", command]


@dataclass
class Interrupts:
    """Signals that came while a command ran.

    Attributes:
        first: the first one (SIGINT or SIGTERM), ``None`` when none came.
        count: how many came.
    """

    first: signal.Signals | None = None
    count: int = 0


def run(
    shell: Shell,
    command: str,
    *,
    cwd: str,
    env: Mapping[str, str],
    log: BinaryIO,
    interrupts: Interrupts,
) -> int:
    """Run one command to its end; returns its exit status, ``-n`` when signal n killed it.

    On SIGINT or SIGTERM the command is given the same signal (unless the terminal did so already) and
    waited for; a second signal terminates it, a third kills it.

    Args:
        shell: what runs it.
        command: the text for the shell.
        cwd: absolute path of the folder to run in.
        env: added to ``shell.env``.
        log: gets all output, as it comes.
        interrupts: filled while the command runs.
    """
    with contextlib.ExitStack() as stack:
        ends = _Ends(shell, stack)
        passing = stack.enter_context(_passing_signals(interrupts))
        process = subprocess.Popen(
            shell.argv(command),
            cwd=cwd,
            env={**shell.env, **env},
            stdout=ends.child_out,
            stderr=ends.child_err,
            close_fds=True,
        )
        ends.close_child_side()
        passing.to(process)
        try:
            ends.copy(log, process)
            return process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise


class _Ends:
    """The two sides of a command's output: a terminal of its own where ours is one, else pipes."""

    def __init__(self, shell: Shell, stack: contextlib.ExitStack) -> None:
        self._shell = shell
        self._routes: dict[int, int | None] = {}
        self._child: list[int] = []
        on_terminal = all(fd is not None and os.isatty(fd) for fd in (shell.stdout, shell.stderr))
        if on_terminal and shell.stdout is not None:
            parent, child = pty.openpty()
            tty.setraw(child)  # the real terminal adds the carriage returns
            with contextlib.suppress(OSError):
                size = fcntl.ioctl(shell.stdout, termios.TIOCGWINSZ, b"\0" * 8)
                fcntl.ioctl(child, termios.TIOCSWINSZ, size)
            self.child_out = self.child_err = child
            self._child = [child]
            self._routes[parent] = shell.stdout
        else:
            for name, target in (("child_out", shell.stdout), ("child_err", shell.stderr)):
                parent, child = os.pipe()
                setattr(self, name, child)
                self._child.append(child)
                self._routes[parent] = target
        for fd in self._routes:
            stack.callback(os.close, fd)
        stack.callback(self.close_child_side)

    child_out: int
    child_err: int

    def close_child_side(self) -> None:
        while self._child:
            os.close(self._child.pop())

    def copy(self, log: BinaryIO, process: subprocess.Popen[bytes]) -> None:
        """Copy until the command's side is closed, or the command is gone and nothing more is there.

        (A background process that a command leaves behind keeps its side open: it is not waited for.)
        """
        with selectors.DefaultSelector() as selector:
            for fd in self._routes:
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(timeout=0.2)
                if not ready and process.poll() is not None:
                    return
                for key, _ in ready:
                    block = _read(key.fd)
                    if block is None:
                        continue
                    if not block:
                        selector.unregister(key.fd)
                        continue
                    log.write(block)
                    log.flush()
                    _show(self._routes[key.fd], block)


def _read(fd: int) -> bytes | None:
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return None
    except OSError:  # Linux says EIO when the last user of a pseudo terminal left
        return b""


def _show(fd: int | None, block: bytes) -> None:
    if fd is None:
        return
    rest = memoryview(block)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            _wait_writable(fd)
        except OSError:
            return  # the reader left; the log still gets everything


def _wait_writable(fd: int) -> None:
    """Block until ``fd`` takes more bytes."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_WRITE)
        selector.select()


class _Passing:
    """Passes signals on to a command; those that come before it is there wait for it."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts
        self._process: subprocess.Popen[bytes] | None = None

    def to(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        if self._interrupts.first is not None:
            process.send_signal(self._interrupts.first)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self._interrupts.count += 1
        self._interrupts.first = self._interrupts.first or signal.Signals(number)
        if self._process is None:
            return
        if self._interrupts.count > 1:
            self._process.send_signal(signal.SIGTERM if self._interrupts.count == 2 else signal.SIGKILL)
        elif not (number == signal.SIGINT and _terminal_told_everyone()):
            self._process.send_signal(number)


@contextlib.contextmanager
def _passing_signals(interrupts: Interrupts) -> Iterator[_Passing]:
    passing = _Passing(interrupts)
    if threading.current_thread() is not threading.main_thread():
        yield passing  # only the main thread hears signals
        return
    before = {number: signal.signal(number, passing.on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield passing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_told_everyone() -> bool:
    """Ctrl-C on a terminal reaches the whole foreground group, the command too."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
