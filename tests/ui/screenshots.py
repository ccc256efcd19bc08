"""Pictures of every page in light, dark and at a phone's width: ``make screenshots``.

Arguments: the folder to write to, then the address of a server that the demo has filled; without one a demo
is run first.
The generator adds an experiment, so that there are curves worth looking at.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from padauk.testing.servers import padauk_server
from tests.ui.browser import open_browser
from tests.ui.fill import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
BEST = ("runs-light", "charts-light", "run-light", "pipeline-light", "lineage-dark", "compare-dark")
"""Those that the documentation shows."""
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")
    target.mkdir(parents=True, exist_ok=True)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if len(sys.argv) > 2:
            server: Any = nullcontext(None)
            url = sys.argv[2]
        else:
            folder = Path(scratch)
            _demo(folder)
            fill(folder / "demo" / "server")
            server = padauk_server(folder / "demo" / "server")
            url = server.url
        with server, open_browser() as browser:
            for look in LOOKS:
                _pictures(browser, url, look, target)
    for name in BEST:
        shutil.copy(target / f"{name}.png", IMAGES)


def _demo(folder: Path) -> None:
    import subprocess

    subprocess.run([sys.executable, "-m", "padauk", "demo", folder / "demo"], check=True)


def _pages(url: str) -> dict[str, tuple[str, str]]:
    """Name of each picture -> (place on the page, what must be there)."""
    api = httpx.Client(base_url=f"{url}/api/v1")
    experiments = {one["name"]: one["id"] for one in api.get("/experiments").json()["experiments"]}
    digits, project = experiments["digits"], experiments["project"]
    runs = api.post("/runs/table", json={"experiments": [digits]}).json()["rows"]
    invocation = api.get("/pipelines").json()["rows"][0]["id"]
    stages = {one["stage"]: one["run"]["id"] for one in api.get(f"/pipelines/{invocation}").json()["stages"]}
    chosen = ",".join(run["id"] for run in runs[3:7])
    return {
        "experiments": ("", ".list li"),
        "runs": (f"experiments/{digits}?sort=-metrics.val/accuracy&sel={chosen}", ".tr .runname"),
        "charts": (f"experiments/{digits}?view=charts&smooth=0.8&sel={chosen}", ".uplot"),
        "groups": (f"experiments/{digits}?view=charts&by=params.model.lr", ".uplot"),
        "compare": (f"compare?runs={chosen}", "[data-testid=compare]"),
        "parallel": (f"compare?tab=parallel&runs={chosen}", ".parallel"),
        "run": (f"experiments/{project}/runs/{stages['train']}", ".strip"),
        "files": (f"experiments/{project}/runs/{stages['evaluate']}?tab=artifacts", ".picture"),
        "models": ("models", ".list li"),
        "model": ("models/digits", "[data-testid=versions]"),
        "data": ("data", "[data-testid=dataset]"),
        "pipelines": ("pipelines", ".list li"),
        "pipeline": (f"pipelines/{invocation}", ".gnode"),
        "lineage": ("lineage?ref=models:/digits@champion", ".gnode.start"),
        "server": ("server", ".tile"),
    }


def _pictures(browser: Browser, url: str, look: str, target: Path) -> None:
    context = browser.new_context(**LOOKS[look], base_url=url)
    page = context.new_page()
    for name, (place, wanted) in _pages(url).items():
        page.goto("about:blank")
        page.goto(f"/#/{place}")
        page.wait_for_selector(wanted)
        page.wait_for_timeout(600)  # curves that come into sight are drawn
        page.screenshot(path=target / f"{name}-{look}.png")
        print(f"{name}-{look}.png")
    context.close()


if __name__ == "__main__":
    main()
