"""A small typed client of MLflow's REST API, with short and bounded patience.

It talks to any server that speaks the API: padauk's own, or an unmodified ``mlflow server``. Calls that may
be repeated without harm are retried a few times; the making of a run or an experiment is repeated only when
it certainly never reached the server, so a lost answer never makes two of a thing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from padauk.client import wire
from padauk.client.failures import check_answer, unreachable
from padauk.core.errors import AlreadyExistsError, ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    import httpx

    from padauk.core.settings import TrackingSettings

T = TypeVar("T")
P = TypeVar("P", bound=wire.Page)

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
MAX_METRICS, MAX_OTHERS = 1000, 100  # entries that one log-batch may carry (MLflow's limits)


@dataclass(frozen=True)
class Patience:
    """How long a call waits: seconds to connect, seconds for each read, and how often it tries."""

    connect: float = 3.0
    read: float = 30.0
    attempts: int = 3
    pause: float = 0.2


class TrackingClient:
    """Calls one tracking server. Use it as a context manager, or call :meth:`close`. Thread-safe.

    Args:
        settings: URL and credentials of the server.
        patience: time-outs and number of attempts.

    Attributes:
        uri: the server's URL, no slash at its end.
        name: the same without credentials: what may be shown and kept.

    Raises:
        InputError: ``settings.uri`` is no ``http(s)://`` URL.
    """

    def __init__(self, settings: TrackingSettings, *, patience: Patience | None = None) -> None:
        import httpx

        self.patience = patience or Patience()
        self.uri = checked_uri(settings.uri)
        self.name = redacted(self.uri)
        headers = {"User-Agent": "padauk"}
        auth = None
        if settings.token:
            headers["Authorization"] = f"Bearer {settings.token}"
        elif settings.username:
            auth = httpx.BasicAuth(settings.username, settings.password or "")
        self._http = httpx.Client(
            base_url=self.uri,
            headers=headers,
            auth=auth,
            timeout=httpx.Timeout(self.patience.read, connect=self.patience.connect),
        )
        self._extensions: bool | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- any call -------------------------------------------------------------------------------------------

    def get(self, path: str, shape: type[T], params: Mapping[str, Any] | None = None) -> T:
        """``GET`` a JSON answer of the given type; ``params`` with value ``None`` are left out."""
        query = {key: value for key, value in (params or {}).items() if value is not None}
        return _decode(self._send("GET", path, params=query), shape)

    def post(
        self,
        path: str,
        shape: type[T],
        body: Mapping[str, Any],
        *,
        repeatable: bool = True,
        method: str = "POST",
    ) -> T:
        """Send a JSON body; ``repeatable`` says whether a lost answer may be answered by sending it again."""
        content = msgspec.json.encode({key: value for key, value in body.items() if value is not None})
        headers = {"Content-Type": "application/json"}
        return _decode(
            self._send(method, path, content=content, headers=headers, repeatable=repeatable), shape
        )

    def _send(self, method: str, path: str, *, repeatable: bool = True, **request: Any) -> httpx.Response:
        import httpx

        for attempt in range(1, self.patience.attempts + 1):
            last = attempt == self.patience.attempts
            try:
                response = self._http.request(method, path, **request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                # nothing listens there: waiting will not help unless the server is just starting
                if last:
                    raise unreachable(self.uri, error) from error
            except httpx.TransportError as error:
                if last or not repeatable:
                    raise unreachable(self.uri, error) from error
            except (httpx.InvalidURL, ValueError) as error:
                raise InputError(f"{self.uri!r}: {error}") from error
            else:
                busy = response.status_code in (429, 502, 503, 504)
                if last or not busy or not (repeatable or response.status_code == 429):
                    check_answer(response, self.uri)
                    return response
            time.sleep(self.patience.pause * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    # -- the server -----------------------------------------------------------------------------------------

    def has_extensions(self) -> bool:
        """Whether the server is padauk's own and answers ``/api/v1`` (asked once)."""
        if self._extensions is None:
            try:
                answer = self.get("/api/v1/info", dict[str, Any])
                self._extensions = "padauk" in answer
            except (NotFoundError, InputError, ConflictError):
                self._extensions = False
        return self._extensions

    # -- experiments ----------------------------------------------------------------------------------------

    def experiment_by_name(self, name: str) -> wire.Experiment | None:
        """The experiment of that name, deleted ones too; ``None`` when there is none."""
        try:
            answer = self.get(
                f"{API}/experiments/get-by-name", wire.ExperimentAnswer, {"experiment_name": name}
            )
        except NotFoundError:
            return None
        return answer.experiment

    def experiment(self, experiment_id: str) -> wire.Experiment:
        """The experiment with that id."""
        answer = self.get(f"{API}/experiments/get", wire.ExperimentAnswer, {"experiment_id": experiment_id})
        return answer.experiment

    def experiments(self, where: str | None = None) -> Iterator[wire.Experiment]:
        """All active experiments, newest first."""
        body = {"max_results": 1000, "filter": where}
        for page in self._pages(f"{API}/experiments/search", wire.ExperimentPage, body):
            yield from page.experiments

    def ensure_experiment(self, name: str) -> str:
        """The id of the experiment of that name, made when it is not there.

        Raises:
            ConflictError: it exists, but is deleted.
        """
        found = self.experiment_by_name(name)
        if found is None:
            try:
                body = {"name": name}
                made = self.post(f"{API}/experiments/create", wire.ExperimentId, body, repeatable=False)
                return made.experiment_id
            except AlreadyExistsError:  # somebody was quicker
                found = self.experiment_by_name(name)
        if found is None or found.lifecycle_stage != "active":
            raise ConflictError(
                f"experiment {name!r} is deleted on {self.uri}",
                hint="restore it there, or set another name: padauk config tracking.experiment NAME",
            )
        return found.experiment_id

    # -- runs -----------------------------------------------------------------------------------------------

    def create_run(
        self, experiment_id: str, *, name: str, start_time: int, tags: Mapping[str, str], user: str = ""
    ) -> wire.Run:
        """Make a run; never repeated after a lost answer (look for one of its tags before trying again)."""
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": start_time,
            "user_id": user or None,
            "tags": _pairs(tags),
        }
        return self.post(f"{API}/runs/create", wire.RunAnswer, body, repeatable=False).run

    def run(self, run_id: str) -> wire.Run:
        """The run with that id."""
        return self.get(f"{API}/runs/get", wire.RunAnswer, {"run_id": run_id}).run

    def update_run(
        self, run_id: str, *, status: str | None = None, end_time: int | None = None, name: str | None = None
    ) -> wire.RunInfo:
        """Set a run's status (RUNNING, SCHEDULED, FINISHED, FAILED, KILLED), end (ms) or name."""
        body = {"run_id": run_id, "status": status, "end_time": end_time, "run_name": name}
        return self.post(f"{API}/runs/update", wire.RunInfoAnswer, body).run_info

    def runs(
        self,
        experiment_ids: Sequence[str],
        *,
        where: str | None = None,
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[wire.Run]:
        """Active runs of these experiments that match the filter ``where``, at most ``limit``."""
        body: dict[str, Any] = {
            "experiment_ids": list(experiment_ids),
            "filter": where,
            "order_by": list(order_by) or None,
            "max_results": min(limit or 1000, 1000),
        }
        count = 0
        for page in self._pages(f"{API}/runs/search", wire.RunPage, body):
            for run in page.runs:
                yield run
                count += 1
                if count == limit:
                    return

    def stale_runs(self, run_ids: Sequence[str]) -> set[str]:
        """Which of these say that they are running while nothing is heard of them; only padauk tells."""
        if not run_ids or not self.has_extensions():
            return set()
        found = self.post("/api/v1/runs/rows", wire.RunRows, {"runs": list(run_ids)})
        return {row.id for row in found.rows if row.stale}

    def history(self, run_id: str, key: str) -> Iterator[wire.Metric]:
        """All points of one metric."""
        query = {"run_id": run_id, "metric_key": key, "max_results": 25_000}
        for page in self._pages(f"{API}/metrics/get-history", wire.MetricPage, query, method="GET"):
            yield from page.metrics

    def log_batch(
        self,
        run_id: str,
        *,
        metrics: Sequence[wire.Metric] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log any number of metrics, params and tags, in as few requests as the API's limits allow."""
        rows_params, rows_tags = _pairs(params or {}), _pairs(tags or {})
        while metrics or rows_params or rows_tags:
            body = {
                "run_id": run_id,
                "metrics": [_metric(metric) for metric in metrics[: MAX_METRICS - 2 * MAX_OTHERS]],
                "params": rows_params[:MAX_OTHERS],
                "tags": rows_tags[:MAX_OTHERS],
            }
            self.post(f"{API}/runs/log-batch", dict, body)
            metrics = metrics[MAX_METRICS - 2 * MAX_OTHERS :]
            rows_params, rows_tags = rows_params[MAX_OTHERS:], rows_tags[MAX_OTHERS:]

    def log_inputs(self, run_id: str, inputs: Sequence[wire.DatasetInput]) -> None:
        """Say which datasets a run used; saying it twice is once."""
        if inputs:
            body = {"run_id": run_id, "datasets": msgspec.to_builtins(inputs)}
            for dataset in body["datasets"]:
                dataset["dataset"] = {k: v for k, v in dataset["dataset"].items() if v is not None}
            self.post(f"{API}/runs/log-inputs", dict, body)

    # -- artifacts ------------------------------------------------------------------------------------------

    def artifacts(self, run_id: str, path: str | None = None) -> list[wire.FileInfo]:
        """The entries of one folder of a run's artifacts (default: their root)."""
        query = {"run_id": run_id, "path": path}
        pages = self._pages(f"{API}/artifacts/list", wire.FilePage, query, method="GET")
        return [entry for page in pages for entry in page.files]

    def can_upload(self, artifact_uri: str) -> bool:
        """Whether bytes for this artifact root pass through the server (else only MLflow's client can)."""
        return _proxied(artifact_uri) is not None

    def upload(self, artifact_uri: str, path: str, content: bytes | Iterable[bytes]) -> None:
        """Put one artifact at ``path`` below a run's ``artifact_uri``, through the server.

        Raises:
            InputError: the run's artifacts do not go through the server (see :meth:`can_upload`).
        """
        url = self._artifact_url(artifact_uri, path)
        self._send("PUT", url, content=content, repeatable=isinstance(content, bytes))

    def download(self, artifact_uri: str, path: str) -> bytes:
        """The bytes of one (small) artifact."""
        return self._send("GET", self._artifact_url(artifact_uri, path)).content

    def stream(self, run_id: str, path: str) -> Iterator[bytes]:
        """The bytes of one artifact of a run piece by piece, wherever the server keeps them."""
        import httpx

        query = {"run_uuid": run_id, "path": path}
        try:
            with self._http.stream("GET", "/get-artifact", params=query) as response:
                if response.status_code >= 400:
                    response.read()
                    check_answer(response, self.uri)
                yield from response.iter_bytes(1 << 20)
        except httpx.TransportError as error:
            raise unreachable(self.uri, error) from error

    def _artifact_url(self, artifact_uri: str, path: str) -> str:
        root = _proxied(artifact_uri)
        if root is None:
            raise InputError(f"artifacts under {artifact_uri} do not pass through the tracking server")
        return f"{ARTIFACTS}/{quote(f'{root}/{path}'.strip('/'))}"

    # -- models ---------------------------------------------------------------------------------------------

    def logged_model(self, model_id: str) -> wire.LoggedModel:
        """The logged model with that id (``m-…``)."""
        return self.get(f"{API}/logged-models/{quote(model_id, safe='')}", wire.LoggedModelAnswer).model

    def logged_models(
        self, experiment_ids: Sequence[str], where: str | None = None
    ) -> list[wire.LoggedModel]:
        """The logged models of these experiments."""
        body = {"experiment_ids": list(experiment_ids), "filter": where, "max_results": 100}
        pages = self._pages(f"{API}/logged-models/search", wire.LoggedModelPage, body)
        return [model for page in pages for model in page.models]

    def model_version(self, name: str, version: str) -> wire.ModelVersion:
        """One version of a registered model."""
        query = {"name": name, "version": version}
        return self.get(f"{API}/model-versions/get", wire.VersionAnswer, query).model_version

    def model_version_by_alias(self, name: str, alias: str) -> wire.ModelVersion:
        """The version that an alias stands for (MLflow says INVALID_PARAMETER_VALUE for an unknown one)."""
        query = {"name": name, "alias": alias}
        return self.get(f"{API}/registered-models/alias", wire.VersionAnswer, query).model_version

    def model_versions(self, where: str | None = None) -> list[wire.ModelVersion]:
        """Versions of registered models that match (``run_id = '…'``, ``name = '…'``)."""
        query = {"filter": where, "max_results": 1000}
        pages = self._pages(f"{API}/model-versions/search", wire.VersionPage, query, method="GET")
        return [version for page in pages for version in page.model_versions]

    def registered_model(self, name: str) -> wire.RegisteredModel:
        """A registered model with its aliases."""
        answer = self.get(f"{API}/registered-models/get", wire.RegisteredAnswer, {"name": name})
        return answer.registered_model

    def registered_models(self) -> list[wire.RegisteredModel]:
        """All registered models."""
        pages = self._pages(f"{API}/registered-models/search", wire.RegisteredPage, {}, method="GET")
        return [model for page in pages for model in page.registered_models]

    def _pages(self, path: str, shape: type[P], body: dict[str, Any], *, method: str = "POST") -> Iterator[P]:
        token: str | None = None
        while True:
            request = {**body, "page_token": token}
            page = self.get(path, shape, request) if method == "GET" else self.post(path, shape, request)
            yield page
            token = page.next_page_token
            if not token:
                return


def checked_uri(uri: str | None) -> str:
    """``uri`` without a slash at its end.

    Raises:
        InputError: it is no URL of a server.
    """
    if not uri:
        raise InputError("no tracking server is set", hint="padauk config tracking.uri http://…")
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InputError(
            f"{redacted(uri)!r} is not the URL of a tracking server",
            hint="it looks like http://127.0.0.1:5000; 'padauk server' starts one",
        )
    return uri.rstrip("/")


def redacted(uri: str) -> str:
    """``uri`` as it may be shown: without user name and password."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else uri


def _proxied(artifact_uri: str) -> str | None:
    """The path below the server's artifact root, or ``None`` when bytes do not go through the server."""
    parts = urlsplit(artifact_uri)
    if parts.scheme == "mlflow-artifacts":
        return parts.path.strip("/")
    if parts.scheme in ("http", "https") and ARTIFACTS in parts.path:
        return parts.path.partition(ARTIFACTS)[2].strip("/")
    return None


def _decode(response: httpx.Response, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(response.content or b"{}", type=shape, strict=False)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        url = redacted(str(response.request.url))
        raise InputError(f"{url} did not answer as a tracking server does: {error}") from error


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _metric(metric: wire.Metric) -> dict[str, Any]:
    value = metric.value
    # protobuf's JSON has no other way to say it
    special = "NaN" if value != value else {float("inf"): "Infinity", float("-inf"): "-Infinity"}.get(value)
    return {**msgspec.structs.asdict(metric), "value": special or value}
