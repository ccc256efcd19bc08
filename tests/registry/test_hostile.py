"""Requests that nobody means well: each gets a 4xx that says what is wrong, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator

RM, MV, LM = (
    "/api/2.0/mlflow/registered-models",
    "/api/2.0/mlflow/model-versions",
    "/api/2.0/mlflow/logged-models",
)
HUGE = "9" * 30


@pytest.fixture(scope="module")
def web(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("hostile")
    with (
        padauk_server(folder, "--backend-store-uri", module_database_url) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        client.post(f"{RM}/create", json={"name": "m"})
        client.post(f"{MV}/create", json={"name": "m", "source": "s3://bucket/x"})
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{RM}/create", {"name": "a\0b"}),
        (f"{RM}/create", {"name": "x" * 300}),
        (f"{RM}/create", {"name": "'; DROP TABLE runs; --/"}),
        (f"{RM}/create", {"name": 123}),
        (f"{RM}/create", {"name": ["x"]}),
        (f"{RM}/create", {"name": None}),
        (f"{RM}/create", {"name": "n", "tags": "x"}),
        (f"{RM}/create", {"name": "n", "tags": [1]}),
        (f"{RM}/create", {"name": "n", "tags": [{}]}),
        (f"{RM}/create", {"name": "n", "tags": [{"key": "k", "value": "v\0"}]}),
        (f"{RM}/create", {"name": "n", "tags": [{"key": "k" * 251, "value": "v"}]}),
        (f"{RM}/create", {"name": "n", "description": "d\0"}),
        (f"{RM}/alias", {"name": "m", "alias": "../..", "version": "1"}),
        (f"{RM}/alias", {"name": "m", "alias": "a", "version": HUGE}),
        (f"{MV}/create", {"name": "m", "source": "s3://b/\0"}),
        (f"{MV}/create", {"name": "m", "source": "x" * 5000}),
        (f"{MV}/create", {"name": "m", "source": "s3://[bad/x"}),
        (f"{MV}/create", {"name": "m", "source": f"models:/m/{HUGE}"}),
        (f"{MV}/create", {"name": "m", "source": "//host/x"}),
        (f"{MV}/create", {"name": "m", "source": "mlflow-artifacts://[x/y"}),
        (f"{MV}/transition-stage", {"name": "m", "version": HUGE, "stage": "None"}),
        (LM, {"experiment_id": "0", "name": "x\0"}),
        (LM, {"experiment_id": HUGE}),
        (LM, {"experiment_id": "0", "params": [{"key": "a", "value": "x" * 70_000}]}),
        (f"{LM}/search", {"experiment_ids": [HUGE]}),
        (f"{LM}/search", {"experiment_ids": ["0"], "max_results": -1}),
        (f"{LM}/search", {"experiment_ids": ["0"], "max_results": 10**12}),
        (f"{LM}/search", {"experiment_ids": ["0"], "page_token": "e30="}),
        (f"{LM}/search", {"experiment_ids": ["0"], "order_by": [{"field_name": "metrics."}]}),
        (f"{LM}/search", {"experiment_ids": ["0"], "filter": "(" * 200}),
    ],
)
def test_hostile_bodies(web: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = web.post(path, json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer.text


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (f"{MV}/get", {"name": "m", "version": HUGE}, 400),
        (f"{MV}/get", {"name": "m", "version": "-1"}, 404),
        (f"{MV}/get", {"name": "m\0", "version": "1"}, 400),
        (f"{MV}/search", {"filter": f"version_number > {HUGE}"}, 200),
        (f"{MV}/search", {"filter": "version_number > 1e400"}, 200),
        (f"{MV}/search", {"filter": "name = '\\'"}, 200),
        (f"{MV}/search", {"filter": "name = '%' OR name LIKE '\\%'"}, 200),
        (f"{MV}/search", {"filter": "name = 'x' AND " * 600 + "name = 'x'"}, 400),
        (f"{MV}/search", {"filter": "name = 'x'; DROP TABLE runs"}, 400),
        (f"{MV}/search", {"order_by": "name; DROP TABLE runs"}, 400),
        (f"{MV}/search", {"filter": "name = '\0'"}, 400),
        ("/get-artifact", {"run_id": "\0", "path": "x"}, 400),
        ("/model-versions/get-artifact", {"name": "m", "version": "1", "path": "x"}, 501),
    ],
)
def test_hostile_queries(web: httpx.Client, path: str, query: dict[str, str], status: int) -> None:
    assert web.get(path, params=query).status_code == status


@pytest.mark.parametrize("path", ["%00", "a%0ab", "%2e%2e/%2e%2e/y", "a%5C..", "%252e%252e"])
def test_hostile_artifact_paths(web: httpx.Client, path: str) -> None:
    answer = web.put(f"/api/2.0/mlflow-artifacts/artifacts/x/{path}", content=b"x")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid path")


def test_nothing_was_made(web: httpx.Client) -> None:
    found = web.get(f"{RM}/search").json()["registered_models"]
    assert [(model["name"], len(model["latest_versions"])) for model in found] == [("m", 1)]
    assert web.get(f"{MV}/search").json()["model_versions"][0]["version"] == "1"
