"""Every test runs as a stranger: no settings of the person at the keyboard, no telemetry, a git identity."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from padauk.testing.postgres import PostgresServer

_CLEARED = ("DVC_", "MLFLOW_", "PADAUK_", "GIT_", "NO_COLOR", "FORCE_COLOR")


@pytest.fixture(scope="session", autouse=True)
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One clean environment for the session, inherited by every process that a test starts."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(_CLEARED)]:
            patch.delenv(name)
        for name, value in {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-global"),
            "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
            "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
            "DVC_NO_ANALYTICS": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its workers burn half a core when idle
            "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_AUTHOR_NAME": "tester",
            "GIT_AUTHOR_EMAIL": "tester@localhost",
            "GIT_COMMITTER_NAME": "tester",
            "GIT_COMMITTER_EMAIL": "tester@localhost",
            "COLUMNS": "100",
            "TERM": "dumb",
        }.items():
            patch.setenv(name, value)
        (home / "gitconfig").write_text("[init]\n\tdefaultBranch = main\n")
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL for the session."""
    from padauk.testing.postgres import PostgresServer

    with PostgresServer(tmp_path_factory.mktemp("postgres") / "cluster") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database of each kind: a test that takes it runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/padauk.db"
    url: str = request.getfixturevalue("postgres").new_database()
    return url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """As ``database_url``, one for all tests of a module."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('db')}/padauk.db"
    url: str = request.getfixturevalue("postgres").new_database()
    return url


@pytest.fixture(scope="module", autouse=True)
def left_clean(stranger: None) -> Iterator[None]:
    """The mlflow client keeps its settings in the environment: no module leaves any to the next."""
    before = dict(os.environ)
    yield
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
