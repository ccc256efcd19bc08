"""A cache, a state, and folders of files that were not written just now."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, settings

from padauk.core.events import Progress, Reporter
from padauk.objects import Odb, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from padauk.core.events import Unit


# how long an example takes says nothing on a busy machine
settings.register_profile("padauk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("padauk")


class Plant(Protocol):
    def __call__(self, folder: str, files: Mapping[str, bytes], *, age: float = 100) -> str: ...


class _Counting(Progress):
    def __init__(self, reports: Reports, label: str, total: int | None) -> None:
        self._reports, self._label, self._total, self._done = reports, label, total, 0

    def advance(self, amount: int = 1, *, detail: str | None = None) -> None:
        self._done += amount

    def __exit__(self, *_: object) -> None:
        self._reports.tasks.append((self._label, self._total, self._done))


class Reports(Reporter):
    """Keeps ``(label, total, done)`` of each task."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int | None, int]] = []

    def task(self, label: str, total: int | None = None, unit: Unit = "files") -> Progress:
        return _Counting(self, label, total)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Make a folder below tmp_path of ``{relative path: bytes}``, last written ``age`` seconds ago."""

    def make(folder: str, files: Mapping[str, bytes], *, age: float = 100) -> str:
        root = tmp_path / folder
        root.mkdir(parents=True, exist_ok=True)
        then = time.time() - age
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, (then, then))
        return str(root)

    return make


@pytest.fixture
def cache(tmp_path: Path) -> Odb:
    return Odb(tmp_path / "cache")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State(tmp_path / "tmp" / "state.db")
    yield state
    state.close()
