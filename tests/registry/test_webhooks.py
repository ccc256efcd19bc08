"""Webhooks (point 61): who is told, of what, signed how, and which addresses are never asked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from padauk.core.errors import InputError, PermissionDeniedError
from padauk.core.settings import WebhookSettings
from padauk.registry.outbound import check_url, is_public
from padauk.registry.sealing import Sealer
from padauk.registry.webhooks import EXAMPLES
from padauk.testing.servers import padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "/api/2.0/mlflow"


class Listener(ThreadingHTTPServer):
    """A server on loopback that keeps what it is told, and answers with ``statuses`` in turn, then 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.statuses: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    def next(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told.get(timeout=30)[1])
        return found


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.put(({key.lower(): value for key, value in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("webhooks")


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[httpx.Client]:
    """A server that may tell this machine, as only tests and closed networks may."""
    env = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    with (
        padauk_server(folder, env=env) as server,
        httpx.Client(base_url=f"{server.url}{API}", timeout=60) as client,
    ):
        yield client


def event(name: str) -> dict[str, str]:
    entity, action = name.upper().split(".")
    return {"entity": entity, "action": action}


def make(web: httpx.Client, url: str, *events: str, **more: Any) -> str:
    asked = {"name": "hook", "url": url, "events": [event(name) for name in events], **more}
    answer = web.post("/webhooks", json=asked)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["webhook"]["webhook_id"]
    return found


def post(web: httpx.Client, path: str, **body: Any) -> Any:
    answer = web.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_point_61_a_delivery_is_signed(web: httpx.Client, listener: Listener, folder: Path) -> None:
    hook = make(web, listener.url, "registered_model.created", secret="s3cret")
    post(web, "/registered-models/create", name="signed", description="d", tags=[{"key": "a", "value": "b"}])
    headers, body = listener.told.get(timeout=30)
    told = json.loads(body)
    assert (told["entity"], told["action"]) == ("registered_model", "created")
    assert told["data"] == {"name": "signed", "tags": {"a": "b"}, "description": "d"}
    signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.".encode() + body
    digest = hmac.new(b"s3cret", signed, hashlib.sha256).digest()
    assert headers["x-mlflow-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert b"s3cret" not in (folder / "padauk.db").read_bytes() + (folder / "padauk.db-wal").read_bytes()
    assert "s3cret" not in web.get(f"/webhooks/{hook}").text
    key = folder / "padauk.db.webhook-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    web.delete(f"/webhooks/{hook}")


def test_point_61_every_event_is_told_to_who_asked(web: httpx.Client, listener: Listener) -> None:
    names = [name for name in EXAMPLES if name != "registered_model.created"]
    hook = make(web, listener.url, *names)
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    text = [*prompt, {"key": "mlflow.prompt.text", "value": "Hi"}, {"key": "lang", "value": "en"}]
    seen: dict[str, Any] = {}

    def collect() -> None:
        told = listener.next()
        seen[f"{told['entity']}.{told['action']}"] = told["data"]

    for name, tags, version_tags in (
        ("told", [], []),
        ("told-prompt", [*prompt, {"key": "k", "value": "v"}], text),
    ):
        source = "dummy-source" if tags else "s3://bucket/m"
        post(web, "/registered-models/create", name=name, tags=tags)
        if tags:
            collect()
        post(web, "/model-versions/create", name=name, source=source, tags=version_tags, description="d")
        collect()
        post(web, "/model-versions/set-tag", name=name, version="1", key="a", value="b")
        collect()
        post(web, "/registered-models/alias", name=name, version="1", alias="best")
        collect()
        post(web, "/registered-models/set-tag", name=name, key="x", value="y")
        if tags:
            collect()
        for method, body in (
            ("model-versions/delete-tag", {"version": "1", "key": "a"}),
            ("registered-models/alias", {"alias": "best"}),
        ):
            assert web.request("DELETE", f"/{method}", json={"name": name, **body}).status_code == 200
            collect()
        web.request("DELETE", "/registered-models/delete-tag", json={"name": name, "key": "x"})
        if tags:
            collect()
    model = {"name": "told"}
    greeting = {"name": "told-prompt"}
    assert seen == {
        "model_version.created": {
            **model,
            "version": "1",
            "source": "s3://bucket/m",
            "run_id": None,
            "tags": {},
            "description": "d",
        },
        "model_version_tag.set": {**model, "version": "1", "key": "a", "value": "b"},
        "model_version_tag.deleted": {**model, "version": "1", "key": "a"},
        "model_version_alias.created": {**model, "version": "1", "alias": "best"},
        "model_version_alias.deleted": {**model, "alias": "best"},
        "prompt.created": {**greeting, "tags": {"k": "v"}, "description": ""},
        "prompt_version.created": {
            **greeting,
            "version": "1",
            "template": "Hi",
            "tags": {"lang": "en"},
            "description": "d",
        },
        "prompt_tag.set": {**greeting, "key": "x", "value": "y"},
        "prompt_tag.deleted": {**greeting, "key": "x"},
        "prompt_version_tag.set": {**greeting, "version": "1", "key": "a", "value": "b"},
        "prompt_version_tag.deleted": {**greeting, "version": "1", "key": "a"},
        "prompt_alias.created": {**greeting, "version": "1", "alias": "best"},
        "prompt_alias.deleted": {**greeting, "alias": "best"},
    }
    web.delete(f"/webhooks/{hook}")


def test_what_failed_and_who_is_disabled_is_not_told(web: httpx.Client, listener: Listener) -> None:
    off = make(web, listener.url, "registered_model.created", status="DISABLED")
    on = make(web, listener.url, "registered_model.created")
    post(web, "/registered-models/create", name="once")
    assert web.post("/registered-models/create", json={"name": "once"}).status_code == 400
    web.patch(f"/webhooks/{on}", json={"status": "DISABLED"})
    post(web, "/registered-models/create", name="unseen")
    web.patch(f"/webhooks/{on}", json={"status": "ACTIVE"})
    post(web, "/registered-models/create", name="twice")
    assert sorted(listener.next()["data"]["name"] for _ in range(2)) == ["once", "twice"]
    assert listener.told.empty()
    for hook in (on, off):
        web.delete(f"/webhooks/{hook}")


def test_a_delivery_is_tried_again(web: httpx.Client, listener: Listener) -> None:
    hook = make(web, listener.url, "registered_model.created")
    listener.statuses = [503]
    post(web, "/registered-models/create", name="patient")
    first, second = listener.next(), listener.next()
    assert first == second
    web.delete(f"/webhooks/{hook}")


def test_a_test_call_says_what_came_of_it(web: httpx.Client, listener: Listener) -> None:
    hook = make(web, listener.url, "model_version.created")
    result = post(web, f"/webhooks/{hook}/test")["result"]
    assert result == {"success": True, "response_status": 200, "response_body": "thanks"}
    assert listener.next()["data"]["source"] == "models:/123"
    listener.statuses = [404]
    result = post(web, f"/webhooks/{hook}/test", event=event("prompt.created"))["result"]
    assert result == {"success": False, "response_status": 404, "response_body": "thanks"}
    assert listener.next()["data"]["name"] == "example_prompt"
    web.delete(f"/webhooks/{hook}")


def test_life_of_a_webhook(web: httpx.Client, listener: Listener) -> None:
    ids = [make(web, listener.url, "prompt.created", description=str(n)) for n in range(3)]
    page = web.get("/webhooks", params={"max_results": 2}).json()
    rest = web.get("/webhooks", params={"max_results": 2, "page_token": page["next_page_token"]}).json()
    assert [hook["webhook_id"] for hook in page["webhooks"] + rest["webhooks"]] == ids[::-1]
    changed = web.patch(
        f"/webhooks/{ids[0]}",
        json={"name": "new", "events": [event("prompt.created"), event("model_version.created")]},
    ).json()["webhook"]
    assert (changed["name"], changed["description"], changed["status"]) == ("new", "0", "ACTIVE")
    assert changed["events"] == [event("model_version.created"), event("prompt.created")]
    for hook in ids:
        assert web.delete(f"/webhooks/{hook}").status_code == 200
    assert web.get(f"/webhooks/{ids[0]}").json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert web.get("/webhooks").json() == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "-x"}, "Webhook name '-x' is invalid"),
        ({"name": ""}, "Missing value for required parameter 'name'"),
        ({"url": "ftp://example.com"}, "Invalid webhook URL scheme: 'ftp'"),
        ({"url": "http://user:word@127.0.0.1/"}, "must not include embedded credentials"),
        ({"url": "http:///x"}, "must include a hostname"),
        ({"events": []}, "Webhook events must be a non-empty list"),
        (
            {"events": [{"entity": "PROMPT", "action": "DELETED"}]},
            "Invalid action 'deleted' for entity 'prompt'",
        ),
        ({"events": [{"entity": "NOBODY", "action": "SET"}]}, "Unknown webhook entity"),
        ({"status": "SLEEPY"}, "Unknown webhook status"),
    ],
)
def test_what_is_refused(web: httpx.Client, change: dict[str, Any], message: str) -> None:
    asked = {"name": "hook", "url": "http://127.0.0.1/", "events": [event("prompt.created")], **change}
    answer = web.post("/webhooks", json=asked)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:192.168.1.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://0.0.0.0/",
        "https://0x7f.1/",
        "http://93.184.216.34/",
    ],
)
def test_point_61_private_addresses_are_never_asked(url: str) -> None:
    with pytest.raises(InputError, match=r"non-public|scheme|Cannot resolve"):
        check_url(url, WebhookSettings())


def test_public_addresses_pass() -> None:
    check_url("https://93.184.216.34/x", WebhookSettings())
    assert is_public("2606:2800:220:1::1")
    assert not is_public("100.64.0.1")
    assert not is_public("nonsense")


def test_a_secret_opens_with_its_own_key_only(tmp_path: Path) -> None:
    one, two = Sealer(None, str(tmp_path / "one")), Sealer(None, str(tmp_path / "two"))
    sealed = one.seal("secret")
    assert "secret" not in sealed
    assert Sealer(None, str(tmp_path / "one")).open(sealed) == "secret"
    two.seal("x")
    with pytest.raises(PermissionDeniedError, match="another key"):
        two.open(sealed)
    with pytest.raises(InputError, match="no key to keep secrets"):
        Sealer(None, None).seal("secret")
    with pytest.raises(InputError, match="no Fernet key"):
        Sealer("short", None).seal("secret")
