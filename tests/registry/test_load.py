"""Many clients on the same models and artifacts at once; on PostgreSQL through two servers."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
CLIENTS, ROUNDS = 16, 8


@pytest.fixture
def servers(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    folder = tmp_path_factory.mktemp("load")
    flags = ("--backend-store-uri", database_url)
    with ExitStack() as stack:
        first = stack.enter_context(padauk_server(folder, *flags))
        urls = [first.url]
        if database_url.startswith("postgresql"):
            urls.append(stack.enter_context(padauk_server(folder, *flags)).url)
        yield urls


def test_nothing_is_lost_doubled_or_deadlocked(servers: list[str]) -> None:
    with httpx.Client(base_url=servers[0], timeout=60) as web:
        web.post(f"{API}/registered-models/create", json={"name": "busy"})
    bodies = [bytes([letter]) * 1000 for letter in range(4)]

    def work(number: int) -> tuple[list[int], list[tuple[int, str]]]:
        chance = random.Random(number)
        made: list[int] = []
        failed: list[tuple[int, str]] = []

        def send(method: str, path: str, expected: tuple[int, ...] = (200,), **more: Any) -> httpx.Response:
            answer = web.request(method, path, **more)
            if answer.status_code not in expected:
                failed.append((answer.status_code, answer.text[:200]))
            return answer

        with httpx.Client(base_url=servers[number % len(servers)], timeout=60) as web:
            for turn in range(ROUNDS):
                asked = {
                    "name": "busy",
                    "source": "s3://bucket/m",
                    "tags": [{"key": "by", "value": str(number)}],
                }
                answer = send("POST", f"{API}/model-versions/create", json=asked)
                version = answer.json().get("model_version", {}).get("version", "0")
                made.append(int(version))
                one = {"name": "busy", "version": version}
                send(
                    "POST", f"{API}/registered-models/alias", json={**one, "alias": f"a{chance.randrange(3)}"}
                )
                send("POST", f"{API}/model-versions/set-tag", json={**one, "key": "k", "value": str(turn)})
                send(
                    "POST",
                    f"{API}/registered-models/set-tag",
                    json={"name": "busy", "key": "k", "value": version},
                )
                if chance.random() < 0.3:
                    asked = {**one, "stage": "Production", "archive_existing_versions": True}
                    send("POST", f"{API}/model-versions/transition-stage", json=asked)
                if chance.random() < 0.2:
                    send("DELETE", f"{API}/model-versions/delete", json=one)
                send("GET", f"{API}/registered-models/get", params={"name": "busy"})
                send(
                    "GET",
                    f"{API}/registered-models/alias",
                    (200, 400),
                    params={"name": "busy", "alias": "a1"},
                )
                send("GET", f"{API}/model-versions/search", params={"filter": f"tags.by = '{number}'"})
                body = chance.choice(bodies)
                path = f"{PROXY}/shared/{chance.randrange(5)}"
                send("PUT", path, content=body)
                if (got := send("GET", path).content) not in bodies:
                    failed.append((0, f"torn artifact {got[:20]!r}"))
        return made, failed

    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = list(pool.map(work, range(CLIENTS)))
    assert [failure for _, failures in outcomes for failure in failures] == []
    assert sorted(number for made, _ in outcomes for number in made) == list(range(1, CLIENTS * ROUNDS + 1))
    with httpx.Client(base_url=servers[-1], timeout=60) as web:
        model = web.get(f"{API}/registered-models/get", params={"name": "busy"}).json()["registered_model"]
        live = {
            int(version["version"])
            for version in web.get(f"{API}/model-versions/search").json()["model_versions"]
        }
        assert {int(alias["version"]) for alias in model["aliases"]} <= live
        stages = [version["current_stage"] for version in model["latest_versions"]]
        assert len(stages) == len(set(stages))
        assert len(web.get(PROXY, params={"path": "shared"}).json()["files"]) == 5
