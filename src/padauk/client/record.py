"""What a repository remembers of one ``repro``: a list of facts, and the record that they add up to.

The facts are written as they happen (``journal``), so whatever ends the process, what was told before is
there. Sending a record to a server is making the server agree with the sum (``sender``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]


class DataRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """Content that a stage read or wrote.

    Attributes:
        path: relative to the repository's root (``/``); absolute when it lies outside.
        md5: its name, ``….dir`` for a folder.
        size: bytes.
        nfiles: how many files a folder holds.
    """

    path: str
    md5: str
    size: int | None = None
    nfiles: int | None = None


class Begin(msgspec.Struct, frozen=True, tag="begin", omit_defaults=True):
    """A ``repro`` that has something to do. Times are milliseconds since 1970 UTC.

    Attributes:
        record: the record's name, unique everywhere.
        time: when it began.
        experiment: name of the experiment that the runs belong to.
        command: as a person would type it.
        user: who.
        repository: name of the repository's folder.
        remote: URL of git's remote, without credentials.
        commit: the commit checked out.
        branch: the branch checked out.
        dirty: tracked files differed from the commit; the patch is beside the journal unless it is too large.
    """

    record: str
    time: int
    experiment: str
    command: str = "padauk repro"
    user: str = ""
    repository: str = ""
    remote: str | None = None
    commit: str | None = None
    branch: str | None = None
    dirty: bool = False


class Started(msgspec.Struct, frozen=True, tag="started", omit_defaults=True):
    """A stage's command is about to start."""

    stage: str
    time: int
    cmd: str = ""
    desc: str | None = None


class Done(msgspec.Struct, frozen=True, tag="done", omit_defaults=True):
    """A stage ended, or was restored from the run cache (``outcome``).

    Attributes:
        stage: its address.
        outcome: ``finished``, ``failed``, ``interrupted`` or ``restored``.
        started: milliseconds.
        ended: milliseconds.
        exit_code: of the command; ``None`` when none ran.
        error: why it failed.
        params: flattened, as strings.
        metrics: flattened; NaN and infinities as strings (JSON has no numbers for them).
        deps: what it read.
        outs: what it wrote; empty after a failure.
        entry: its entry in dvc.lock, as YAML.
        lock: the entry's digest (``lineage.lock_digest``).
        log: absolute path of the file with the command's output.
    """

    stage: str
    outcome: str
    started: int
    ended: int
    exit_code: int | None = None
    error: str | None = None
    params: dict[str, str] = {}
    metrics: dict[str, float | str] = {}
    deps: list[DataRef] = []
    outs: list[DataRef] = []
    entry: str = ""
    lock: str | None = None
    log: str | None = None

    @property
    def status(self) -> Status:
        return "FINISHED" if self.outcome in ("finished", "restored") else _STATUS[self.outcome]


class Skipped(msgspec.Struct, frozen=True, tag="skipped"):
    """A stage was up to date."""

    stage: str


class End(msgspec.Struct, frozen=True, tag="end", omit_defaults=True):
    """Nothing more will come."""

    time: int
    status: str
    error: str | None = None
    blocked: list[str] = []


Fact = Begin | Started | Done | Skipped | End
_STATUS: dict[str, Status] = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


@dataclass
class StageRun:
    """One stage in a record: that it started, and how it ended if it did."""

    address: str
    started: int
    cmd: str = ""
    desc: str | None = None
    done: Done | None = None


@dataclass
class Record:
    """The sum of a journal's facts.

    Attributes:
        begin: the first fact.
        runs: stages whose command started, in order.
        restored: stages taken from the run cache, in order.
        skipped: addresses of stages that were up to date.
        end: the last fact; ``None`` while it runs, or when it was killed.
    """

    begin: Begin
    runs: dict[str, StageRun] = field(default_factory=dict)
    restored: dict[str, Done] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    end: End | None = None
    last_time: int = 0

    @property
    def id(self) -> str:
        return self.begin.record

    @property
    def status(self) -> Status:
        """How it ended; a record without an end was killed (its process is gone when one asks)."""
        return _STATUS[self.end.status] if self.end else "KILLED"

    @property
    def done(self) -> list[Done]:
        """Every stage that ended or was restored."""
        return [*self.restored.values(), *(run.done for run in self.runs.values() if run.done)]

    def add(self, fact: Fact) -> None:
        """Take in the next fact."""
        match fact:
            case Started():
                self.runs[fact.stage] = StageRun(fact.stage, fact.time, fact.cmd, fact.desc)
                self.last_time = fact.time
            case Done(outcome="restored"):
                self.restored[fact.stage] = fact
                self.last_time = fact.ended
            case Done():
                run = self.runs.setdefault(fact.stage, StageRun(fact.stage, fact.started))
                run.done = fact
                self.last_time = fact.ended
            case Skipped():
                self.skipped.append(fact.stage)
            case End():
                self.end = fact
                self.last_time = fact.time


def fold(facts: Iterable[Fact]) -> Record | None:
    """The record that ``facts`` add up to; ``None`` when they do not start with a :class:`Begin`."""
    record: Record | None = None
    for fact in facts:
        if record is None:
            if not isinstance(fact, Begin):
                return None
            record = Record(fact, last_time=fact.time)
        else:
            record.add(fact)
    return record


_ODD = re.compile(r"[^\w.\-/: ]")


def clean_key(name: str) -> str:
    """``name`` as MLflow takes it for a param or metric: letters, digits, ``_ - . : /`` and blanks, ≤ 250."""
    parts = [part for part in _ODD.sub("_", name).split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[:250] or "_"


def as_json_number(value: float) -> float | str:
    """``value``, or the word for it where JSON has no number."""
    if value != value:
        return "NaN"
    return {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(value, value)
