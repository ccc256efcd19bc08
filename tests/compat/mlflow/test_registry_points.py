"""Models, versions, aliases, logged models and artifacts: the same requests, and the same seen, on both
servers.

Each scenario is named by its number in the list of fine points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.testing.servers import ServerProcess
    from tests.compat.mlflow.conftest import Answer, Api

pytestmark = pytest.mark.compat

SCENARIOS: list[Callable[[Api], None]] = []
SEEN: dict[Callable[[Api], None], list[Any]] = {}
"""What MLflow showed."""
RM, MV, LM = "registered-models", "model-versions", "logged-models"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"


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


def send(api: Api, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
    import json

    return api.send(method, f"/api/2.0/mlflow/{path}", json.dumps(body or {}).encode())


def model(api: Api, name: str, **more: Any) -> str:
    assert api.post(f"{RM}/create", {"name": name, **more}).status == 200
    return name


def version(api: Api, name: str, source: str = "s3://bucket/m", **more: Any) -> str:
    made = api.post(f"{MV}/create", {"name": name, "source": source, **more})
    assert made.status == 200, made
    number: str = made["model_version"]["version"]
    return number


def get_version(api: Api, name: str, number: str | int) -> Answer:
    return api.get(f"{MV}/get", name=name, version=number)


def logged(api: Api, experiment: str, label: str, **more: Any) -> str:
    made = api.post(LM, {"experiment_id": experiment, "name": label, **more})
    assert made.status == 200, made
    return api.name(made["model"]["info"]["model_id"], f"<model {label}>")


# logged models


@scenario
def point_43_logged_models(api: Api) -> None:
    e = api.experiment("p43")
    run = api.run(e, "p43")
    pairs = [{"key": "lr", "value": "0.1"}]
    m = logged(api, e, "p43", model_type="agent", source_run_id=run, params=pairs, tags=pairs)
    api.see(api.get(f"{LM}/{m}"))
    api.see(
        send(api, "POST", f"{LM}/{m}/params", {"model_id": m, "params": [{"key": "depth", "value": "3"}]})
    )
    api.see(
        send(
            api, "PATCH", f"{LM}/{m}/tags", {"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}
        )
    )
    api.see(send(api, "DELETE", f"{LM}/{m}/tags/b"))
    api.see(send(api, "DELETE", f"{LM}/{m}/tags/b"))
    api.see(send(api, "PATCH", f"{LM}/{m}", {"model_id": m, "status": "LOGGED_MODEL_READY"}))
    api.see(send(api, "PATCH", f"{LM}/{m}", {"model_id": m, "status": 3}))
    api.see(api.get(f"{LM}/{m}"))
    for bad in "/:.%\"'":
        api.see_error(api.post(LM, {"experiment_id": e, "name": f"a{bad}b"}))
    api.see(api.post(LM, {"experiment_id": "98765", "name": "x"}))
    api.see_error(api.get(f"{LM}/m-{'0' * 32}"))
    api.see(send(api, "DELETE", f"{LM}/{m}"))
    api.see(api.get(f"{LM}/{m}"))
    api.see(api.get(f"{LM}/{m}", allow_deleted="true"))


@scenario
def point_44_log_model(api: Api) -> None:
    e = api.experiment("p44")
    run = api.run(e, "p44")
    m = logged(api, e, "p44", source_run_id=run)
    api.see(api.post("runs/outputs", {"run_id": run, "models": [{"model_id": m, "step": 3}]}))
    point = {"key": "acc", "value": 0.5, "timestamp": 7, "step": 1, "model_id": m}
    api.see(api.post("runs/log-batch", {"run_id": run, "metrics": [point]}))
    model(api, "p44")
    asked = {"name": "p44", "source": f"models:/{m}", "run_id": run, "model_id": m}
    made = api.post(f"{MV}/create", asked)
    made["model_version"].pop("model_id", None)  # padauk says it, MLflow does not
    api.see(made)
    api.see(api.get(f"{MV}/get-download-uri", name="p44", version="1"))
    api.see(api.get("runs/get", run_id=run)["run"]["outputs"])
    api.see(api.get(f"{LM}/{m}")["model"]["data"])


@scenario
def point_46_search_logged_models(api: Api) -> None:
    e, f = api.experiment("p46"), api.experiment("p46-other")
    run = api.run(e, "p46")
    ids = [
        logged(api, e, f"p46-{n}", source_run_id=run, params=[{"key": "n", "value": str(n)}])
        for n in range(4)
    ]
    logged(api, f, "p46-elsewhere")
    for n, m in enumerate(ids[:3]):
        points = [
            {
                "key": "acc",
                "value": n / 10,
                "timestamp": 1,
                "step": 1,
                "model_id": m,
                "dataset_name": "train",
                "dataset_digest": "d1",
            },
            {
                "key": "acc",
                "value": 1 - n / 10,
                "timestamp": 2,
                "step": 1,
                "model_id": m,
                "dataset_name": "test",
                "dataset_digest": f"d{n}",
            },
        ]
        assert api.post("runs/log-batch", {"run_id": run, "metrics": points}).status == 200
    send(api, "PATCH", f"{LM}/{ids[1]}", {"model_id": ids[1], "status": "LOGGED_MODEL_READY"})
    send(api, "DELETE", f"{LM}/{ids[3]}")

    def names(**asked: Any) -> None:
        found = api.post(f"{LM}/search", {"experiment_ids": [e], **asked})
        shown = (
            found.body
            if found.status >= 400
            else [one["info"]["name"] for one in found.body.get("models", [])]
        )
        api.see((found.status, shown if isinstance(shown, list) else shown.get("error_code")))

    names()
    names(experiment_ids=[e, f])
    names(filter="params.n = '1'")
    names(filter="params.`n` IN ('0', '2')")
    names(filter="name LIKE 'p46%' AND metrics.acc > 0.85")
    names(filter="metrics.acc < 0.15", datasets=[{"dataset_name": "test"}])
    names(datasets=[{"dataset_name": "test", "dataset_digest": "d2"}])
    names(datasets=[{"dataset_digest": "d2"}])
    names(order_by=[{"field_name": "metrics.acc", "ascending": True}])
    names(order_by=[{"field_name": "metrics.acc", "ascending": True, "dataset_name": "train"}])
    names(order_by=[{"field_name": "name", "ascending": False}])
    names(order_by=[{"field_name": "params.n"}])
    names(order_by=[{"field_name": "nothing"}])
    names(filter="nothing = 'x'")
    page = api.post(f"{LM}/search", {"experiment_ids": [e], "max_results": 2})
    token = page["next_page_token"]
    names(max_results=2, page_token=token)
    names(max_results=2, page_token=token, filter="params.n = '1'")
    names(max_results=2, page_token="bm9uc2Vuc2U=")
    api.see_error(api.post(f"{LM}/search", {}))


# artifacts


@scenario
def point_49_listings(api: Api) -> None:
    e = api.experiment("p49")
    run = api.run(e, "p49")
    uri = api.get("runs/get", run_id=run)["run"]["info"]["artifact_uri"]
    api.see(uri)
    root = uri.removeprefix("mlflow-artifacts:/")
    for name in ("a/b/c.txt", "a/d.txt", "e.txt"):
        assert api.send("PUT", f"{PROXY}/{root}/{name}", b"12345").status == 200
    for path in ("", "a", "a/b", "e.txt", "nothing"):
        api.see(api.get("artifacts/list", ("path", path), run_id=run))
        found = api.send("GET", f"{PROXY}?path={quote(f'{root}/{path}'.rstrip('/'))}", None)
        api.see(found if path != "e.txt" else found.status)
    api.see(api.get("artifacts/list", run_id=run))
    api.see(api.send("GET", f"{PROXY}/{root}/e.txt", None))
    api.see(api.send("GET", f"/get-artifact?run_id={run}&path=a/d.txt", None))
    api.see(api.send("GET", f"{PROXY}/{root}/a", None).status)
    api.see(api.send("GET", f"{PROXY}/{root}/nothing", None).status)
    api.see(api.send("DELETE", f"{PROXY}/{root}/a", None))
    api.see(api.get("artifacts/list", run_id=run))


@scenario
def point_49_artifacts_of_logged_models(api: Api) -> None:
    e = api.experiment("p49-models")
    m = logged(api, e, "p49")
    root = api.get(f"{LM}/{m}")["model"]["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
    for name in ("MLmodel", "code/x.py"):
        assert api.send("PUT", f"{PROXY}/{root}/{name}", b"12345").status == 200
    api.see(api.get(f"{LM}/{m}/artifacts/directories"))
    api.see(api.get(f"{LM}/{m}/artifacts/directories", artifact_directory_path="code"))
    api.see(
        api.send("GET", f"/ajax-api/2.0/mlflow/{LM}/{m}/artifacts/files?artifact_file_path=code/x.py", None)
    )
    api.see(api.send("GET", f"/ajax-api/2.0/mlflow/{LM}/{m}/artifacts/files", None))
    model(api, "p49")
    version(api, "p49", f"models:/{m}", model_id=m)
    api.see(api.send("GET", "/model-versions/get-artifact?name=p49&version=1&path=MLmodel", None))


@scenario
def point_50_unsafe_paths(api: Api) -> None:
    e = api.experiment("p50")
    run = api.run(e, "p50")
    for path in (
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "%252e%252e/x",
        "/etc/passwd",
        "C:/x",
        "a#b",
        "file:///etc/passwd",
    ):
        api.see_error(api.get("artifacts/list", ("path", path), run_id=run))
        api.see_error(api.send("GET", f"{PROXY}?path={quote(path, safe='')}", None))


@scenario
def point_51_download_headers(api: Api) -> None:
    import urllib.request

    e = api.experiment("p51")
    run = api.run(e, "p51")
    root = f"{e}/{run}/artifacts"
    for name in (
        "page.html",
        "MLmodel",
        "conda.yaml",
        "run.log",
        "x.png",
        "weights",
        "a b.txt",
        "zwölf.txt",
        "日本",
    ):
        assert api.send("PUT", f"{PROXY}/{root}/{quote(name)}", b"x").status == 200
        for url in (f"{PROXY}/{root}/{quote(name)}", f"/get-artifact?run_id={run}&path={quote(name)}"):
            with urllib.request.urlopen(api.url + url) as answer:
                kept = ("Content-Disposition", "X-Content-Type-Options", "Content-Type", "Content-Length")
                api.see({name: answer.headers[name] for name in kept})


# registered models


@scenario
def point_53_registered_models(api: Api) -> None:
    tags = [{"key": "t", "value": "1"}, {"key": "t", "value": "2"}]
    api.see(api.post(f"{RM}/create", {"name": "p53", "description": "d", "tags": tags}))
    api.see(api.post(f"{RM}/create", {"name": "p53"}))
    for name in ("", " ", "a/b", "a:b", ".", ".."):
        api.see(api.post(f"{RM}/create", {"name": name}))
    api.see_error(api.post(f"{RM}/create", {}))
    api.see_error(api.post(f"{RM}/create", {"name": "p53/x"}))
    api.see_error(api.get(f"{RM}/get", name="p53-nobody"))
    version(api, "p53")
    api.see(api.post(f"{RM}/alias", {"name": "p53", "alias": "champion", "version": "1"}))
    api.see(send(api, "PATCH", f"{RM}/update", {"name": "p53", "description": "other"}))
    api.see(api.post(f"{RM}/set-tag", {"name": "p53", "key": "k", "value": "v"}))
    api.see(send(api, "DELETE", f"{RM}/delete-tag", {"name": "p53", "key": "t"}))
    api.see(send(api, "DELETE", f"{RM}/delete-tag", {"name": "p53", "key": "t"}))
    api.see(api.get(f"{RM}/get", name="p53"))
    model(api, "p53-taken")
    api.see(api.post(f"{RM}/rename", {"name": "p53", "new_name": "p53-taken"}))
    api.see(api.post(f"{RM}/rename", {"name": "p53", "new_name": ""}))
    api.see(api.post(f"{RM}/rename", {"name": "p53", "new_name": "p53-new"}))
    api.see(get_version(api, "p53-new", 1))
    api.see(get_version(api, "p53", 1))
    api.see(send(api, "DELETE", f"{RM}/delete", {"name": "p53-new"}))
    api.see(get_version(api, "p53-new", 1))
    api.see(send(api, "DELETE", f"{RM}/delete", {"name": "p53-new"}))
    model(api, "p53-new")
    api.see(version(api, "p53-new"))


@scenario
def point_54_version_numbers(api: Api) -> None:
    model(api, "p54")
    run = api.run(api.experiment("p54"), "p54")
    for _ in range(3):
        version(
            api, "p54", run_id=run, description="d", run_link="http://x", tags=[{"key": "a", "value": "b"}]
        )
    api.see(get_version(api, "p54", "3"))
    api.see(send(api, "DELETE", f"{MV}/delete", {"name": "p54", "version": "3"}))
    api.see(get_version(api, "p54", "3"))
    api.see(send(api, "DELETE", f"{MV}/delete", {"name": "p54", "version": "3"}))
    api.see(version(api, "p54"))
    api.see_error(get_version(api, "p54", "99"))
    api.see_error(get_version(api, "p54", "three"))
    api.see_error(api.post(f"{MV}/create", {"name": "p54-nobody", "source": "s3://b/x"}))
    api.see(send(api, "PATCH", f"{MV}/update", {"name": "p54", "version": "1", "description": "new"}))
    api.see(send(api, "PATCH", f"{MV}/update", {"name": "p54", "version": "1"}))
    api.see(api.post(f"{MV}/set-tag", {"name": "p54", "version": "1", "key": "k", "value": "v"}))
    api.see(send(api, "DELETE", f"{MV}/delete-tag", {"name": "p54", "version": "1", "key": "a"}))
    api.see(api.post(f"{MV}/set-tag", {"name": "p54", "version": "9", "key": "k", "value": "v"}))
    api.see(get_version(api, "p54", "1"))


@scenario
def point_55_sources(api: Api) -> None:
    e = api.experiment("p55")
    run, other = api.run(e, "p55"), api.run(e, "p55-other")
    m, stranger = logged(api, e, "p55", source_run_id=run), logged(api, e, "p55-stranger")
    model(api, "p55")
    version(api, "p55", f"models:/{m}", model_id=m)
    api.post(f"{RM}/alias", {"name": "p55", "alias": "champion", "version": "1"})
    root, place = f"mlflow-artifacts:/{e}/{run}/artifacts", f"mlflow-artifacts:/{e}/models/{m}/artifacts"
    for source in (
        f"{root}/model",
        root,
        f"{root}-too",
        f"{root}/../../x",
        f"{root}/%2e%2e/x",
        f"{root}/%252e%252e/x",
        f"mlflow-artifacts://evil:80/{e}/{run}/artifacts/model",
        f"runs:/{run}/model",
        f"runs:/{other}/model",
        f"runs://host/{run}/model",
        f"models:/{m}",
        f"models:/{stranger}",
        f"{place}/x",
        "models:/p55/1",
        "models:/p55@champion",
        "models:/p55/latest",
        "models:/p55/None",
        "models:/p55/77",
        "models:/p55-nobody/1",
        "models:/",
        "models:/a/b/c",
        "s3://bucket/model",
        "s3://bucket/a/../b",
        "/etc",
        "relative/path",
        "file:///etc",
        "https://evil/model",
        "ftp://evil/model",
        "hdfs://evil/model",
        "",
    ):
        ways: list[dict[str, str]] = [{}, {"run_id": run}]
        if not source.startswith("models:/p55"):  # MLflow forgets which logged model a version was made from
            ways += [{"model_id": m}, {"run_id": run, "model_id": m}]
        for named in ways:
            made = api.post(f"{MV}/create", {"name": "p55", "source": source, **named})
            one = made.body.get("model_version", {})
            api.see(
                (
                    source,
                    sorted(named),
                    made.status,
                    made.body.get("error_code"),
                    one.get("source"),
                    one.get("run_id"),
                )
            )


@scenario
def point_56_download_uri(api: Api) -> None:
    e = api.experiment("p56")
    m = logged(api, e, "p56")
    model(api, "p56")
    version(api, "p56")
    version(api, "p56", f"models:/{m}", model_id=m)
    version(api, "p56", "models:/p56/2")
    for number in ("1", "2", "3", "4"):
        api.see(api.get(f"{MV}/get-download-uri", name="p56", version=number))


@scenario
def point_57_aliases(api: Api) -> None:
    model(api, "p57")
    for _ in range(3):
        version(api, "p57")
    for alias in (
        "champion",
        "a-b_c",
        "latest",
        "Latest",
        "v1",
        "V12",
        "v1a",
        "",
        "a b",
        "x" * 255,
        "x" * 256,
    ):
        api.see(api.post(f"{RM}/alias", {"name": "p57", "alias": alias, "version": "1"}))
    api.see(api.post(f"{RM}/alias", {"name": "p57", "alias": "champion", "version": "2"}))
    api.see(api.post(f"{RM}/alias", {"name": "p57", "alias": "champion", "version": "9"}))
    api.see(api.get(f"{RM}/alias", name="p57", alias="champion"))
    api.see(api.get(f"{RM}/alias", name="p57", alias="latest"))
    api.see_error(api.get(f"{RM}/alias", name="p57", alias="nobody"))
    api.see(api.get(f"{RM}/alias", name="p57-nobody", alias="champion"))
    api.see(api.get(f"{RM}/get", name="p57")["registered_model"]["aliases"][1]["alias"])
    send(api, "DELETE", f"{MV}/delete", {"name": "p57", "version": "2"})
    api.see_error(api.get(f"{RM}/alias", name="p57", alias="champion"))
    api.see(send(api, "DELETE", f"{RM}/alias", {"name": "p57", "alias": "a-b_c"}))
    api.see(send(api, "DELETE", f"{RM}/alias", {"name": "p57", "alias": "a-b_c"}))


@scenario
def point_58_stages(api: Api) -> None:
    model(api, "p58")
    for _ in range(4):
        version(api, "p58")

    def move(number: str, stage: str, archive: bool = False) -> Answer:
        asked = {"name": "p58", "version": number, "stage": stage, "archive_existing_versions": archive}
        return api.post(f"{MV}/transition-stage", asked)

    api.see(move("1", "production"))
    api.see(move("2", "PRODUCTION"))
    api.see(move("3", "Production", archive=True))
    api.see(move("4", "live"))
    api.see(move("4", "archived", archive=True).status // 100 > 2)
    api.see(move("9", "Staging"))
    for stages in ([], ["production"], ["Archived", "None"], ["live"]):
        pairs = [("stages", stage) for stage in stages]
        found = api.get(f"{RM}/get-latest-versions", *pairs, name="p58")
        seen = sorted((one["version"], one["current_stage"]) for one in found.body.get("model_versions", []))
        api.see((found.status, seen))
        posted = api.post(f"{RM}/get-latest-versions", {"name": "p58", "stages": stages})
        api.see(sorted(one["version"] for one in posted.body.get("model_versions", [])))


@scenario
def point_59_prompts(api: Api) -> None:
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    model(api, "p59-model", tags=[{"key": "p59", "value": "x"}])
    model(api, "p59-prompt", tags=[*prompt, {"key": "p59", "value": "x"}])
    api.see(api.post(f"{RM}/create", {"name": "p59-prompt"}))
    api.see(api.post(f"{RM}/create", {"name": "p59-model", "tags": prompt}))
    text = [*prompt, {"key": "mlflow.prompt.text", "value": "Hello {{name}}"}]
    api.see(api.post(f"{MV}/create", {"name": "p59-prompt", "source": "dummy-source", "tags": text}))
    api.see(api.post(f"{MV}/create", {"name": "p59-prompt", "source": "s3://b/x", "tags": text}))
    version(api, "p59-model")
    for what in (
        "name LIKE 'p59%'",
        "name LIKE 'p59%' AND tags.`mlflow.prompt.is_prompt` = 'true'",
        "name LIKE 'p59%' AND tags.`mlflow.prompt.is_prompt` != 'true'",
        "name LIKE 'p59%' AND tags.`mlflow.prompt.is_prompt` = 'false'",
        "name LIKE 'p59%' AND tags.`mlflow.prompt.is_prompt` != 'false'",
        "tags.p59 = 'x'",
    ):
        found = api.get(f"{RM}/search", filter=what)
        api.see((found.status, [one["name"] for one in found.body.get("registered_models", [])]))
        if "p59 =" not in what:
            found = api.get(f"{MV}/search", filter=what)
            api.see((found.status, [one["name"] for one in found.body.get("model_versions", [])]))


@scenario
def point_60_search(api: Api) -> None:
    run = api.run(api.experiment("p60"), "p60")
    for n in range(4):
        name = model(api, f"p60-{n}", tags=[{"key": "n", "value": str(n)}, {"key": "p60", "value": "x"}])
        for v in range(n):
            version(api, name, f"s3://bucket/{n}/{v}", run_id=run, tags=[{"key": "v", "value": str(v)}])

    def models_like(what: str, *pairs: tuple[str, Any]) -> None:
        found = api.get(f"{RM}/search", ("filter", what), *pairs)
        shown = [
            (one["name"], len(one.get("latest_versions", [])))
            for one in found.body.get("registered_models", [])
        ]
        api.see((what, found.status, shown or found.body.get("error_code"), "next_page_token" in found.body))

    models_like("name LIKE 'p60-%'")
    models_like("name ILIKE 'P60-%' AND tags.n = '2'")
    models_like("tags.p60 = 'x' AND tags.n != '2'")
    models_like("name = 'p60-1'")
    models_like("name != 'p60-1' AND tags.p60 = 'x'")
    models_like("name IN ('p60-1', 'p60-3')")
    models_like("name LIKE 'P60-%'")
    models_like("name LIKE 'p60-%'", ("order_by", "name DESC"), ("max_results", 3))
    models_like("name LIKE 'p60-%'", ("order_by", "last_updated_timestamp"))
    models_like("name LIKE 'p60-%'", ("order_by", "nothing"))
    models_like("name LIKE 'p60-%'", ("max_results", 1001))
    models_like("nothing = 'x'")
    models_like("name = x")
    models_like("name < 'x'")

    def versions_like(what: str, *pairs: tuple[str, Any]) -> None:
        found = api.get(f"{MV}/search", ("filter", what), *pairs)
        shown = [(one["name"], one["version"]) for one in found.body.get("model_versions", [])]
        api.see((what, found.status, shown or found.body.get("error_code"), "next_page_token" in found.body))

    by_name = (("order_by", "name ASC"), ("order_by", "version_number ASC"))
    versions_like("name LIKE 'p60-%'", *by_name)
    versions_like("name = 'p60-3' AND version_number > 1", *by_name)
    versions_like(f"run_id = '{run}'", *by_name)
    versions_like(f"run_id IN ('{run}')", *by_name)
    versions_like("source_path = 's3://bucket/3/1'")
    versions_like("source_path LIKE 's3://bucket/2/%'", *by_name)
    versions_like("name LIKE 'p60-%' AND tags.v = '1'", *by_name)
    versions_like("name LIKE 'p60-%'", ("order_by", "version_number DESC"), ("max_results", 2))
    versions_like("nothing = 'x'")
    versions_like("name LIKE 'p60-%'", ("order_by", "run_id"))
    versions_like("name LIKE 'p60-%'", ("max_results", 200_001))
    versions_like("name LIKE 'p60-%'", ("max_results", 0))
    first = api.get(f"{MV}/search", ("filter", "name LIKE 'p60-%'"), *by_name, ("max_results", 4))
    versions_like("name LIKE 'p60-%'", *by_name, ("max_results", 4), ("page_token", first["next_page_token"]))
