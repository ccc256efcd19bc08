"""The page in a real browser over a real server: each page, and what people do on it."""

from __future__ import annotations

import base64
import gzip
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from padauk.server.static import FOLDER, POLICY
from tests.ui.conftest import MANY

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ui.conftest import Site


def rows(page: Page) -> list[str]:
    """The names of the runs that are to be seen."""
    page.wait_for_selector(".tr .runname")
    return page.locator(".tr .runname a").all_inner_texts()


def expect_text(page: Page, selector: str, pattern: str) -> None:
    page.wait_for_function(
        "([s, p]) => new RegExp(p).test(document.querySelector(s)?.innerText ?? '')", arg=[selector, pattern]
    )


def test_experiments_lead_to_runs(page: Page, site: Site) -> None:
    page.goto("/")
    page.get_by_text("digits", exact=True).click()
    assert re.search(rf"#/experiments/{site.digits}$", page.url)
    assert len(rows(page)) >= 20
    assert page.title() == "digits · padauk"


def test_links_that_the_mlflow_client_prints(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}/runs/{site.few[0]}")
    expect_text(page, "h1", r"\w+-\w+-\d+")
    assert "seed" in page.inner_text("main")


def test_sort_by_a_metric_and_back(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.many}?cols=metrics.loss")
    newest = rows(page)
    page.get_by_role("button", name="loss").click()
    page.wait_for_selector('[aria-sort="descending"]')
    page.wait_for_function("n => document.querySelector('.tr .runname a')?.innerText !== n", arg=newest[0])
    cells = page.locator(".tr .num:last-child").all_inner_texts()
    values = [float(cell) for cell in cells if cell]
    assert values == sorted(values, reverse=True)
    assert "sort=-metrics.loss" in page.url
    page.get_by_role("button", name="Started").click()
    page.wait_for_function("n => document.querySelector('.tr .runname a')?.innerText === n", arg=newest[0])


def test_scrolling_anywhere_shows_what_is_there(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.many}?sort=attributes.run_name")
    assert rows(page)[0] == "run-000000"
    page.evaluate("document.querySelector('.grid').scrollTop = 32 * 3000")
    page.wait_for_selector("text=run-003005")
    assert page.locator(".tr").count() < 60, "rows that cannot be seen do not exist"
    page.evaluate("document.querySelector('.grid').scrollTop = 1e9")
    page.wait_for_selector(f"text=run-{MANY - 1:06}")


def test_filter_and_its_errors(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.many}")
    rows(page)
    page.keyboard.press("/")
    page.keyboard.type("params.depth = '4' and metrics.accuracy > 0.5")
    page.keyboard.press("Enter")
    expect_text(page, "[data-testid=total]", r"^\d{3} runs$")
    page.get_by_test_id("filter").fill("metrics.accuracy > > 3")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=filter-error]")
    error = page.text_content("[data-testid=filter-error]")
    assert error == f"{' ' * 19}^Expected a number, found '>'"
    page.get_by_label("Clear the filter").click()
    expect_text(page, "[data-testid=total]", "^4,000 runs$")


def test_the_filter_line_completes_keys(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}")
    rows(page)
    page.get_by_test_id("filter").press_sequentially("accur")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.value === 'metrics.`val/accuracy` '")


def test_choose_columns(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}")
    rows(page)
    page.get_by_test_id("columns").click()
    page.get_by_label("Find a column").fill("branch")
    page.get_by_role("checkbox", name="branch").check()
    page.wait_for_selector("text=wider")
    assert "mlflow.source.git.branch" in page.url
    page.reload()
    page.wait_for_selector("text=wider")


def test_views_are_kept_for_everybody(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}?filter=params.seed = '3'&sort=-metrics.lr")
    assert len(rows(page)) == 1
    page.get_by_test_id("views").click()
    page.get_by_label("Name of the view").fill("seed three")
    page.keyboard.press("Enter")
    page.wait_for_selector(".view >> text=seed three")
    page.goto("about:blank")
    page.goto(f"/#/experiments/{site.digits}")
    expect_text(page, "[data-testid=total]", "^2[45] runs$")
    page.get_by_test_id("views").click()
    page.get_by_role("link", name="seed three").click()
    expect_text(page, "[data-testid=total]", "^1 run$")
    page.get_by_test_id("views").click()
    page.get_by_label("Forget the view seed three").click()
    page.wait_for_selector(".view", state="detached")


def test_keys_select_and_compare(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}")
    rows(page)
    for key in "jjxjx":
        page.keyboard.press(key)
    expect_text(page, "[data-testid=total]", "2 selected")
    page.keyboard.press("c")
    page.wait_for_selector("[data-testid=compare]")
    table = page.inner_text("[data-testid=compare]")
    assert "seed" in table
    assert "data.holdout" not in table, "what is equal is hidden"
    page.get_by_test_id("only-differences").uncheck()
    page.wait_for_selector("text=data.holdout")
    assert re.search(r"\+[\d.]+ %", page.inner_text("[data-testid=compare]"))


def test_curves_smooth_zoom_and_group(page: Page, site: Site) -> None:
    page.goto(f"/#/experiments/{site.digits}?view=charts")
    page.wait_for_selector(".uplot")
    box = page.locator('[data-metric="val/loss"] .u-over').bounding_box()
    assert box is not None
    with page.expect_request("**/api/v1/series") as asked:
        page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=5)
        page.mouse.up()
    body = asked.value.post_data_json
    assert 50 < body["start"] < 70
    assert 140 < body["end"] < 160
    assert "x=" in page.url
    page.get_by_text("Reset zoom").click()
    page.get_by_test_id("group-by").select_option("params.model.lr")
    page.wait_for_selector("text=Mean ± standard deviation of 12 runs by model.lr")
    page.locator("input[type=range]").fill("0.9")
    page.wait_for_function("() => location.hash.includes('smooth=0.9')")


def test_a_long_curve_comes_as_buckets(page: Page, site: Site) -> None:
    with page.expect_response("**/api/v1/series") as answered:
        page.goto(f"/#/runs/{site.long}?tab=charts")
    assert len(answered.value.body()) < 100_000
    page.wait_for_selector("text=100,000 points")


def test_new_points_arrive_by_themselves(page: Page, site: Site) -> None:
    running = site.few[-1]
    page.goto(f"/#/runs/{running}?tab=charts&metric=live")
    page.wait_for_selector(".uplot")
    point = {"run_id": running, "key": "live", "value": 1.0, "timestamp": 1_790_100_000_000}
    for step in (500, 501):
        httpx.post(f"{site.url}/api/2.0/mlflow/runs/log-metric", json={**point, "step": step})
        page.wait_for_timeout(1100)
    page.wait_for_selector('[data-metric="live"] .uplot')


def test_a_note_is_markdown_that_can_do_nothing(page: Page, site: Site) -> None:
    page.goto(f"/#/runs/{site.few[1]}")
    page.get_by_role("button", name="Edit note").click()
    page.get_by_label("Note, in Markdown").fill(
        "**bold** <img src=x onerror=alert(1)> [l](javascript:alert(1))"
    )
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".markdown strong")
    html = page.inner_html(".markdown")
    assert "<img" not in html
    assert "javascript:" not in html


def test_files_are_shown_by_their_beginning(page: Page, site: Site) -> None:
    run = site.few[2]
    put = f"{site.url}/api/2.0/mlflow-artifacts/artifacts/{site.digits}/{run}/artifacts"
    httpx.put(f"{put}/table.csv", content=b'name,size\n"a,b",1\n').raise_for_status()
    httpx.put(f"{put}/logs/long.txt", content=b"line of text\n" * 100_000).raise_for_status()
    page.goto(f"/#/runs/{run}?tab=artifacts")
    page.wait_for_selector("td >> text=a,b")
    page.get_by_role("button", name="logs").click()
    with page.expect_response("**/get-artifact**") as answered:
        page.get_by_role("button", name="long.txt").click()
    assert answered.value.status == 206
    page.wait_for_selector("text=The first 65.5 kB of a longer file.")


def test_pictures_side_by_side(page: Page, site: Site) -> None:
    dot = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
    )
    for run in site.few[3:5]:
        put = f"{site.url}/api/2.0/mlflow-artifacts/artifacts/{site.digits}/{run}/artifacts/plots/dot.png"
        httpx.put(put, content=dot).raise_for_status()
    page.goto(f"/#/compare?tab=pictures&runs={','.join(site.few[3:6])}")
    page.wait_for_function("() => [...document.images].filter(i => i.naturalWidth === 1).length === 2")
    assert page.locator("figure >> text=none").count() == 1


def test_models_and_their_aliases(page: Page, site: Site) -> None:
    def mlflow(path: str, body: dict[str, str]) -> None:
        httpx.post(f"{site.url}/api/2.0/mlflow/{path}", json=body).raise_for_status()

    mlflow("registered-models/create", {"name": "net"})
    for run in site.few[:2]:
        source = f"mlflow-artifacts:/{site.digits}/{run}/artifacts/model"
        mlflow("model-versions/create", {"name": "net", "source": source, "run_id": run})
    page.goto("/#/models")
    page.get_by_role("link", name="net").click()
    page.wait_for_selector("[data-testid=versions] >> text=v2")
    assert page.locator(".spark").count() == 4, "metrics over versions"
    page.get_by_label("Point an alias at version 1").click()
    page.get_by_label("Alias for version 1").fill("champion")
    page.keyboard.press("Enter")
    page.wait_for_selector(".alias >> text=champion")
    page.get_by_role("link", name="lineage", exact=True).first.click()
    page.wait_for_selector(".gnode.start")
    assert "net v2" in page.inner_text(".graph")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("data", "No run has said what data it used"),
        ("pipelines", "No pipeline has been recorded here"),
        ("lineage", "Where did this come from?"),
        ("compare", "Nothing to compare yet"),
        ("nothing", "There is no such page"),
    ],
)
def test_empty_pages_teach(page: Page, path: str, text: str) -> None:
    page.goto(f"/#/{path}")
    page.wait_for_selector(f"text={text}")


def test_what_is_not_there_says_so(page: Page, site: Site) -> None:
    answer = httpx.get(f"{site.url}/assets/../../__init__.py")
    assert answer.status_code == 404
    assert httpx.get(f"{site.url}/assets/%2e%2e%2findex.html").status_code == 404
    page.goto("/#/lineage?ref=nobody")
    page.wait_for_selector("[role=alert]")


def test_the_theme_is_kept(page: Page) -> None:
    page.goto("/#/server")
    page.wait_for_selector(".tile")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark theme").click()
    page.reload()
    page.wait_for_selector(".tile")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_reads_on_a_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", f"experiments/{site.digits}", f"runs/{site.few[0]}", "models", "server"):
        page.goto(f"/#/{path}")
        page.wait_for_selector("h1")
        page.wait_for_timeout(200)
        overflow = page.evaluate("document.querySelector('main').scrollWidth - innerWidth")
        assert overflow <= 0, f"{path} is wider than the phone"


def test_headers_and_weight(site: Site) -> None:
    if not (FOLDER / "index.html").exists():
        pytest.skip("'make ui' builds the page")
    front = httpx.get(f"{site.url}/")
    assert front.headers["content-security-policy"] == POLICY
    assert "no-cache" in front.headers["cache-control"]
    assets = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', front.text)
    assert assets
    first = httpx.get(f"{site.url}/{assets[0]}", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert "immutable" in first.headers["cache-control"]
    tag = {"if-none-match": first.headers["etag"]}
    assert httpx.get(f"{site.url}/{assets[0]}", headers=tag).status_code == 304
    weight = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in FOLDER.glob("assets/*.js")}
    assert max(size for name, size in weight.items() if not name.startswith("index-")) < 60_000
    assert sum(size for name, size in weight.items() if name.startswith("index-")) < 90_000
    assert not list(FOLDER.rglob("*.map"))
