"""One filled server and one browser for all tests of the page."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from padauk.server.static import FOLDER
from padauk.testing.servers import padauk_server
from tests.ui.browser import CHROMIUM, open_browser
from tests.ui.fill import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page

MANY = 4000
POINTS = 100_000


@dataclass(frozen=True)
class Site:
    """A server that has something to show.

    Attributes:
        many: experiment of thousands of runs.
        long: run with a long curve.
        digits: experiment of two dozen runs with curves.
        few: those runs, oldest first; the last one is running.
    """

    url: str
    many: str
    long: str
    digits: str
    few: list[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    ids = fill(folder, many=MANY, points=POINTS)
    with padauk_server(folder) as process:
        yield Site(process.url, ids["many"], ids["long"], ids["digits"], ids["few"].split(","))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    must = os.environ.get("PADAUK_TEST_PAGE") == "1"
    for missing, command in (
        (not (FOLDER / "index.html").exists(), "make ui"),
        (shutil.which(CHROMIUM) is None, "make chromium"),
    ):
        if missing and must:
            pytest.fail(f"the page cannot be tested: {command} first")
        if missing:
            pytest.skip(f"'{command}' makes what this needs")
    with open_browser() as found:
        yield found


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A page in a context of its own; an error in its console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site.url)
    context.set_default_timeout(20_000)
    trouble: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("console", lambda message: trouble.extend(_trouble(message)))
    opened.on(
        "request", lambda request: request.url.startswith(site.url) or trouble.append(f"asked {request.url}")
    )
    yield opened
    context.close()
    assert trouble == []


def _trouble(message: ConsoleMessage) -> list[str]:
    """An error in the console, unless it is the browser's word for what the API refused."""
    refused = "/api/v1/" in message.location["url"] and "a status of 4" in message.text
    return [message.text] if message.type == "error" and not refused else []
