"""A padauk server for each module that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from padauk.testing.servers import ServerProcess, padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with padauk_server(tmp_path_factory.mktemp("server")) as process:
        yield process
