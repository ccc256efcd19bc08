"""An MLflow database as a source: its rows as values, one owner at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from padauk.client.importing.values import (
    Dataset,
    Experiment,
    LoggedModel,
    MetricRow,
    Registered,
    Run,
    Traced,
    Version,
)
from padauk.db.mlflow_store import MlflowDatabase
from padauk.traces.nouns import ERROR, OK, STATES, UNSET, Assessment, Event, Link, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = {"STATUS_CODE_OK": OK, "OK": OK, "STATUS_CODE_ERROR": ERROR, "ERROR": ERROR}


class SqlSource:
    """Reads ``sqlite:///…`` or ``postgresql://…``; close it at the end."""

    def __init__(self, url: str) -> None:
        self.db = MlflowDatabase(url)
        self.folder = self.db.folder

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()

    def count_runs(self) -> int:
        """How many runs there are."""
        return self.db.count("runs")

    def counts(self) -> dict[str, int]:
        """How many rows of each kind there are, for a plan."""
        tables = {
            "experiments": "experiments",
            "runs": "runs",
            "metric points": "metrics",
            "params": "params",
            "tags": "tags",
            "logged models": "logged_models",
            "registered models": "registered_models",
            "model versions": "model_versions",
            "traces": "trace_info",
            "spans": "spans",
            "assessments": "assessments",
        }
        return {kind: self.db.count(table) for kind, table in tables.items()}

    def experiments(self) -> list[Experiment]:
        """All experiments, deleted ones too, by id."""
        tags = self._pairs("experiment_tags", "experiment_id", "key", "value")
        columns = ("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time")
        return [
            Experiment(
                int(row[0]),
                row[1],
                row[2] or "",
                row[3] == "deleted",
                row[4] or 0,
                row[5] or row[4] or 0,
                tags.get(row[0], {}),
            )
            for row in self.db.rows("experiments", (*columns, "last_update_time"), order=("experiment_id",))
        ]

    def runs(self, experiment: int) -> Iterator[Run]:
        """The runs of an experiment, deleted ones too, oldest first."""
        columns = (
            *("run_uuid", "name", "user_id", "status", "lifecycle_stage"),
            *("start_time", "end_time", "deleted_time", "artifact_uri"),
        )
        heads = list(
            self.db.rows("runs", columns, order=("start_time", "run_uuid"), experiment_id=experiment)
        )
        for uid, name, user, status, stage, start, end, gone, location in heads:
            tags = self._own("tags", "key", "value", run_uuid=uid)
            yield Run(
                uid=uid,
                experiment=experiment,
                # before MLflow 1.30 the name was only a tag
                name=name or tags.get("mlflow.runName", ""),
                user=user or "",
                status=status or "RUNNING",
                deleted=stage == "deleted",
                start=start,
                end=end,
                deleted_time=gone,
                location=location or "",
                params=self._own("params", "key", "value", run_uuid=uid),
                tags=tags,
                datasets=self._datasets(uid),
                used=self._models(uid, "RUN_INPUT", "MODEL_INPUT"),
                made=self._models(uid, "RUN_OUTPUT", "MODEL_OUTPUT"),
            )

    def count_points(self, run: str) -> int:
        """How many points a run has."""
        return self.db.count("metrics", run_uuid=run)

    def points(self, run: str) -> Iterator[MetricRow]:
        """All points of a run."""
        columns = ("key", "timestamp", "step", "value", "is_nan")
        for key, timestamp, step, value, is_nan in self.db.rows("metrics", columns, run_uuid=run):
            yield key, timestamp, step or 0, value, int(bool(is_nan))

    def logged_models(self, experiment: int) -> Iterator[LoggedModel]:
        """The logged models of an experiment."""
        columns = (
            *("model_id", "name", "artifact_location", "creation_timestamp_ms", "last_updated_timestamp_ms"),
            *("status", "status_message", "model_type", "source_run_id", "lifecycle_stage"),
        )
        points = (
            *("metric_name", "run_id", "metric_timestamp_ms", "metric_step", "metric_value"),
            *("dataset_name", "dataset_digest"),
        )
        for row in list(self.db.rows("logged_models", columns, experiment_id=experiment)):
            uid = row[0]
            yield LoggedModel(
                uid=uid,
                experiment=experiment,
                name=row[1],
                location=row[2],
                created=row[3],
                updated=row[4],
                status=row[5],
                status_message=row[6],
                model_type=row[7],
                run=row[8],
                deleted=row[9] == "deleted",
                params=self._own("logged_model_params", "param_key", "param_value", model_id=uid),
                tags=self._own("logged_model_tags", "tag_key", "tag_value", model_id=uid),
                metrics=list(self.db.rows("logged_model_metrics", points, model_id=uid)),
            )

    def registered(self) -> Iterator[Registered]:
        """All registered models and prompts."""
        columns = ("name", "description", "creation_time", "last_updated_time")
        for name, description, created, updated in list(
            self.db.rows("registered_models", columns, order=("name",))
        ):
            yield Registered(
                name,
                description,
                created or 0,
                updated or created or 0,
                self._own("registered_model_tags", "key", "value", name=name),
                self._own("registered_model_aliases", "alias", "version", name=name),
                list(self._versions(name)),
            )

    def traces(self, experiment: int) -> Iterator[Traced]:
        """The traces of an experiment with what was said of them."""
        columns = (
            *("request_id", "timestamp_ms", "execution_time_ms", "status", "client_request_id"),
            *("request_preview", "response_preview"),
        )
        for row in list(self.db.rows("trace_info", columns, experiment_id=experiment)):
            uid = row[0]
            yield Traced(
                uid,
                experiment,
                row[1],
                row[2],
                row[3] if row[3] in STATES else "STATE_UNSPECIFIED",
                row[4],
                row[5],
                row[6],
                tags=self._own("trace_tags", "key", "value", request_id=uid),
                metadata=self._own("trace_request_metadata", "key", "value", request_id=uid),
                spans=self._spans(uid),
                assessments=self._assessments(uid),
                runs=[
                    run
                    for (run,) in self.db.rows(
                        "entity_associations",
                        ("destination_id",),
                        source_type="trace",
                        destination_type="run",
                        source_id=uid,
                    )
                ],
            )

    def _own(self, table: str, key: str, value: str, **owner: Any) -> dict[str, Any]:
        return {
            name: "" if text is None else text
            for name, text in self.db.rows(table, (key, value), order=(key,), **owner)
        }

    def _pairs(self, table: str, owner: str, key: str, value: str) -> dict[Any, dict[str, str]]:
        found: dict[Any, dict[str, str]] = {}
        for number, name, text in self.db.rows(table, (owner, key, value)):
            found.setdefault(number, {})[name] = text or ""
        return found

    def _datasets(self, run: str) -> list[Dataset]:
        columns = (
            *("name", "digest", "dataset_source_type", "dataset_source"),
            *("dataset_schema", "dataset_profile"),
        )
        uses = self.db.rows(
            *("inputs", ("input_uuid", "source_id")),
            source_type="DATASET",
            destination_type="RUN",
            destination_id=run,
        )
        return [
            Dataset(
                row[0],
                row[1],
                row[2],
                row[3],
                row[4],
                row[5],
                tags=self._own("input_tags", "name", "value", input_uuid=use),
            )
            for use, dataset in list(uses)
            for row in list(self.db.rows("datasets", columns, dataset_uuid=dataset))
        ]

    def _models(self, run: str, source: str, destination: str) -> dict[str, int]:
        rows = self.db.rows(
            *("inputs", ("destination_id", "step")),
            source_type=source,
            destination_type=destination,
            source_id=run,
        )
        return {model: step or 0 for model, step in rows}

    def _versions(self, name: str) -> Iterator[Version]:
        columns = (
            *("version", "creation_time", "last_updated_time", "description", "user_id", "current_stage"),
            *("source", "storage_location", "run_id", "run_link", "status", "status_message"),
        )
        for row in list(self.db.rows("model_versions", columns, order=("version",), name=name)):
            number, created, updated, description, user, stage, source, storage, run, link, status, said = row
            source = source or ""
            yield Version(
                version=int(number),
                created=created or 0,
                updated=updated or created or 0,
                description=description,
                user=user,
                stage=stage or "None",
                source=source,
                storage=storage or source,
                run=run or "",
                run_link=link or "",
                logged_model=source.removeprefix("models:/") if source.startswith("models:/m-") else "",
                status=status or "READY",
                status_message=said,
                tags=self._own("model_version_tags", "key", "value", name=name, version=number),
            )

    def _spans(self, trace: str) -> list[Span]:
        columns = (
            *("span_id", "parent_span_id", "name", "start_time_unix_nano", "end_time_unix_nano"),
            "content",
        )
        rows = self.db.rows("spans", columns, order=("start_time_unix_nano",), trace_id=trace)
        return [span_of(trace, row[0], row[1], row[2], row[3], row[4], json.loads(row[5])) for row in rows]

    def _assessments(self, trace: str) -> list[Assessment]:
        columns = (
            *("name", "assessment_type", "value", "assessment_id", "error", "created_timestamp"),
            *("last_updated_timestamp", "source_type", "source_id", "run_id", "span_id", "rationale"),
            *("overrides", "valid", "assessment_metadata"),
        )
        return [
            Assessment(
                name=row[0],
                kind=row[1],
                value=_json(row[2]),
                trace_id=trace,
                assessment_id=row[3],
                error=_json(row[4]),
                created=row[5],
                updated=row[6],
                source_type=row[7],
                source_id=row[8],
                run_id=row[9],
                span_id=row[10],
                rationale=row[11],
                overrides=row[12],
                valid=bool(row[13]),
                metadata=_json(row[14]),
            )
            for row in self.db.rows("assessments", columns, order=("created_timestamp",), trace_id=trace)
        ]


def _json(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def span_of(
    trace: str,
    uid: str,
    parent: str | None,
    name: str | None,
    started: int,
    ended: int | None,
    found: dict[str, Any],
) -> Span:
    """A span of the JSON that MLflow keeps: the values of attributes are JSON once more."""
    status = found.get("status") or {}
    return Span(
        trace_id=trace,
        span_id=uid,
        parent_id=parent,
        name=name or found.get("name", ""),
        started=started,
        ended=ended,
        status=_STATUS.get(status.get("code", ""), UNSET),
        message=status.get("message") or None,
        attributes={key: _json(text) for key, text in (found.get("attributes") or {}).items()},
        events=[
            Event(event["name"], event.get("time_unix_nano", 0), event.get("attributes") or {})
            for event in found.get("events") or []
        ],
        links=[
            Link(link.get("trace_id", ""), link.get("span_id", ""), link.get("attributes") or {})
            for link in found.get("links") or []
        ],
    )
