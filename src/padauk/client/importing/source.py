"""What every source of an import can tell."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from padauk.core.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.client.importing.values import Experiment, LoggedModel, MetricRow, Registered, Run, Traced


class Source(Protocol):
    """An MLflow store that is read. Deleted experiments, runs and models are told of, too.

    Attributes:
        folder: where relative paths of artifacts start; ``None`` when it has no place on this machine.
    """

    folder: str | None

    def close(self) -> None:
        """Let go of it."""

    def counts(self) -> dict[str, int]:
        """How many of each kind there are, for a plan."""

    def count_runs(self) -> int:
        """How many runs there are."""

    def experiments(self) -> list[Experiment]:
        """All experiments by id."""

    def runs(self, experiment: int) -> Iterator[Run]:
        """The runs of an experiment."""

    def count_points(self, run: str) -> int:
        """How many different points a run has."""

    def points(self, run: str) -> Iterator[MetricRow]:
        """All points of a run."""

    def logged_models(self, experiment: int) -> Iterator[LoggedModel]:
        """The logged models of an experiment."""

    def registered(self) -> Iterator[Registered]:
        """All registered models and prompts."""

    def traces(self, experiment: int) -> Iterator[Traced]:
        """The traces of an experiment with what was said of them."""


def open_source(name: str) -> Source:
    """The source at a database URL, a database file, or an ``mlruns`` folder.

    Raises:
        NotFoundError: there is nothing there.
        InputError: what is there is no MLflow store.
        UnsupportedError: it is of a kind that is not read.
    """
    path = name.removeprefix("file://")
    if os.path.isdir(path):
        from padauk.client.importing.mlruns import FolderSource

        return FolderSource(path)
    if "://" not in name:
        name = f"sqlite:///{name}"
    if not name.startswith(("sqlite:///", "postgresql", "postgres:")):
        raise UnsupportedError(
            f"{name!r} cannot be imported: only sqlite:///FILE, postgresql://… and mlruns folders",
            hint="'padauk sync http://from http://to' copies runs between servers",
        )
    from padauk.client.importing.sql import SqlSource

    return SqlSource(name)
