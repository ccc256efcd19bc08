"""A padauk server for the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lineage_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a padauk server."""
    with padauk_server(tmp_path_factory.mktemp("server")) as server:
        yield server.url
