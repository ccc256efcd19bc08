"""The fine points that MLflow's clients rely on: the same requests, and the same seen, on both servers.

Each scenario is named by its number in the list of fine points.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.testing.servers import ServerProcess
    from tests.compat.mlflow.conftest import Api

pytestmark = pytest.mark.compat

SCENARIOS: list[Callable[[Api], None]] = []
SEEN: dict[Callable[[Api], None], list[Any]] = {}
"""What MLflow showed."""


def scenario(function: Callable[[Api], None]) -> Callable[[Api], None]:
    SCENARIOS.append(function)
    return function


@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
def test_same_on_both(play: Callable[[Any], None], padauk: ServerProcess, mlflow_peer: ServerProcess) -> None:
    from tests.compat.mlflow.conftest import Api

    if play not in SEEN:  # once: the names in a scenario are taken then
        theirs = Api(mlflow_peer.url)
        play(theirs)
        SEEN[play] = theirs.seen
    ours = Api(padauk.url)
    play(ours)
    assert ours.seen
    assert ours.seen == SEEN[play]


@scenario
def point_01_error_codes_and_statuses(api: Api) -> None:
    api.see(api.get("runs/get", run_id="0" * 32))
    api.see(api.get("experiments/get", experiment_id="987654"))
    api.see(api.get("experiments/get", experiment_id="abc"))
    api.see(api.get("experiments/get-by-name", experiment_name="p01-none"))
    api.experiment("p01")
    api.see(api.post("experiments/create", {"name": "p01"}))
    api.see(api.post("runs/update", {"run_id": "0" * 32, "status": "FINISHED"}))


@scenario
def point_03_shapes_of_answers(api: Api) -> None:
    e = api.experiment("p03")
    run = api.run(e, "p03", tags=[{"key": "a", "value": "1"}], user_id="me")
    api.see(api.get("runs/get", run_id=run))
    api.post("runs/log-metric", {"run_id": run, "key": "m", "value": 1.5, "timestamp": 1 << 40, "step": 0})
    api.see(api.get("runs/get", run_id=run))
    api.see(api.post("runs/update", {"run_id": run, "status": "FINISHED", "end_time": 2000}))
    api.see(api.get("experiments/get", experiment_id=e))


@scenario
def point_04_how_requests_may_be_spelled(api: Api) -> None:
    e = api.experiment("p04")
    made = api.post("runs/create", {"experimentId": e, "startTime": "1234", "runName": "camel", "unknown": 1})
    run = api.name(made["run"]["info"]["run_id"], "<camel>")
    api.see(made)
    api.see(
        api.post(
            "runs/log-metric",
            {"run_id": run, "key": "m", "value": "2.5", "timestamp": "7", "step": "3", "modelId": ""},
        )
    )
    api.see(
        api.post("runs/log-metric", {"run_id": run, "runId": run, "key": "m", "value": 1, "timestamp": 1})
    )
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m"))
    api.see(api.send("GET", "/api/2.0/mlflow/runs/get", json.dumps({"run_id": run}).encode()))
    api.see(api.post("runs/get").status)
    api.see(api.get("experiments/search", view_type="ALL", max_results="1", filter="name = 'p04'"))
    api.see(api.post("runs/search", {"experiment_ids": [e], "run_view_type": 1, "max_results": "5"}))
    api.see(
        api.post(
            "runs/set-tag", raw=json.dumps(json.dumps({"run_id": run, "key": "k", "value": "v"})).encode()
        )
    )
    api.see(
        api.post(
            "runs/log-metric",
            raw=b'{"run_id": "%s", "key": "n", "value": NaN, "timestamp": 1}' % run.encode(),
        )
    )


@scenario
def point_05_messages_of_validation(api: Api) -> None:
    api.see_error(api.post("runs/log-metric", {}))
    api.see_error(api.post("runs/log-metric", {"run_id": "a", "key": "k", "value": 1}))
    api.see_error(api.post("runs/log-batch", {"metrics": []}))
    api.see_error(api.post("experiments/create", {}))
    api.see_error(api.post("experiments/create", {"name": 12}))

    api.see_error(api.post("runs/log-batch", {"run_id": "a", "metrics": [{"key": "x"}]}))
    api.see_error(api.post("runs/log-batch", {"run_id": "a", "params": [{"value": "x"}]}))
    api.see_error(api.get("metrics/get-history", run_id="a"))
    api.see_error(api.post("runs/search", {"max_results": "x"}))
    api.see_error(api.get("metrics/get-history-bulk", ajax=True))
    api.see_error(api.get("metrics/get-history-bulk-interval", metric_key="m"))


@scenario
def point_06_and_24_values_that_are_no_numbers(api: Api) -> None:
    run = api.run(api.experiment("p06"))
    for step, value in enumerate(["NaN", "Infinity", "-Infinity", 0.1, -0.0]):
        api.see(
            api.post(
                "runs/log-metric", {"run_id": run, "key": "m", "value": value, "timestamp": 1, "step": step}
            )
        )
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m"))
    api.post("runs/log-metric", {"run_id": run, "key": "m", "value": "NaN", "timestamp": 1, "step": 9})
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_07_both_names_of_a_run(api: Api) -> None:
    e = api.experiment("p07")
    run = api.run(e, user_id="someone")
    api.see(api.get("runs/get", run_uuid=run))
    api.see(api.post("runs/log-parameter", {"run_uuid": run, "key": "a", "value": "1"}))
    api.see(api.post("runs/set-tag", {"run_uuid": run, "key": "mlflow.user", "value": "other"}))
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_10_the_first_experiment(api: Api) -> None:
    found = api.get("experiments/get", experiment_id="0")
    api.see((found.status, found["experiment"]["name"], found["experiment"]["lifecycle_stage"]))
    api.see(api.get("experiments/get", experiment_id="1e3"))


@scenario
def point_11_names_of_experiments(api: Api) -> None:
    api.see(api.post("experiments/create", {"name": "x" * 501}))
    e = api.experiment("p11")
    api.see(api.post("experiments/delete", {"experiment_id": e}))
    api.see(api.post("experiments/create", {"name": "p11"}))
    api.see_error(api.post("experiments/create", {"name": ""}))


@scenario
def point_12_artifact_locations(api: Api) -> None:
    for number, location in enumerate(
        ["s3://bucket/x", "runs:/abc/x", "s3://bucket/x#frag", "s3://b/../x", "mlflow-artifacts:/elsewhere"]
    ):
        made = api.post("experiments/create", {"name": f"p12-{number}", "artifact_location": location})
        api.see((made.status, made.body.get("error_code")))
        if made.status == 200:
            found = api.get("experiments/get", experiment_id=made["experiment_id"])
            api.see(found["experiment"]["artifact_location"])
    e = api.experiment("p12-default")
    api.see(api.get("experiments/get", experiment_id=e)["experiment"]["artifact_location"].endswith(f"/{e}"))


@scenario
def point_13_deleting_an_experiment_takes_its_runs(api: Api) -> None:
    e = api.experiment("p13")
    one, two = api.run(e, "one"), api.run(e, "two")
    api.post("runs/delete", {"run_id": one})
    api.see(api.post("experiments/delete", {"experiment_id": e}))
    api.see([api.get("runs/get", run_id=run)["run"]["info"]["lifecycle_stage"] for run in (one, two)])
    api.see(api.post("experiments/delete", {"experiment_id": e}))
    api.see(api.post("experiments/restore", {"experiment_id": e}))
    api.see([api.get("runs/get", run_id=run)["run"]["info"]["lifecycle_stage"] for run in (one, two)])
    api.see(api.post("experiments/restore", {"experiment_id": e}))


@scenario
def point_14_what_is_deleted_may_be_read_not_written(api: Api) -> None:
    e = api.experiment("p14")
    run = api.run(e)
    api.post("runs/delete", {"run_id": run})
    api.see_error(api.post("runs/log-parameter", {"run_id": run, "key": "a", "value": "1"}))
    api.see_error(api.post("runs/set-tag", {"run_id": run, "key": "a", "value": "1"}))
    api.see_error(api.post("runs/log-batch", {"run_id": run, "tags": [{"key": "a", "value": "1"}]}))
    api.see_error(api.post("runs/update", {"run_id": run, "status": "FINISHED"}))
    api.see(api.post("runs/delete", {"run_id": run}))
    api.see(api.post("runs/restore", {"run_id": run}))
    api.post("experiments/delete", {"experiment_id": e})
    api.see(api.get("experiments/get-by-name", experiment_name="p14"))
    api.see(api.post("experiments/update", {"experiment_id": e, "new_name": "p14b"}))
    api.see_error(api.post("runs/create", {"experiment_id": e}))
    api.see(api.post("experiments/set-experiment-tag", {"experiment_id": e, "key": "k", "value": "v"}))


@scenario
def point_15_searching_experiments(api: Api) -> None:
    for name in ("p15-a", "p15-b", "p15-C"):
        api.experiment(name, tags=[{"key": "p15", "value": name[-1]}])
    for body in (
        {"filter": "name LIKE 'p15-%'", "order_by": ["name"]},
        {"filter": "name ILIKE 'P15-c'"},
        {"filter": "tags.p15 = 'b'"},
        {"filter": "tags.p15 != 'b'", "order_by": ["name DESC"]},
        {"filter": "tags.`p15` IS NOT NULL AND name LIKE 'p15%'", "order_by": ["experiment_id ASC"]},
        {"filter": "name = 'p15-a' AND creation_time > 0"},
        {"filter": "bogus = 'x'"},
        {"filter": "name > 'x'"},
        {"order_by": ["bogus"]},
        {"max_results": 50001},
        {"max_results": 0},
        {"page_token": "rubbish", "max_results": 1},
    ):
        api.see(api.post("experiments/search", {"max_results": 100, **body}))
    first = api.post(
        "experiments/search", {"max_results": 2, "filter": "name LIKE 'p15-%'", "order_by": ["name"]}
    )
    api.see(first)
    api.see(
        api.post(
            "experiments/search",
            {
                "max_results": 2,
                "filter": "name LIKE 'p15-%'",
                "order_by": ["name"],
                "page_token": first["next_page_token"],
            },
        )
    )


@scenario
def point_16_ids_of_runs(api: Api) -> None:
    api.see_error(api.post("runs/log-batch", {"run_id": "-bad"}))
    api.see_error(api.post("runs/log-batch", {"run_id": "a/b"}))
    made = api.post("runs/create", {"experiment_id": api.experiment("p16")})
    api.see(len(made["run"]["info"]["run_id"]))


@scenario
def point_17_names_of_runs(api: Api) -> None:
    e = api.experiment("p17")
    tag = {"key": "mlflow.runName", "value": "by-tag"}
    made = api.post("runs/create", {"experiment_id": e, "tags": [tag]})
    run = api.name(made["run"]["info"]["run_id"], "<17>")
    api.see(made)
    api.see_error(api.post("runs/create", {"experiment_id": e, "run_name": "other", "tags": [tag]}))
    api.see(api.post("runs/set-tag", {"run_id": run, "key": "mlflow.runName", "value": "renamed"}))
    api.see(api.get("runs/get", run_id=run))
    api.see(api.post("runs/update", {"run_id": run, "run_name": "again"}))
    api.see(api.get("runs/get", run_id=run))
    made = api.post("runs/create", {"experiment_id": e})
    name = made["run"]["info"]["run_name"]
    api.see((len(name) <= 20, made["run"]["data"]["tags"] == [{"key": "mlflow.runName", "value": name}]))


@scenario
def point_18_where_artifacts_of_a_run_go(api: Api) -> None:
    for number, location in enumerate(["s3://bucket/x", "s3://bucket/x/", "s3://bucket/x?region=eu"]):
        made = api.post("experiments/create", {"name": f"p18-{number}", "artifact_location": location})
        api.see(made.status)
        if made.status == 200:
            run = api.run(made["experiment_id"], f"r{number}")
            api.see(api.get("runs/get", run_id=run)["run"]["info"]["artifact_uri"])


@scenario
def point_19_a_child_is_a_tag(api: Api) -> None:
    e = api.experiment("p19")
    parent = api.run(e, "parent")
    api.run(e, "child", tags=[{"key": "mlflow.parentRunId", "value": parent}], start_time=5)
    found = api.post(
        "runs/search", {"experiment_ids": [e], "filter": f"tags.mlflow.parentRunId = '{parent}'"}
    )
    api.see([run["info"]["run_name"] for run in found["runs"]])


@scenario
def point_20_updating_a_run(api: Api) -> None:
    run = api.run(api.experiment("p20"), "kept")
    for status in ("SCHEDULED", "FINISHED", "FAILED", "KILLED", "RUNNING"):
        api.see(api.post("runs/update", {"run_id": run, "status": status}))
    api.see(api.post("runs/update", {"run_id": run, "end_time": 77}))
    api.see(api.post("runs/update", {"run_id": run, "status": 3}))


@scenario
def point_22_the_same_point_twice_is_one(api: Api) -> None:
    run = api.run(api.experiment("p22"))
    point = {"key": "m", "value": 1.0, "timestamp": 5, "step": 1}
    for more in ({}, {}, {"value": 2.0}, {"timestamp": 6}, {"value": "NaN"}, {"value": "NaN"}):
        api.post("runs/log-metric", {"run_id": run, **point, **more})
    api.see(api.post("runs/log-batch", {"run_id": run, "metrics": [point, point, {**point, "step": 2}]}))
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m"))


@scenario
def point_23_which_point_is_the_latest(api: Api) -> None:
    run = api.run(api.experiment("p23"))
    for step, timestamp, value in [
        (5, 10, 1.0),
        (4, 99, 2.0),
        (5, 9, 3.0),
        (5, 10, 0.5),
        (5, 10, 1.5),
        (-7, 1, 9.0),
    ]:
        api.post(
            "runs/log-metric",
            {"run_id": run, "key": "m", "value": value, "timestamp": timestamp, "step": step},
        )
        api.see(api.get("runs/get", run_id=run)["run"]["data"]["metrics"])


@scenario
def point_25_histories(api: Api) -> None:
    run = api.run(api.experiment("p25"))
    points = [
        {"key": "m", "value": v, "timestamp": t, "step": s}
        for t, s, v in [(3, 1, 1.0), (1, 5, 2.0), (1, 4, 3.0), (1, 4, 2.5), (2, 0, 0.0)]
    ]
    api.see(api.post("runs/log-batch", {"run_id": run, "metrics": points}))
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m"))
    api.see(api.get("metrics/get-history", run_id=run, metric_key="none"))
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m", max_results=0))
    api.see(api.get("metrics/get-history", run_id=run, metric_key="m", max_results=-1))
    first = api.get("metrics/get-history", run_id=run, metric_key="m", max_results=3)
    api.see(first)
    api.see(
        api.get(
            "metrics/get-history",
            run_id=run,
            metric_key="m",
            max_results=3,
            page_token=first["next_page_token"],
        )
    )
    api.see(api.get("metrics/get-history", run_id="f" * 32, metric_key="m"))


@scenario
def point_26_histories_of_many_runs(api: Api) -> None:
    e = api.experiment("p26")
    runs = sorted(api.run(e, f"h{number}") for number in range(2))
    for label, run in zip("ab", runs, strict=True):
        api.name(run, f"<{label}>")
        points = [{"key": "m", "value": float(step), "timestamp": step, "step": step} for step in range(20)]
        api.post("runs/log-batch", {"run_id": run, "metrics": points})
    api.see(api.get("metrics/get-history-bulk", run_id=runs, metric_key="m", ajax=True))
    api.see(api.get("metrics/get-history-bulk", run_id=runs, metric_key="m", max_results=25, ajax=True))
    api.see(api.get("metrics/get-history-bulk", run_id=runs, metric_key="none", ajax=True))
    for more in (
        {},
        {"max_results": 5},
        {"max_results": 1},
        {"start_step": 3, "end_step": 8, "max_results": 3},
    ):
        api.see(api.get("metrics/get-history-bulk-interval", run_ids=runs, metric_key="m", **more))
    for bad in ({"max_results": 2501}, {"start_step": 3}, {"start_step": 5, "end_step": 1}):
        api.see(api.get("metrics/get-history-bulk-interval", run_ids=runs, metric_key="m", **bad))
    api.see(api.get("metrics/get-history-bulk-interval", run_ids=["e" * 32] * 101, metric_key="m"))


@scenario
def point_27_sizes_of_a_batch(api: Api) -> None:
    run = api.run(api.experiment("p27"))
    metrics = [{"key": "m", "value": 1.0, "timestamp": n, "step": n} for n in range(1001)]
    pairs = [{"key": f"k{n}", "value": "v"} for n in range(101)]
    api.see_error(api.post("runs/log-batch", {"run_id": run, "metrics": metrics}))
    api.see_error(api.post("runs/log-batch", {"run_id": run, "params": pairs}))
    api.see_error(api.post("runs/log-batch", {"run_id": run, "tags": pairs}))
    api.see_error(api.post("runs/log-batch", {"run_id": run, "metrics": metrics[:950], "tags": pairs[:60]}))
    api.see_error(
        api.post(
            "runs/log-batch",
            {"run_id": run, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]},
        )
    )
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_28_params_do_not_change(api: Api) -> None:
    run = api.run(api.experiment("p28"))
    api.name(run, "<28>")
    for value in ("1", "1", "2"):
        answer = api.post("runs/log-parameter", {"run_id": run, "key": "k", "value": value})
        (api.see_error if answer.status >= 400 else api.see)(answer)
    api.see_error(api.post("runs/log-batch", {"run_id": run, "params": [{"key": "k", "value": "3"}]}))
    api.see(
        api.post(
            "runs/log-batch",
            {"run_id": run, "params": [{"key": "k", "value": "1"}, {"key": "new", "value": ""}]},
        )
    )
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_29_lengths(api: Api) -> None:
    e = api.experiment("p29")
    run = api.run(e)
    long = "x" * 251
    api.see(api.post("runs/log-metric", {"run_id": run, "key": long, "value": 1, "timestamp": 1}))
    api.see(api.post("runs/log-parameter", {"run_id": run, "key": long, "value": "1"}))
    api.see(api.post("runs/set-tag", {"run_id": run, "key": long, "value": "1"}))
    api.see(api.post("runs/set-tag", {"run_id": run, "key": "long", "value": "y" * 9000}))
    api.see(
        api.post("experiments/set-experiment-tag", {"experiment_id": e, "key": "k", "value": "z" * 20001})
    )
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_30_keys(api: Api) -> None:
    run = api.run(api.experiment("p30"))
    for key in (
        "a/b",
        "a b",
        "a:b",
        "a.b",
        "a-b",
        "é",
        "../a",
        "/a",
        "a//b",
        "a/",
        ".",
        "a/./b",
        "a\\b",
        "a*b",
    ):
        api.see((key, api.post("runs/log-parameter", {"run_id": run, "key": key, "value": "1"}).status))
        api.see(
            (key, api.post("runs/log-metric", {"run_id": run, "key": key, "value": 1, "timestamp": 1}).status)
        )
        api.see((key, api.post("runs/set-tag", {"run_id": run, "key": key, "value": "1"}).status))
    api.see_error(api.post("runs/log-parameter", {"run_id": run, "key": "a*b", "value": "1"}))
    api.see_error(api.post("runs/log-parameter", {"run_id": run, "key": "a//b", "value": "1"}))


@scenario
def point_31_deleting_tags(api: Api) -> None:
    e = api.experiment("p31", tags=[{"key": "k", "value": "v"}])
    run = api.run(e)
    api.post("runs/set-tag", {"run_id": run, "key": "k", "value": "v"})
    for _ in range(2):
        api.see(api.post("runs/delete-tag", {"run_id": run, "key": "k"}))
        api.see(api.post("experiments/delete-experiment-tag", {"experiment_id": e, "key": "k"}))
    api.see(api.get("runs/get", run_id=run))


@scenario
def point_32_metrics_of_a_logged_model(api: Api) -> None:
    e = api.experiment("p32")
    run = api.run(e)
    made = api.post("logged-models", {"experiment_id": e, "name": "m32", "source_run_id": run})
    model = api.name(made["model"]["info"]["model_id"], "<model>")
    point = {"key": "acc", "value": 0.5, "timestamp": 3, "step": 1, "model_id": model}
    more = {"dataset_name": "d", "dataset_digest": "1"}
    api.see(api.post("runs/log-metric", {"run_id": run, **point, **more}))
    api.see(
        api.post("runs/log-batch", {"run_id": run, "metrics": [{**point, "step": 2}, {**point, "step": 2}]})
    )
    api.see(api.get("metrics/get-history", run_id=run, metric_key="acc"))
    found = api.get(f"logged-models/{model}")["model"]["data"]["metrics"]
    api.see(sorted(found, key=lambda metric: metric["step"]))


@scenario
def point_33_system_metrics(api: Api) -> None:
    run = api.run(api.experiment("p33"))
    api.post("runs/log-metric", {"run_id": run, "key": "system/cpu", "value": 5, "timestamp": 1})
    api.see(api.get("metrics/get-history", run_id=run, metric_key="system/cpu"))


def _forest(api: Api, name: str) -> str:
    """An experiment with six runs that differ."""
    e = api.experiment(name)
    for number, (loss, lr, team, status) in enumerate(
        [
            (0.5, "0.1", "red", "FINISHED"),
            (0.25, "0.01", "Red", "FAILED"),
            ("NaN", "0.1", None, "RUNNING"),
            (None, None, "blue", "FINISHED"),
            (-1.0, "x%y", "red_1", "KILLED"),
            (0.5, "0.1", "o'b", "FINISHED"),
        ]
    ):
        run = api.run(e, f"{name}-{number}", start_time=1000 + number // 2)
        if loss is not None:
            api.post(
                "runs/log-metric", {"run_id": run, "key": "loss", "value": loss, "timestamp": 1, "step": 1}
            )
        if lr is not None:
            api.post("runs/log-parameter", {"run_id": run, "key": "lr", "value": lr})
        if team is not None:
            api.post("runs/set-tag", {"run_id": run, "key": "my team", "value": team})
        api.post("runs/update", {"run_id": run, "status": status, "end_time": 2000 + number})
    return e


def _search(api: Api, e: str, **body: Any) -> None:
    found = api.post("runs/search", {"experiment_ids": [e], "order_by": ["attributes.run_name"], **body})
    if found.status >= 400:
        api.see((body, found.status, found["error_code"]))
    else:
        api.see((body, [run["info"]["run_name"] for run in found.body.get("runs", [])]))


@scenario
def point_34_to_37_filters(api: Api) -> None:
    e = _forest(api, "p34")
    for where in (
        "metrics.loss < 0.5",
        "metric.loss >= 0.5",
        "metrics.loss != 0.5",
        "metrics.loss = 0.5 and params.lr = '0.1'",
        "metrics.loss > -2 AND metrics.loss <= 0.25",
        "params.lr != '0.1'",
        "parameters.lr LIKE '0.%'",
        "param.lr LIKE 'x%'",
        "tags.`my team` = 'red'",
        "tags.\"my team\" LIKE 'red%'",
        "tag.`my team` ILIKE 'RED'",
        "tags.`my team` != 'red'",
        "tags.`my team` IS NULL",
        "params.lr IS NOT NULL",
        "tags.missing != 'x'",
        "tags.missing IS NULL",
        "status = 'FINISHED'",
        "attributes.status != 'FINISHED'",
        "attr.status LIKE 'F%'",
        "run.start_time > 1000",
        "start_time = 1001 AND end_time >= 2003",
        "created > 1000",
        "run_name = 'p34-3'",
        "attributes.`Run name` LIKE '%-4'",
        "",
    ):
        _search(api, e, filter=where)
    for bad in (
        "metrics.loss = 'x'",
        "metrics.loss LIKE 'x'",
        "bogus.x = 1",
        "bogus = 'x'",
        "status = FINISHED",
        "start_time = 'x'",
        "dataset.bogus = 'x'",
        "metrics.loss >",
        "metrics.loss",
        "loss = 0.5",
        "run_id IN",
    ):
        _search(api, e, filter=bad)


@scenario
def point_36_like_tells_case_apart(api: Api) -> None:
    e = _forest(api, "p36")
    _search(api, e, filter="tags.`my team` LIKE 'R%'")
    _search(api, e, filter="tags.`my team` ILIKE 'r%'")
    _search(api, e, filter="tags.`my team` LIKE 'red_1'")


@scenario
def point_38_page_tokens(api: Api) -> None:
    e = _forest(api, "p38")
    seen, token = [], ""
    while True:
        page = api.post("runs/search", {"experiment_ids": [e], "max_results": 4, "page_token": token})
        seen.append([run["info"]["run_name"] for run in page["runs"]] if token else len(page["runs"]))
        token = page.body.get("next_page_token", "")
        api.see(token)
        if not token:
            break
    api.see(len(seen))
    api.see(api.post("runs/search", {"experiment_ids": [e], "page_token": "rubbish"}))
    exact = api.post("runs/search", {"experiment_ids": [e], "max_results": 6})
    api.see((len(exact["runs"]), exact.body.get("next_page_token")))


@scenario
def point_39_orders(api: Api) -> None:
    e = _forest(api, "p39")
    for order in (
        ["metrics.loss DESC", "run_name"],
        ["metrics.loss ASC", "run_name"],
        ["metric.loss", "run_name DESC"],
        ["params.lr DESC", "run_name"],
        ["tags.`my team`", "run_name"],
        ["start_time ASC", "run_name"],
        ["attributes.end_time DESC"],
        ["metrics.none", "run_name"],
        ["status", "run_name"],
    ):
        _search(api, e, order_by=order)
    for bad in (["bogus"], ["metrics.loss UP"], ["dataset.name"], [""]):
        _search(api, e, order_by=bad)


@scenario
def point_40_and_41_how_many_and_which(api: Api) -> None:
    e, other = _forest(api, "p40"), api.experiment("p41")
    api.run(other, "p41-run")
    api.post("runs/delete", {"run_id": api.run(other, "p41-deleted")})
    for limit in (0, -1, 50_001, 50_000):
        api.see((limit, api.post("runs/search", {"experiment_ids": [e], "max_results": limit}).status))
    for view in (None, "ACTIVE_ONLY", "DELETED_ONLY", "ALL"):
        body = {
            "experiment_ids": [e, other],
            "order_by": ["run_name"],
            **({"run_view_type": view} if view else {}),
        }
        found = api.post("runs/search", body)
        api.see([run["info"]["run_name"] for run in found.body.get("runs", [])])
    api.see(api.post("runs/search", {"experiment_ids": []}))
    api.see(api.post("runs/search", {"experiment_ids": ["x"]}))


@scenario
def point_42_datasets(api: Api) -> None:
    e = api.experiment("p42")
    run, second = api.run(e, "p42-a"), api.run(e, "p42-b")

    def given(name: str, digest: str, context: str, **more: Any) -> dict[str, Any]:
        return {
            "tags": [{"key": "mlflow.data.context", "value": context}],
            "dataset": {"name": name, "digest": digest, "source_type": "local", "source": "s", **more},
        }

    api.see(
        api.post(
            "runs/log-inputs",
            {
                "run_id": run,
                "datasets": [given("d", "1", "train"), given("d", "1", "test"), given("d", "2", "test")],
            },
        )
    )
    api.see(api.post("runs/log-inputs", {"run_id": run, "datasets": [given("d", "1", "again")]}))
    api.see(
        api.post("runs/log-inputs", {"run_id": second, "datasets": [given("d", "1", "train", schema="{}")]})
    )
    found = api.get("runs/get", run_id=run)
    inputs = found["run"]["inputs"]["dataset_inputs"]
    api.see(sorted(inputs, key=lambda item: item["dataset"]["digest"]))
    for bad in ({"digest": "x" * 37}, {"name": "x" * 501}, {"source": "x" * 65_536}):
        dataset = {**given("d", "3", "c")["dataset"], **bad}
        api.see(api.post("runs/log-inputs", {"run_id": run, "datasets": [{"dataset": dataset}]}))
    found = api.send(
        "POST",
        "/ajax-api/2.0/mlflow/experiments/search-datasets",
        json.dumps({"experiment_ids": [e]}).encode(),
    )
    api.see(sorted(found["dataset_summaries"], key=lambda item: (item["digest"], item["context"])))
    for where in (
        "dataset.digest = '2'",
        "datasets.name LIKE 'D'",
        "dataset.context = 'train'",
        "dataset.name IN ('d')",
    ):
        _search(api, e, filter=where)
