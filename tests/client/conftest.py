"""One server of each kind for the session: padauk's own, and an unmodified ``mlflow server``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.testing.servers import mlflow_server, padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def own_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a padauk server."""
    with padauk_server(tmp_path_factory.mktemp("own")) as server:
        yield server.url


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an mlflow server."""
    server = mlflow_server(tmp_path_factory.mktemp("mlflow")).start()
    yield server.url
    server.kill()  # its own way of ending takes longer than the tests


@pytest.fixture(params=["own", pytest.param("mlflow", marks=pytest.mark.compat)])
def url(request: pytest.FixtureRequest) -> str:
    """URL of each kind of server in turn."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found
