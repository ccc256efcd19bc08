"""``padauk sync``: send recorded runs that the tracking server has not got, or copy runs between servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import ConflictError, InputError, NotARepositoryError

if TYPE_CHECKING:
    from padauk.client.journal import Stored
    from padauk.client.sync import SyncResult


@verb("sync")
@click.argument("records", nargs=-1, metavar="[RECORD]... | FROM TO")
@click.option("--to", metavar="URL", help="Another server than the one in the settings.")
@click.option(
    "--experiment", multiple=True, metavar="NAME", help="Copy only this one's runs. May be repeated."
)
@click.option("--run", multiple=True, metavar="ID", help="Copy only this run. May be repeated.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be sent.")
def command(
    app: App,
    records: tuple[str, ...],
    to: str | None,
    experiment: tuple[str, ...],
    run: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Send recorded runs that the tracking server has not got, or copy runs between two servers.

    'padauk repro' records every run in .padauk/runs first. Without a server, or when it does not answer, the
    records wait there for this command. Sending twice changes nothing.

    Given the URLs of two tracking servers, padauk's or MLflow's, it copies runs FROM one TO the other: all,
    or those of --experiment and --run. Doing it again sends what came since.
    """
    urls = [name for name in records if name.startswith(("http://", "https://"))]
    if urls or experiment or run:
        if len(urls) != 2 or len(records) != 2 or to:
            raise InputError(
                "copying between servers needs two URLs", hint="padauk sync http://from:5000 http://to:5000"
            )
        _copy(app, urls[0], urls[1], experiment, run, dry_run=dry_run)
        return
    from padauk.client.sync import plan_sync, sync
    from padauk.config.load import repository_file

    settings = replace(app.settings.tracking, **({"uri": to} if to else {}))
    here = repository_file()
    if here is None:
        raise NotARepositoryError("no repository here", hint="'padauk init' makes one")
    if not settings.uri:
        raise InputError(
            "no tracking server is set",
            hint="'padauk config tracking.uri http://…' sets one, or give --to URL",
        )
    plan = plan_sync(str(here.parent.parent), settings, records)
    if dry_run:
        app.out.data(plan.to_json())
        app.out.table(("record", "when", "status", "stages"), map(_row, plan.waiting))
        app.out.print(("\n" if plan.waiting else "") + plan.summary())
        return
    _show(app, sync(plan, settings, reporter=app.out.reporter), plan.uri)


def _copy(
    app: App, origin: str, to: str, experiments: tuple[str, ...], runs: tuple[str, ...], *, dry_run: bool
) -> None:
    from padauk.client.copying import copy, plan_copy
    from padauk.client.http import TrackingClient
    from padauk.core.settings import TrackingSettings

    def settings(uri: str) -> TrackingSettings:
        # credentials of the settings belong to the server of the settings
        own = app.settings.tracking
        return own if own.uri and uri.startswith(own.uri) else TrackingSettings(uri=uri)

    with TrackingClient(settings(origin)) as source, TrackingClient(settings(to)) as target:
        plan = plan_copy(source, experiments, runs)
        if dry_run:
            app.out.data({name: [run.info.run_id for run in some] for name, some in plan.runs.items()})
            app.out.table(
                ("experiment", "runs"), [(name, f"{len(some):,}") for name, some in plan.runs.items()]
            )
            return
        result = copy(plan, source, target, reporter=app.out.reporter)
        app.out.data(result.to_json())
        count = len(result.copied)
        app.out.print(
            f"{count:,} run{'' if count == 1 else 's'} copied to {target.name} with {result.points:,} points"
            f" and {result.files:,} files, {result.known:,} there already"
        )
        if result.unreachable:
            app.out.note(
                f"artifacts of {len(result.unreachable):,} runs stay behind:"
                f" {target.name} keeps them where only clients reach"
            )


def _show(app: App, result: SyncResult, uri: str) -> None:
    from padauk.client.sync import record_facts

    rows: list[list[Any]] = [[*_row(stored), run_id[:8]] for stored, run_id in result.sent]
    app.out.data(
        {
            "uri": uri,
            "sent": [{**record_facts(stored), "run_id": run_id} for stored, run_id in result.sent],
            "failed": [{**record_facts(stored), "error": error.message} for stored, error in result.failed],
            "running": [stored.record.id for stored in result.running],
            "known": result.known,
        }
    )
    if rows:
        app.out.table(("record", "when", "status", "stages", "run"), rows)
        app.out.print()
    count = len(result.sent)
    parts = [f"{count} record{'' if count == 1 else 's'} sent to {uri}"]
    parts += [f"{result.known} there already"] if result.known else []
    parts += [f"{len(result.running)} still running"] if result.running else []
    app.out.print(", ".join(parts))
    if result.failed:
        stored, error = result.failed[0]
        raise ConflictError(
            f"{len(result.failed)} not taken, first {stored.record.id}: {error.message}", hint=error.hint
        )


def _row(stored: Stored) -> list[str]:
    record = stored.record
    when = datetime.fromtimestamp(record.begin.time / 1000).astimezone()
    names = list(record.runs) or ["(restored)"]
    stages = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return [record.id, f"{when:%Y-%m-%d %H:%M}", record.status, stages]
