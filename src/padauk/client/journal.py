"""A record on disk: ``.padauk/runs/<id>/`` with ``journal.jsonl`` and what goes with it.

Every fact is one line, on disk (fsync) before the call returns. The process that writes holds a lock on the
journal; the kernel lets go of it whatever ends the process, so a reader knows the living from the dead.
``sent.json`` remembers what which server has acknowledged; it is a memory only: without it, sending again
finds on the server what is already there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec

from padauk.client.record import Fact, Record, fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

JOURNAL, PATCH, SENT = "journal.jsonl", "dirty.patch", "sent.json"
_IGNORE = "# runs and logs stay here; the settings go with the repository\n*\n!/config.toml\n"
_decoder = msgspec.json.Decoder(Fact)


class SentTo(msgspec.Struct, omit_defaults=True):
    """What one server has acknowledged of a record.

    Attributes:
        experiment_id: where the runs are.
        runs: run ids by stage address; ``""`` is the run of the whole invocation.
        finished: addresses whose end the server knows too.
    """

    experiment_id: str = ""
    runs: dict[str, str] = {}
    finished: list[str] = []

    @property
    def complete(self) -> bool:
        return "" in self.finished


def new_record_id(now: datetime) -> str:
    """A name that sorts by time and is unique without asking anybody."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def runs_folder(root: str) -> str:
    """Where the records of the repository at ``root`` lie."""
    return os.path.join(root, ".padauk", "runs")


class Journal:
    """Writes one record. Made by :meth:`create`; :meth:`close` when the last fact is written."""

    def __init__(self, folder: str, descriptor: int) -> None:
        self.folder = folder
        self._descriptor = descriptor

    @classmethod
    def create(cls, root: str, record_id: str, *, patch: bytes = b"") -> Self:
        """Make the folder of a new record, with the patch of uncommitted changes if there is one."""
        above = runs_folder(root)
        os.makedirs(above, exist_ok=True)
        ignore = os.path.join(root, ".padauk", ".gitignore")
        if not os.path.exists(ignore):
            _write(ignore, _IGNORE.encode())
        folder = os.path.join(above, record_id)
        os.mkdir(folder)
        if patch:
            _write(os.path.join(folder, PATCH), patch)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(os.path.join(folder, JOURNAL), flags, 0o644)
        with contextlib.suppress(OSError):  # a file system without locks: then the dead cannot be told
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _sync_folder(folder)
        _sync_folder(above)
        return cls(folder, descriptor)

    def write(self, fact: Fact) -> None:
        """Append one fact; it survives a crash of the machine once this returns."""
        data = memoryview(msgspec.json.encode(fact) + b"\n")
        while data:
            data = data[os.write(self._descriptor, data) :]
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let go of the journal: others may send it now."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@dataclass
class Stored:
    """A record as it lies on disk.

    Attributes:
        folder: absolute path.
        record: what its facts add up to.
        sent: by server URL, what each has acknowledged.
    """

    folder: str
    record: Record
    sent: dict[str, SentTo] = field(default_factory=dict)

    def sent_to(self, uri: str) -> SentTo:
        """What the server at ``uri`` has acknowledged; change it, then :meth:`remember`."""
        return self.sent.setdefault(uri, SentTo())

    def remember(self) -> None:
        """Write down what was acknowledged."""
        _replace(os.path.join(self.folder, SENT), msgspec.json.encode(self.sent))

    def patch(self) -> bytes:
        """The patch of uncommitted changes; empty when there were none."""
        return _read(os.path.join(self.folder, PATCH))


def load(folder: str) -> Stored | None:
    """The record in ``folder``, or ``None`` when nothing of it was written."""
    content = _read(os.path.join(folder, JOURNAL))
    record = fold(_facts(content)) if content else None
    return Stored(folder, record, load_sent(folder)) if record else None


def load_sent(folder: str) -> dict[str, SentTo]:
    """What servers have acknowledged of the record in ``folder``; a damaged memory remembers nothing."""
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(_read(os.path.join(folder, SENT)) or b"{}", type=dict[str, SentTo])
    return {}


def _facts(content: bytes) -> Iterator[Fact]:
    for line in content.splitlines():
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return  # the process died in mid-line: everything before it holds


def record_folders(root: str) -> list[str]:
    """The folder of every record of the repository at ``root``, oldest first, living ones too."""
    above = runs_folder(root)
    try:
        return [os.path.join(above, name) for name in sorted(os.listdir(above))]
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def claim(folder: str) -> Iterator[bool]:
    """Hold a record whose process is gone; gives ``False`` while that, or another sender, lives."""
    descriptor = os.open(os.path.join(folder, JOURNAL), os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        except OSError:  # no locks here
            yield True
        else:
            yield True
    finally:
        os.close(descriptor)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: str, content: bytes) -> None:
    fresh = f"{path}.{os.getpid()}.new"
    _write(fresh, content)
    os.replace(fresh, path)


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
