"""The same requests against padauk and against an unmodified ``mlflow server``."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from padauk.testing.servers import ServerProcess, mlflow_server, padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMES = {
    "creation_time",
    "last_update_time",
    "creation_timestamp",
    "last_updated_timestamp",
    "creation_timestamp_ms",
    "last_updated_timestamp_ms",
}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def padauk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A padauk server for the session, on each database."""
    flags = []
    if request.param == "postgresql":
        flags = ["--backend-store-uri", request.getfixturevalue("postgres").new_database()]
    with padauk_server(tmp_path_factory.mktemp("padauk"), *flags) as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """An mlflow server for the session."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder, "--backend-store-uri", "sqlite:///mlflow.db") as server:
        yield server


@dataclass
class Answer:
    """An answer: its status and its JSON (or text)."""

    status: int
    body: Any

    def __getitem__(self, key: str) -> Any:
        return self.body[key]


@dataclass
class Api:
    """Sends requests to one server, and remembers what was seen with ids in one form.

    ``name(value, label)`` makes ``value`` appear as ``label``: what two servers answered can be compared.
    """

    url: str
    seen: list[Any] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: Any = None, *, raw: bytes | None = None, version: str = "2.0") -> Answer:
        data = raw if raw is not None else json.dumps(body or {}).encode()
        return self.send("POST", f"/api/{version}/mlflow/{path}", data)

    def get(self, path: str, *pairs: tuple[str, Any], ajax: bool = False, **query: Any) -> Answer:
        text = urlencode([*pairs, *query.items()], doseq=True)
        prefix = "/ajax-api" if ajax else "/api"
        return self.send("GET", f"{prefix}/2.0/mlflow/{path}?{text}", None)

    def send(self, method: str, path: str, data: bytes | None, **headers: str) -> Answer:
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, content = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        try:
            body = json.loads(content)
        except ValueError:
            body = content.decode("utf-8", "replace")
        return Answer(status, body)

    def name(self, value: str, label: str) -> str:
        self.labels[value] = label
        return value

    def see(self, what: Any) -> None:
        """Remember what a person or client would see of an answer."""
        if isinstance(what, Answer):
            body = what.body
            if what.status >= 400 and isinstance(body, dict):
                body = {"error_code": body.get("error_code")}
            what = (what.status, body)
        self.seen.append(self._scrub(what))

    def see_error(self, answer: Answer) -> None:
        """As ``see``, with the message, where it is part of the contract."""
        assert answer.status >= 400, answer
        self.seen.append(self._scrub((answer.status, answer["error_code"], answer["message"])))

    def experiment(self, name: str, **more: Any) -> str:
        made = self.post("experiments/create", {"name": name, **more})
        return self.name(made["experiment_id"], f"<{name}>")

    def run(self, experiment: str, label: str = "run", **more: Any) -> str:
        made = self.post(
            "runs/create", {"experiment_id": experiment, "start_time": 1000, "run_name": label, **more}
        )
        return self.name(made["run"]["info"]["run_id"], f"<{label}>")

    def _scrub(self, value: Any, key: str = "experiment") -> Any:
        if isinstance(value, dict):
            found = {key: self._scrub(item, key) for key, item in value.items() if key not in _TIMES}
            return {key: item for key, item in found.items() if item not in ({}, [])}
        if isinstance(value, list | tuple):
            items = [self._scrub(item, key) for item in value]
            keyed = all(isinstance(item, dict) and "key" in item for item in items)
            # the order of keys is nobody's contract; that of a history is
            if keyed and len({item["key"] for item in items}) == len(items):
                items.sort(key=lambda item: item["key"])
            return items
        if isinstance(value, str):
            # an experiment's number is a short text that others may hold too
            if value in self.labels and (len(value) >= 16 or "experiment" in key):
                return self.labels[value]
            for known, label in self.labels.items():
                if len(known) >= 16:
                    value = value.replace(known, label)
            return re.sub(r"(mlflow-artifacts:/(?:/[^/]+/)?|The experiment )\d+", r"\1<number>", value)
        return value
