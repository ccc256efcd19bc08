"""``padauk server``: a tracking server that the ``mlflow`` client talks to.

It takes the flags and variables of ``mlflow server``, so that a start script needs only another program name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import InputError, UnsupportedError

F = TypeVar("F", bound="Callable[..., Any]")

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.core.settings import ServerSettings, WebhookSettings

_MEANINGLESS = {
    "gunicorn_opts": "padauk does not use gunicorn",
    "waitress_opts": "padauk does not use waitress",
    "uvicorn_opts": "padauk sets uvicorn up itself",
    "dev": "padauk has no reloading mode; -v shows more",
    "secrets_cache_ttl": "padauk keeps no gateway secrets",
    "secrets_cache_max_size": "padauk keeps no gateway secrets",
    "expose_prometheus": "metrics are always served at /metrics",
    "read_replica_backend_store_uri": "all reads go to the database of --backend-store-uri",
}
_ABSENT = {
    "app_name": "users and permissions come in a later release; keep the server on a private address",
    "enable_workspaces": "padauk has no workspaces",
    "workspace_store_uri": "padauk has no workspaces",
    "artifacts_only": "padauk serves tracking and artifacts together",
    "trace_archival_config": "padauk does not archive traces",
}


def _hidden(flag: str, **more: Any) -> Callable[[F], F]:
    variable = "MLFLOW_" + flag.removeprefix("--").replace("-", "_").upper()
    return click.option(flag, hidden=True, envvar=variable, **more)


@verb("server")
@click.option(
    "--backend-store-uri",
    metavar="URL",
    envvar=["PADAUK_DATABASE", "MLFLOW_BACKEND_STORE_URI", "MLFLOW_TRACKING_STORE_URI"],
    help="Database: sqlite:///FILE or postgresql://…  [default: sqlite:///padauk.db]",
)
@click.option(
    "--artifacts-destination",
    metavar="DIR",
    envvar=["PADAUK_OBJECTS", "MLFLOW_ARTIFACTS_DESTINATION"],
    help="Folder of the store for artifacts sent through the server.  [default: ./padauk-objects]",
)
@click.option(
    "--default-artifact-root",
    metavar="URI",
    envvar=["PADAUK_ARTIFACT_ROOT", "MLFLOW_DEFAULT_ARTIFACT_ROOT"],
    help="Where new experiments keep artifacts.  [default: mlflow-artifacts:/, through the server]",
)
@click.option(
    "--serve-artifacts/--no-serve-artifacts",
    default=True,
    envvar=["PADAUK_SERVE_ARTIFACTS", "MLFLOW_SERVE_ARTIFACTS"],
    help="Take and give artifacts through the server.  [default: yes]",
)
@click.option(
    "-h",
    "--host",
    default="127.0.0.1",
    show_default=True,
    envvar=["PADAUK_HOST", "MLFLOW_HOST"],
    help="Address to listen on; 0.0.0.0 for all networks.",
)
@click.option(
    "-p",
    "--port",
    type=int,
    default=5000,
    show_default=True,
    envvar=["PADAUK_PORT", "MLFLOW_PORT"],
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--allowed-hosts",
    metavar="HOSTS",
    envvar=["PADAUK_ALLOWED_HOSTS", "MLFLOW_SERVER_ALLOWED_HOSTS"],
    help="Host names to answer to, with commas and wildcards.  [default: this machine, private networks]",
)
@click.option(
    "--cors-allowed-origins",
    metavar="ORIGINS",
    envvar=["PADAUK_CORS_ALLOWED_ORIGINS", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"],
    help="Other web origins that may change things from a browser.",
)
@click.option(
    "--disable-security-middleware",
    is_flag=True,
    envvar="MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE",
    help="Answer to every host and origin.",
)
@click.option(
    "--x-frame-options",
    metavar="VALUE",
    default="SAMEORIGIN",
    envvar="MLFLOW_SERVER_X_FRAME_OPTIONS",
    help="SAMEORIGIN, DENY or NONE.  [default: SAMEORIGIN]",
)
@click.option(
    "--static-prefix",
    metavar="PATH",
    default="",
    envvar=["PADAUK_STATIC_PREFIX", "MLFLOW_STATIC_PREFIX"],
    help="Serve everything below this path.",
)
@click.option(
    "--durable",
    is_flag=True,
    envvar="PADAUK_DURABLE",
    help="Flush each commit to the disk: survives a power cut too, and logs slower.",
)
@click.option(
    "-w",
    "--workers",
    type=click.IntRange(1),
    envvar=["PADAUK_WORKERS", "MLFLOW_WORKERS"],
    help="Processes that answer, with PostgreSQL.  [default: 1]",
)
@click.option(
    "--read-only",
    is_flag=True,
    envvar="PADAUK_READ_ONLY",
    help="Answer, and refuse every change with 403.",
)
@click.option(
    "--access-log",
    is_flag=True,
    envvar="PADAUK_ACCESS_LOG",
    help="Write each request to stderr as a line of JSON, and answer with its x-request-id.",
)
@_hidden("--registry-store-uri")
@_hidden("--read-replica-backend-store-uri")
@_hidden("--gunicorn-opts")
@_hidden("--waitress-opts")
@_hidden("--uvicorn-opts")
@_hidden("--dev", is_flag=True)
@_hidden("--app-name")
@_hidden("--artifacts-only", is_flag=True)
@_hidden("--expose-prometheus")
@_hidden("--trace-archival-config")
@_hidden("--secrets-cache-ttl")
@_hidden("--secrets-cache-max-size")
@_hidden("--workspace-store-uri")
@_hidden("--enable-workspaces/--disable-workspaces", default=False)
def command(app: App, host: str, port: int, **flags: Any) -> None:
    """Serve experiments, runs, models and artifacts over MLflow's REST API."""
    from padauk.server.serve import bind, serve

    settings = settings_of(app, flags)
    if settings.access_log:
        _write_access_log()
    sock = bind(host, port)
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else f"[{host}]" if ":" in host else host  # noqa: S104
    url = f"http://{shown}:{sock.getsockname()[1]}{settings.static_prefix}"

    def ready() -> None:
        app.out.data(
            {"url": url, "pid": os.getpid(), "database": settings.database, "objects": settings.objects}
        )
        app.out.print(f"{app.out.style('padauk server', 'name')} on {app.out.style(url, 'good')}")
        app.out.print(f"  database   {_without_password(settings.database)}")
        if settings.serve_artifacts:
            app.out.print(f"  artifacts  {settings.objects}")
        if settings.artifact_root != "mlflow-artifacts:/":
            app.out.print(f"  new experiments keep artifacts under {settings.artifact_root}")
        if settings.read_only:
            app.out.print("  read-only: changes are refused")
        app.out.print(f"\n  export MLFLOW_TRACKING_URI={url}\n")
        app.out.note("Ctrl-C stops it.")

    workers = flags["workers"] or 1
    if workers == 1 or settings.database.startswith("sqlite"):
        serve(settings, sock, ready=ready)
        return
    from padauk.server.workers import supervise
    from padauk.workspace.service import Service

    Service(settings).close()  # what is wrong with the database is said once
    ready()
    code = supervise(workers, lambda: serve(settings, sock))
    if code:
        raise click.exceptions.Exit(code)


def _write_access_log() -> None:
    import logging

    log = logging.getLogger("padauk.access")
    log.addHandler(logging.StreamHandler())  # the message is the whole line
    log.setLevel(logging.INFO)
    log.propagate = False


def settings_of(app: App, flags: dict[str, Any]) -> ServerSettings:
    """The flags as settings; what means nothing here is named.

    Raises:
        UnsupportedError: a flag asks for what padauk does not have, and leaving it out would be unsafe.
        InputError: flags contradict each other.
    """
    from padauk.core.settings import ServerSettings
    from padauk.tracking.uris import absolute

    for flag, why in _ABSENT.items():
        if flags[flag]:
            raise UnsupportedError(f"--{flag.replace('_', '-')}: {why}")
    for flag, why in _MEANINGLESS.items():
        if flags[flag]:
            app.out.note(f"--{flag.replace('_', '-')} means nothing here: {why}")
    database = flags["backend_store_uri"] or "sqlite:///padauk.db"
    if "://" not in database or database.startswith("file:"):
        raise UnsupportedError(
            f"{database!r} is a file store, which MLflow gave up too", hint="use sqlite:///path/to/file.db"
        )
    if (flags["workers"] or 1) > 1 and database.startswith("sqlite"):
        app.out.note("--workers means nothing with SQLite: one process serves it")
    registry = flags["registry_store_uri"]
    if registry and registry != database:
        raise UnsupportedError(
            "--registry-store-uri: runs and models are kept in one database",
            hint="give only --backend-store-uri",
        )
    serves = flags["serve_artifacts"]
    root = flags["default_artifact_root"]
    root = absolute(root or "./mlruns") if root or not serves else "mlflow-artifacts:/"
    if root.startswith("mlflow-artifacts:") and not serves:
        raise InputError(
            "--no-serve-artifacts leaves nobody to keep mlflow-artifacts:/",
            hint="give --default-artifact-root a folder or bucket",
        )
    everyone = flags["disable_security_middleware"]
    hosts = _split(flags["allowed_hosts"])
    frame = flags["x_frame_options"].upper()
    prefix = flags["static_prefix"].strip("/")
    return ServerSettings(
        database=database,
        objects=_folder(flags["artifacts_destination"] or "padauk-objects"),
        artifact_root=root,
        serve_artifacts=serves,
        durable=flags["durable"],
        allowed_hosts=("*",) if everyone else hosts or None,
        allowed_origins=("*",) if everyone else _split(flags["cors_allowed_origins"]),
        frame_options=None if everyone or frame == "NONE" else frame,
        static_prefix=f"/{prefix}" if prefix else "",
        webhooks=_webhooks(),
        read_only=flags["read_only"],
        access_log=flags["access_log"],
    )


def _webhooks() -> WebhookSettings:
    """How webhooks are told: variables only, as with MLflow."""
    from padauk.core.settings import WebhookSettings

    def variable(name: str, default: str) -> str:
        return os.environ.get(f"PADAUK_WEBHOOK_{name}") or os.environ.get(f"MLFLOW_WEBHOOK_{name}") or default

    try:
        timeout, retries, workers = (
            float(variable("REQUEST_TIMEOUT", "30")),
            int(variable("REQUEST_MAX_RETRIES", "3")),
            int(variable("DELIVERY_MAX_WORKERS", "10")),
        )
    except ValueError as error:
        raise InputError(f"a PADAUK_WEBHOOK_… or MLFLOW_WEBHOOK_… variable is no number: {error}") from error
    return WebhookSettings(
        schemes=_split(variable("ALLOWED_SCHEMES", "https")),
        private=variable("ALLOW_PRIVATE_IPS", "").lower() in {"1", "true", "yes"},
        key=os.environ.get("PADAUK_WEBHOOK_KEY") or os.environ.get("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"),
        timeout=timeout,
        retries=max(0, retries),
        workers=max(1, workers),
    )


def _folder(destination: str) -> str:
    path = destination.removeprefix("file://") if destination.startswith("file://") else destination
    if "://" in path:
        raise UnsupportedError(
            f"artifacts cannot be kept at {destination} yet",
            hint="give --artifacts-destination a local folder",
        )
    return path


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    if not at or "://" not in head:
        return url
    scheme, _, login = head.partition("://")
    return f"{scheme}://{login.partition(':')[0]}@{tail}"
