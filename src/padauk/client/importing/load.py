"""Write what a source has through the rooms. Every step may be killed, and run again."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

from padauk.client.importing.carry import Carrier
from padauk.client.importing.report import Report
from padauk.client.importing.tracing import put_traces
from padauk.core.events import SILENT, Reporter
from padauk.core.points import point
from padauk.db import experiments as experiment_rows
from padauk.db import imports as rows
from padauk.db import inputs, logged_models, metrics
from padauk.db import runs as run_rows
from padauk.tracking.nouns import STATUSES

if TYPE_CHECKING:
    from padauk.client.importing.files import Files
    from padauk.client.importing.source import Source
    from padauk.client.importing.values import Experiment, LoggedModel, MetricRow, Registered, Run
    from padauk.db import Session
    from padauk.workspace.service import Service

_POINTS = 50_000  # a transaction


def run_import(source: Source, service: Service, files: Files, *, reporter: Reporter = SILENT) -> Report:
    """Bring everything over; what is there already stays. The counts are taken after writing.

    Experiments keep their id where it is free, one of an equal name takes the runs in. All other ids stay.
    """
    report = Report()
    carrier = Carrier(service, files, report)
    experiments = source.experiments()
    numbers: dict[int, int] = {}
    for experiment in experiments:
        numbers[experiment.id] = service.db.write(partial(_experiment, experiment, carrier))
        report.add("experiments", 1, 1, 0)
    service.db.write(rows.follow_experiment_ids)
    total = source.count_runs()
    with reporter.task("runs", total, "steps") as progress:
        for experiment in experiments:
            for run in source.runs(experiment.id):
                _bring_run(source, service, carrier, report, run, numbers[experiment.id])
                progress.advance()
    for experiment in experiments:
        for model in source.logged_models(experiment.id):
            number = numbers[experiment.id]
            where = carrier.carry(model.uid, model.location, str(number), "models", model.uid, "artifacts")
            new = service.db.write(partial(_logged_model, model, number, where))
            report.add("logged models", 1, 1, int(new))
        put_traces(source, service, carrier, report, experiment.id, numbers[experiment.id])
    for registered in source.registered():
        service.db.write(partial(_registered, registered, carrier))
        _count_registered(service, report, registered)
    with reporter.task("hashes checked"):
        carrier.verify()
    return report


def _experiment(given: Experiment, carrier: Carrier, tx: Session) -> int:
    named = experiment_rows.by_name(tx, given.name)
    if named is not None:
        number = named.id
    else:
        number = given.id
        made = experiment_rows.insert(tx, given.name, "", given.created, number=number)
        if made is None:
            made = experiment_rows.insert(tx, given.name, "", given.created)
        if made is None:
            raise AssertionError("a name that was free in this transaction is taken")
        number = made
        remote = carrier.is_elsewhere(given.location)
        experiment_rows.set_location(tx, number, given.location if remote else carrier.location(str(number)))
        rows.experiment_stage(tx, number, int(given.deleted), given.created, given.updated)
    rows.add_pairs(tx, "experiment_tags", "experiment_id", number, given.tags)
    return number


def _bring_run(
    source: Source, service: Service, carrier: Carrier, report: Report, run: Run, experiment: int
) -> None:
    where = carrier.carry(run.uid, run.location, str(experiment), run.uid, "artifacts")
    point("import.run.artifacts")
    wanted = source.count_points(run.uid)
    with service.db.read() as tx:
        there = run_rows.by_uid(tx, run.uid)
        before = 0 if there is None else rows.count_of(tx, "metrics", "run_id", there.id)
    points = source.points(run.uid) if before < wanted else iter(())
    first = list(itertools.islice(points, _POINTS))
    number = service.db.write(lambda tx: _run(tx, run, experiment, where, first))
    point("import.run.head")
    while more := list(itertools.islice(points, _POINTS)):
        service.db.write(partial(_more_points, number, more))
        point("import.run.points")
    new = there is None
    with service.db.read() as tx:
        after = rows.count_of(tx, "metrics", "run_id", number)
        report.add("runs", 1, 1, int(new))
        report.add("metric points", wanted, after, max(0, after - before))
        for kind, table, count in (
            ("params", "params", len(run.params)),
            ("tags", "run_tags", len(run.tags)),
            ("datasets", "run_datasets", len({(use.name, use.digest) for use in run.datasets})),
        ):
            kept = rows.count_of(tx, table, "run_id", number)
            report.add(kind, count, kept, count if new else 0)


def _run(tx: Session, run: Run, experiment: int, where: str, points: list[MetricRow]) -> int:
    keys = tx.names.ids(tx, [*run.params, *run.tags, *{row[0] for row in points}])
    status, stage = STATUSES.index(run.status), int(run.deleted)
    number = rows.put(
        tx,
        "runs",
        {
            "uid": run.uid,
            "experiment_id": experiment,
            "name": run.name,
            "user_name": run.user,
            "status": status,
            "stage": stage,
            "start_time": run.start,
            "end_time": run.end,
            "deleted_time": run.deleted_time,
            "artifact_uri": where,
        },
        key="uid",
    )
    rows.catch_up(tx, number, status, run.end, run.name, stage)
    rows.add_texts(tx, "params", number, {keys[key]: value for key, value in run.params.items()})
    rows.add_texts(tx, "run_tags", number, {keys[key]: value for key, value in run.tags.items()})
    for use in run.datasets:
        dataset = inputs.add_dataset(
            tx,
            experiment,
            name=use.name,
            digest=use.digest,
            source_type=use.source_type,
            source=use.source,
            schema=use.schema,
            profile=use.profile,
        )
        inputs.add_input(tx, number, dataset, use.tags.items())
    inputs.add_models(tx, number, inputs.INPUT, run.used.items())
    inputs.add_models(tx, number, inputs.OUTPUT, run.made.items())
    _points(tx, number, points, keys)
    return number


def _more_points(number: int, points: list[MetricRow], tx: Session) -> None:
    _points(tx, number, points, tx.names.ids(tx, {row[0] for row in points}))


def _points(tx: Session, number: int, points: list[MetricRow], keys: dict[str, int]) -> None:
    if points:
        metrics.add(tx, [(number, keys[row[0]], *row[1:]) for row in points])


def _logged_model(model: LoggedModel, experiment: int, where: str, tx: Session) -> bool:
    new = logged_models.find(tx, model.uid) is None
    number = rows.put(
        tx,
        "logged_models",
        {
            "uid": model.uid,
            "experiment_id": experiment,
            "name": model.name,
            "artifact_location": where,
            "created": model.created,
            "updated": model.updated,
            "status": model.status,
            "status_message": model.status_message,
            "model_type": model.model_type,
            "source_run_id": model.run,
            "stage": int(model.deleted),
        },
        key="uid",
    )
    rows.add_pairs(tx, "logged_model_params", "model_id", number, model.params)
    rows.add_pairs(tx, "logged_model_tags", "model_id", number, model.tags)
    runs = run_rows.numbers_of(tx, [*{row[1] for row in model.metrics}])
    keys = tx.names.ids(tx, {row[0] for row in model.metrics})
    metrics.add_of_models(
        tx,
        [
            (model.uid, runs[run], keys[key], time, step, value or 0.0, int(value is None), *dataset)
            for key, run, time, step, value, *dataset in model.metrics
            if run in runs
        ],
    )
    return new


def _registered(given: Registered, carrier: Carrier, tx: Session) -> None:
    number = rows.put(
        tx,
        "registered_models",
        {
            "name": given.name,
            "description": given.description,
            "created": given.created,
            "updated": given.updated,
        },
        key="name",
    )
    rows.add_pairs(tx, "registered_model_tags", "model_id", number, given.tags)
    for version in given.versions:
        values: dict[str, Any] = {
            "model_id": number,
            "version": version.version,
            "created": version.created,
            "updated": version.updated,
            "description": version.description,
            "user_id": version.user,
            "stage": version.stage,
            "source": carrier.moved(version.source),
            "storage_location": carrier.moved(version.storage),
            "run_id": version.run,
            "run_link": version.run_link,
            "logged_model_id": version.logged_model,
            "status": version.status,
            "status_message": version.status_message,
        }
        row = rows.put(tx, "model_versions", values, key="model_id, version")
        rows.add_pairs(tx, "model_version_tags", "version_id", row, version.tags)
    rows.add_pairs(tx, "registered_model_aliases", "model_id", number, given.aliases)


def _count_registered(service: Service, report: Report, given: Registered) -> None:
    with service.db.read() as tx:
        there = rows.versions_of(tx, given.name)
    report.add("registered models", 1, int(there is not None), 0)
    same = sum(1 for one in given.versions if (there or {}).get(one.version) == one.run)
    report.add("model versions", len(given.versions), same, 0)
    if same < len(given.versions):
        report.skipped.append(
            f"model {given.name!r}: {len(given.versions) - same} versions are another run's here"
        )
