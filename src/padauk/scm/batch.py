"""A child of ``git`` that stays up and answers one question after the other."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import weakref
from typing import IO, cast

from padauk.core.errors import PadaukError


def _stop(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    process.wait()


class CatFile:
    """Reads objects of the repository by name, through one ``git cat-file --batch`` that stays up.

    It starts on first use and is gone when this object is; any thread may ask.
    """

    def __init__(self, root: str) -> None:
        self._command = ["git", "-C", root, "cat-file", "--batch"]
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._end: weakref.finalize[[subprocess.Popen[bytes]], CatFile] | None = None
        self._lock = threading.Lock()

    def _running(self) -> tuple[IO[bytes], IO[bytes]]:
        # a forked worker must not talk through its parent's pipes
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is not None:
            self._stop()
        if self._process is None or self._owner != os.getpid():
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except FileNotFoundError as error:
                raise PadaukError("the 'git' command is not installed", hint="install git") from error
            self._owner = os.getpid()
            self._end = weakref.finalize(self, _stop, self._process)
        return cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def _stop(self) -> None:
        if self._end is not None and self._owner == os.getpid():
            self._end()
        self._process = None

    def close(self) -> None:
        """Stop the child; the next question starts another."""
        with self._lock:
            self._stop()

    def read(self, name: str) -> tuple[str, str, bytes] | None:
        """``(sha, type, content)`` of the object that ``name`` means, or ``None``.

        Args:
            name: anything ``git rev-parse`` takes, without a newline: ``HEAD:data.dvc``, a sha.
        """
        if "\n" in name:
            return None
        with self._lock:
            questions, answers = self._running()
            questions.write(os.fsencode(name) + b"\n")
            questions.flush()
            header = answers.readline()
            words = header.rsplit(None, 2)
            if not header or len(words) != 3 or not words[2].isdigit():
                return None  # "NAME missing", "NAME ambiguous"
            size = int(words[2])
            content = answers.read(size + 1)
            if len(content) != size + 1:
                raise PadaukError(f"git stopped while reading {name}")
            return words[0].decode(), words[1].decode(), content[:-1]
