"""``padauk import``: bring over what other tools keep."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import CorruptError

if TYPE_CHECKING:
    from padauk.client.importing import Report


@click.group("import", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Bring over what another tool keeps."""


@verb("mlflow")
@click.argument("source", metavar="SOURCE")
@click.option(
    "--backend-store-uri",
    metavar="URL",
    envvar=["PADAUK_DATABASE"],
    default="sqlite:///padauk.db",
    show_default=True,
    help="Database of the padauk server that takes it in.",
)
@click.option(
    "--artifacts-destination",
    metavar="DIR",
    envvar=["PADAUK_OBJECTS"],
    default="padauk-objects",
    show_default=True,
    help="Folder of that server's store for artifacts.",
)
@click.option(
    "--artifacts",
    multiple=True,
    metavar="DIR",
    help="Where the MLflow server kept mlflow-artifacts:/.  [default: mlartifacts, mlruns beside it]",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what there is to bring.")
def mlflow(
    app: App,
    source: str,
    backend_store_uri: str,
    artifacts_destination: str,
    artifacts: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Bring an MLflow store over, with its artifacts.

    SOURCE is a database (sqlite:///FILE, postgresql://…) or an mlruns folder.

    Ids of runs, models and traces stay; experiments keep theirs where it is free. The source is only read.
    Run it again to go on after an interruption, or to bring what came since.
    """
    from padauk.client.importing import open_source, run_import
    from padauk.client.importing.files import Files
    from padauk.core.settings import ServerSettings
    from padauk.workspace.service import Service

    origin = open_source(source)
    try:
        base = origin.folder or os.getcwd()
        roots = artifacts or tuple(os.path.join(base, name) for name in ("mlartifacts", "mlruns"))
        if dry_run:
            counts = origin.counts()
            app.out.data(counts)
            app.out.table(("what", "to bring"), [(kind, f"{count:,}") for kind, count in counts.items()])
            return
        service = Service(ServerSettings(database=backend_store_uri, objects=artifacts_destination))
        try:
            report = run_import(origin, service, Files(roots, base), reporter=app.out.reporter)
        finally:
            service.close()
    finally:
        origin.close()
    _show(app, report)


def _show(app: App, report: Report) -> None:
    app.out.data(report.to_json())
    app.out.table(
        ("what", "in MLflow", "here"),
        [(kind, f"{line.source:,}", f"{line.there:,}") for kind, line in report.lines.items() if line.source],
    )
    app.out.print(f"\n{report.checked:,} artifacts read back, their hashes are right")
    if report.left:
        app.out.note(
            f"{report.left:,} artifact folders stay where they are: clients read that store themselves"
        )
    for line in report.skipped[:10]:
        app.out.note(line)
    if not report.complete:
        raise CorruptError("not all of it is here", hint="see the lines above; the same command goes on")


command.add_command(mlflow)
