"""What the page reads: tables, keys, curves, events, and their description."""

from __future__ import annotations

import json
import math
import struct
from array import array
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.ui.conftest import MANY, POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ui.conftest import Site


@pytest.fixture(scope="module")
def api(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{site.url}/api/v1") as client:
        yield client


def table(api: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = api.post("/runs/table", json=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def curves(api: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = api.post("/series", json=query)
    assert answer.status_code == 200, answer.text
    (size,) = struct.unpack_from("<I", answer.content)
    assert (4 + size) % 8 == 0, "columns start where a browser can view them"
    heads: list[dict[str, Any]] = json.loads(answer.content[4 : 4 + size])
    at = 4 + size
    for head in heads:
        for name in head.pop("columns"):
            head[name] = array("d", answer.content[at : at + 8 * head["rows"]]).tolist()
            at += 8 * head["rows"]
    assert at == len(answer.content)
    return heads


def test_experiments_with_their_counts(api: httpx.Client, site: Site) -> None:
    found = {one["name"]: one for one in api.get("/experiments").json()["experiments"]}
    assert found["many"]["runs"] == MANY
    assert (found["digits"]["runs"], found["digits"]["running"]) == (24, 1)


def test_pages_of_a_table_make_the_whole(api: httpx.Client, site: Site) -> None:
    seen = []
    for offset in range(0, MANY, 500):
        part = table(
            api,
            experiments=[site.many],
            columns=["metrics.loss"],
            order_by=["metrics.loss ASC"],
            offset=offset,
            limit=500,
        )
        assert part["total"] == MANY
        seen += part["rows"]
    assert len({row["id"] for row in seen}) == MANY
    losses = [row["cells"][0] for row in seen]
    assert losses == sorted(losses)


def test_cells_stand_under_their_columns(api: httpx.Client, site: Site) -> None:
    columns = ["params.depth", "metrics.accuracy", "tags.none", "params.nobody"]
    rows = table(api, experiments=[site.many], columns=columns, filter="params.depth = '4'")["rows"]
    assert len(rows) == 100
    for row in rows:
        assert row["cells"][0] == "4"
        assert 0 <= row["cells"][1] <= 1
        assert row["cells"][2:] == [None, None]


def test_a_wrong_filter_says_where(api: httpx.Client, site: Site) -> None:
    answer = api.post("/runs/table", json={"experiments": [site.many], "filter": "metrics.x > > 3"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid filter: Expected a number, found '>' at character 13")


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 501},
        {"offset": -1},
        {"columns": ["loss"]},
        {"columns": ["metrics."]},
        {"order_by": ["x y z"]},
    ],
)
def test_wrong_tables_are_refused(api: httpx.Client, site: Site, query: dict[str, Any]) -> None:
    answer = api.post("/runs/table", json={"experiments": [site.many], **query})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_keys(api: httpx.Client, site: Site) -> None:
    found = api.get("/keys", params={"experiment": [site.digits]}).json()
    assert [key["name"] for key in found["metrics"]] == ["lr", "train/loss", "val/accuracy", "val/loss"]
    assert {"name": "model.width", "runs": 24} in found["params"]


def test_a_run_with_all_it_has(api: httpx.Client, site: Site) -> None:
    found = api.get(f"/runs/{site.few[0]}").json()
    assert found["experiment_name"] == "digits"
    assert {one["key"] for one in found["params"]} >= {"model.lr", "seed"}
    assert next(one for one in found["metrics"] if one["key"] == "val/loss")["step"] == 299
    assert api.get("/runs/nobody").status_code == 404


def test_a_short_curve_is_exact(api: httpx.Client, site: Site) -> None:
    (curve,) = curves(api, runs=[site.few[0]], metric="val/loss")
    assert (curve["points"], curve["rows"]) == (300, 300)
    assert curve["x"] == list(range(300))
    (part,) = curves(api, runs=[site.few[0]], metric="val/loss", start=10, end=20)
    assert part["x"] == list(range(10, 21))
    assert part["y"] == curve["y"][10:21]


def test_buckets_of_a_long_curve_are_its_exact_envelope(api: httpx.Client, site: Site) -> None:
    history = httpx.get(
        f"{site.url}/api/2.0/mlflow/metrics/get-history", params={"run_id": site.long, "metric_key": "loss"}
    ).json()["metrics"]
    values = [one["value"] for one in sorted(history, key=lambda one: one["step"])]
    (curve,) = curves(api, runs=[site.long], metric="loss", buckets=100)
    assert (curve["points"], curve["rows"]) == (POINTS, 100)
    ends = [int(x) for x in curve["x"][1:]] + [POINTS]
    for place in (0, 1, 50, 99):
        bucket = values[int(curve["x"][place]) : ends[place]]
        assert 900 < len(bucket) < 1100
        assert curve["low"][place] == min(bucket)
        assert curve["high"][place] == max(bucket)
        assert math.isclose(curve["mean"][place], sum(bucket) / len(bucket))
    (zoomed,) = curves(api, runs=[site.long], metric="loss", buckets=100, start=5000, end=5099)
    assert zoomed["y"] == values[5000:5100]
    (middle,) = curves(api, runs=[site.long], metric="loss", buckets=100, start=20_000, end=20_999)
    assert middle["rows"] == 100
    assert min(middle["low"]) == min(values[20_000:21_000])
    assert max(middle["high"]) == max(values[20_000:21_000])
    assert sum(middle["mean"]) / 100 == pytest.approx(sum(values[20_000:21_000]) / 1000)


def test_axes_of_time(api: httpx.Client, site: Site) -> None:
    (relative,) = curves(api, runs=[site.few[0]], metric="val/loss", axis="relative")
    assert relative["x"][:3] == [0, 4, 8]
    (wall,) = curves(api, runs=[site.few[0]], metric="val/loss", axis="time")
    assert wall["x"][0] == relative["first_time"] / 1000
    (part,) = curves(api, runs=[site.few[0]], metric="val/loss", axis="relative", start=4, end=8)
    assert part["x"] == [4, 8]


def test_curves_that_are_not_there(api: httpx.Client, site: Site) -> None:
    assert curves(api, runs=[site.few[0], "nobody"], metric="nothing") == []
    assert api.post("/series", json={"runs": [site.few[0]], "metric": "lr", "buckets": 0}).status_code == 400
    assert api.post("/series", json={"runs": ["x"] * 201, "metric": "lr"}).status_code == 400


def test_events_tell_of_new_points_and_new_runs(api: httpx.Client, site: Site) -> None:
    running = site.few[-1]
    params = {"experiment": site.digits, "run": running}
    with api.stream("GET", "/events", params=params, timeout=20) as answer:
        events = _events(answer)
        name, first = next(events)
        assert (name, first["run"], first["status"], first["step"]) == ("run", running, "RUNNING", 119)
        made = _mlflow(site, "runs/create", {"experiment_id": site.digits})["run"]["info"]["run_id"]
        assert next(events)[0] == "runs"
        point = {"run_id": running, "key": "lr", "value": 1, "step": 120, "timestamp": first["time"] + 1}
        _mlflow(site, "runs/log-metric", point)
        name, second = next(events)
        assert (name, second["step"]) == ("run", 120)
    _mlflow(site, "runs/delete", {"run_id": made})


def test_the_server_ends_though_somebody_listens(tmp_path: Any) -> None:
    from padauk.testing.servers import padauk_server

    with (
        padauk_server(tmp_path) as process,
        httpx.stream("GET", f"{process.url}/api/v1/events", params={"experiment": "0"}) as answer,
    ):
        assert answer.status_code == 200
        assert process.stop() == 0


def test_the_description_fits_the_routes(api: httpx.Client) -> None:
    from padauk.server.api import all_routes

    described = api.get("/openapi.json").json()["paths"]
    assert set(described) == {route.path for route in all_routes()}
    query = described["/api/v1/keys"]["get"]["parameters"]
    assert [(one["name"], one["in"]) for one in query] == [("experiment", "query")]
    body = described["/api/v1/runs/table"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/TableQuery"}


def _events(answer: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def _mlflow(site: Site, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(f"{site.url}/api/2.0/mlflow/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
