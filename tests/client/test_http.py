"""The REST client: patience, errors in words, and servers that are no tracking servers."""

from __future__ import annotations

import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from padauk.client import TrackingClient, wire
from padauk.client.http import Patience, redacted
from padauk.core import errors
from padauk.core.settings import TrackingSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.core.errors import PadaukError

QUICK = Patience(connect=5, read=60, attempts=3, pause=0.01)


class Scripted(ThreadingHTTPServer):
    """Answers each request with the next (status, content type, body) of a script; the last one for ever."""

    def __init__(self) -> None:
        self.script: list[tuple[int, str, bytes]] = []
        self.heard: list[tuple[str, str, dict[str, str]]] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                scripted.heard.append((self.command, self.path, dict(self.headers)))
                script = scripted.script
                status, kind, body = script.pop(0) if len(script) > 1 else script[0]
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A server that says what a test wants."""
    with Scripted() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def client(url: str, **settings: str) -> TrackingClient:
    return TrackingClient(TrackingSettings(uri=url, **settings), patience=QUICK)


BUSY = (503, "text/plain", b"busy")
RUN = (200, "application/json", b'{"run": {"info": {"run_id": "r1", "start_time": "17"}}}')


def test_a_busy_server_is_asked_again(scripted: Scripted) -> None:
    scripted.script = [BUSY, BUSY, RUN]
    with client(scripted.url) as calls:
        assert calls.run("r1").info.start_time == 17  # int64 may be a string
    assert len(scripted.heard) == 3


def test_and_not_for_ever(scripted: Scripted) -> None:
    scripted.script = [BUSY]
    with client(scripted.url) as calls, pytest.raises(errors.UnavailableError, match="busy"):
        calls.run("r1")
    assert len(scripted.heard) == QUICK.attempts


def test_what_must_not_happen_twice_is_not_sent_twice(scripted: Scripted) -> None:
    scripted.script = [BUSY]
    with client(scripted.url) as calls, pytest.raises(errors.UnavailableError):
        calls.create_run("1", name="x", start_time=0, tags={})
    assert len(scripted.heard) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}', errors.InputError, "no"),
        (400, b'{"error_code": "RESOURCE_ALREADY_EXISTS", "message": "b"}', errors.AlreadyExistsError, "b"),
        (404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "c"}', errors.NotFoundError, "c"),
        (401, b"You are not authenticated.", errors.UnauthenticatedError, "You are not authenticated."),
        (403, b"<html>no</html>", errors.PermissionDeniedError, "forbidden"),
        (404, b"<html>no</html>", errors.NotFoundError, "not found"),
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "d"}', errors.UnavailableError, "d"),
        (418, b"", errors.PadaukError, "HTTP 418"),
    ],
)
def test_refusals_are_errors_of_ours(
    scripted: Scripted, status: int, body: bytes, kind: type[PadaukError], words: str
) -> None:
    scripted.script = [(status, "application/json", body)]
    with client(scripted.url) as calls, pytest.raises(kind) as refused:
        calls.run("r1")
    assert type(refused.value) is kind
    assert words in refused.value.message
    assert scripted.url in refused.value.message


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b'{"run": 5}', b"\xff"])
def test_a_web_site_is_no_tracking_server(scripted: Scripted, body: bytes) -> None:
    scripted.script = [(200, "text/html", body)]
    with (
        client(scripted.url) as calls,
        pytest.raises(errors.InputError, match="did not answer as"),
    ):
        calls.run("r1")
    with client(scripted.url) as calls:
        assert not calls.has_extensions()


def test_credentials_are_sent_and_never_shown(scripted: Scripted) -> None:
    scripted.script = [RUN]
    with client(scripted.url, token="t0k") as calls:
        calls.run("r1")
    with client(scripted.url, username="ana", password="pw") as calls:
        calls.run("r1")
    with client(scripted.url.replace("http://", "http://bo:pw2@")) as calls:
        calls.run("r1")
        assert (calls.name, "pw2" in calls.uri) == (scripted.url, True)
    sent = [headers["Authorization"] for _, _, headers in scripted.heard]
    assert sent == ["Bearer t0k", "Basic YW5hOnB3", "Basic Ym86cHcy"]
    assert "pw" not in repr(TrackingSettings(uri="http://x", password="pw", token="pw"))
    assert redacted("http://bo:pw2@host:1/x") == "http://host:1/x"


@pytest.mark.parametrize(
    "uri", [None, "", "databricks", "sqlite:///mlflow.db", "file:///x", "http:///nohost", "127.0.0.1:5000"]
)
def test_only_servers_have_urls(uri: str | None) -> None:
    with pytest.raises(errors.InputError):
        TrackingClient(TrackingSettings(uri=uri))


def test_any_amount_goes_in_as_many_requests_as_it_takes(url: str) -> None:
    with client(url) as calls:
        experiment = calls.ensure_experiment("amounts")
        assert calls.ensure_experiment("amounts") == experiment
        run = calls.create_run(experiment, name="big", start_time=5, tags={"a": "b"}).info
        metrics = [wire.Metric("m", float(step), step, step) for step in range(1700)]
        metrics += [wire.Metric("nan", math.nan, 1), wire.Metric("inf", math.inf, 1)]
        params = {f"p{number}": "v" for number in range(230)}
        tags = {f"t{number}": "v" for number in range(130)}
        for _ in range(2):  # again changes nothing
            calls.log_batch(run.run_id, metrics=metrics, params=params, tags=tags)
        found = calls.run(run.run_id)
        latest = {metric.key: metric.value for metric in found.data.metrics}
        assert latest["m"] == 1699
        assert math.isnan(latest["nan"])
        assert latest["inf"] > 1e308
        assert found.params == params
        assert tags.items() <= found.tags.items()
        assert [one.info.run_id for one in calls.runs([experiment], limit=5)] == [run.run_id]


def test_artifacts_and_models(own_url: str) -> None:
    with client(own_url) as calls:
        assert calls.has_extensions()
        run = calls.create_run(calls.ensure_experiment("art"), name="x", start_time=5, tags={}).info
        name = "notes/ü #1 & more?.txt".replace("#", "")
        calls.upload(run.artifact_uri, name, b"hello")
        assert calls.download(run.artifact_uri, name) == b"hello"
        assert [entry.path for entry in calls.artifacts(run.run_id, "notes")] == [name]
        assert not calls.can_upload("s3://bucket/1/x/artifacts")
        assert calls.model_versions("name = 'nothing'") == []
        assert calls.registered_models() == []
        with pytest.raises(errors.NotFoundError):
            calls.logged_model("m-" + "0" * 32)
        with pytest.raises(errors.PadaukError):
            calls.model_version_by_alias("nothing", "champion")
