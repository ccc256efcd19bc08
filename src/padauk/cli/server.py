"""``padauk server``: a tracking server that the ``mlflow`` client talks to."""

from __future__ import annotations

import click

from padauk.cli.frame import App, verb


@verb("server")
@click.option("--backend-store-uri", metavar="URL", envvar=["PADAUK_DATABASE", "MLFLOW_BACKEND_STORE_URI"])
@click.option("-h", "--host", default="127.0.0.1", show_default=True, envvar=["PADAUK_HOST", "MLFLOW_HOST"])
@click.option(
    "-p", "--port", type=int, default=5000, show_default=True, envvar=["PADAUK_PORT", "MLFLOW_PORT"]
)
def command(app: App, backend_store_uri: str | None, host: str, port: int) -> None:
    """Serve experiments, runs, models and artifacts over MLflow's REST API."""
    from padauk.core.settings import ServerSettings
    from padauk.server.serve import bind, serve

    settings = ServerSettings(database=backend_store_uri or "sqlite:///padauk.db")
    sock = bind(host, port)
    url = f"http://{host}:{sock.getsockname()[1]}"
    serve(settings, sock, ready=lambda: app.out.print(f"padauk serves on {url}"))
