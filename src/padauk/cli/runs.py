"""``padauk runs``: look at tracked runs in a terminal."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import click

from padauk.cli.frame import App, verb
from padauk.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.client.http import TrackingClient
    from padauk.client.wire import Run


@click.group("runs", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Look at tracked runs."""


@verb("list")
@click.option(
    "-e",
    "--experiment-id",
    "--experiment",
    "names",
    multiple=True,
    metavar="NAME",
    help="Experiment (name or id); may be repeated.",
)
@click.option(
    "-f",
    "--filter",
    "where",
    metavar="FILTER",
    help="For example \"metrics.acc > 0.9 AND params.lr = '0.1'\".",
)
@click.option(
    "-o",
    "--order-by",
    "orders",
    multiple=True,
    metavar="KEY",
    help="For example 'metrics.acc DESC'; may be repeated.",
)
@click.option(
    "-n",
    "--max",
    "limit",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Show at most so many.",
)
@click.option("--uri", metavar="URL", help="Another server than the one in the settings.")
def list_command(
    app: App, names: Sequence[str], where: str | None, orders: Sequence[str], limit: int, uri: str | None
) -> None:
    """List runs, the newest first."""
    from dataclasses import replace

    import msgspec

    from padauk.client.http import TrackingClient

    settings = app.settings.tracking
    if uri:
        settings = replace(settings, uri=uri)
    if not settings.uri:
        raise InputError(
            "no tracking server is set",
            hint="'padauk config tracking.uri http://…' sets one, or give --uri URL",
        )
    with TrackingClient(settings) as client:
        experiments = _experiments(client, names)
        runs = list(client.runs(list(experiments), where=where, order_by=orders, limit=limit + 1))
        running = [run.info.run_id for run in runs[:limit] if run.info.status == "RUNNING"]
        stale = set() if app.out.json else client.stale_runs(running[:500])
    more = len(runs) > limit
    runs = runs[:limit]
    app.out.data([msgspec.to_builtins(run) for run in runs])
    if not runs:
        app.out.note("no runs" + (" match" if where else ""))
        return
    _table(app, runs, experiments, stale)
    if stale:
        app.out.hint("stale: the run said it was running, and was not heard of for half an hour")
    if more:
        app.out.hint(f"there are more: --max {limit * 5} shows them")


def _experiments(client: TrackingClient, names: Sequence[str]) -> dict[str, str]:
    """Id to name of the experiments asked for, or of all that are active."""
    if not names:
        return {found.experiment_id: found.name for found in client.experiments()}
    known: dict[str, str] = {}
    for name in names:
        found = client.experiment_by_name(name)
        if found is None and name.isdigit():
            found = client.experiment(name)
        if found is None:
            raise NotFoundError(
                f"no experiment {name!r} on {client.uri}", hint="'padauk runs list' shows all runs"
            )
        known[found.experiment_id] = found.name
    return known


def _table(app: App, runs: Sequence[Run], experiments: dict[str, str], stale: set[str]) -> None:
    several = len({run.info.experiment_id for run in runs}) > 1
    columns = ["run", "name", *(["experiment"] if several else []), "status", "started", "took"]
    counts = Counter(
        metric.key for run in runs for metric in run.data.metrics if not metric.key.startswith("system/")
    )
    wide = shutil.get_terminal_size((100, 20)).columns - (78 if several else 62)
    metrics: list[str] = []
    for key, _ in counts.most_common():
        wide -= max(len(key), 8) + 2
        if wide < 0:
            break
        metrics.append(key)
    rows = []
    for run in runs:
        info = run.info
        values = {metric.key: metric.value for metric in run.data.metrics}
        nested = "└ " if "mlflow.parentRunId" in run.tags else ""
        rows.append(
            [
                info.run_id[:8],
                _short(nested + info.run_name, 24),
                *([_short(experiments.get(info.experiment_id, info.experiment_id), 16)] if several else []),
                "stale" if info.run_id in stale else info.status.lower(),
                _moment(info.start_time),
                _span(info.start_time, info.end_time),
                *(f"{values[key]:.4g}" if key in values else "" for key in metrics),
            ]
        )
    app.out.table([*columns, *metrics], rows, right=["took", *metrics])


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _moment(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def _span(start: int | None, end: int | None) -> str:
    if start is None or end is None:
        return ""
    seconds = (end - start) / 1000
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"


command.add_command(list_command)
