"""``padauk sync``: send recorded runs that the tracking server has not got."""

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
@click.argument("records", nargs=-1, metavar="[RECORD]...")
@click.option("--to", metavar="URL", help="Another server than the one in the settings.")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be sent.")
def command(app: App, records: tuple[str, ...], to: str | None, dry_run: bool) -> None:
    """Send recorded runs that the tracking server has not got.

    'padauk repro' records every run in .padauk/runs first. Without a server, or when it does not answer, the
    records wait there for this command. Sending twice changes nothing.
    """
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
