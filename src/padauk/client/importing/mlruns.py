"""A folder of MLflow's file store as a source: YAML for heads, and a small file for each tag and metric."""

from __future__ import annotations

import math
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

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
from padauk.core.errors import FormatError, NotFoundError
from padauk.traces.nouns import KINDS, LOCATION, STATES, Assessment

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 1.7976931348623157e308
_STATUSES = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FolderSource:
    """Reads ``mlruns``.

    Raises:
        NotFoundError: there is no such folder, or no experiments in it.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self.folder: str | None = os.path.dirname(self.root)
        self._homes: dict[int, str] = {}
        self._runs: dict[str, str] = {}
        for parent in (self.root, os.path.join(self.root, ".trash")):
            for name in _folders(parent):
                home = os.path.join(parent, name)
                if name.isdigit() and os.path.isfile(os.path.join(home, "meta.yaml")):
                    self._homes[int(name)] = home
        if not self._homes:
            raise NotFoundError(f"{root!r} is no mlruns folder: it holds no experiments")
        for home in self._homes.values():
            for name in _folders(home):
                if os.path.isfile(os.path.join(home, name, "meta.yaml")) and name != "models":
                    self._runs[name] = os.path.join(home, name)

    def close(self) -> None:
        """Nothing is open."""

    def count_runs(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    def counts(self) -> dict[str, int]:
        """How many of each kind there are, for a plan."""
        homes = self._homes.values()
        return {
            "experiments": len(self._homes),
            "runs": len(self._runs),
            "metric points": sum(self.count_points(run) for run in self._runs),
            "logged models": sum(len(_folders(os.path.join(home, "models"))) for home in homes),
            "registered models": len(_folders(os.path.join(self.root, "models"))),
            "traces": sum(len(_folders(os.path.join(home, "traces"))) for home in homes),
        }

    def experiments(self) -> list[Experiment]:
        """All experiments, deleted ones too, by id."""
        found = []
        for number, home in sorted(self._homes.items()):
            meta = _meta(home)
            created = meta.get("creation_time") or 0
            found.append(
                Experiment(
                    id=number,
                    name=str(meta.get("name", number)),
                    location=meta.get("artifact_location") or "",
                    deleted=meta.get("lifecycle_stage") == "deleted",
                    created=created,
                    updated=meta.get("last_update_time") or created,
                    tags=_texts(os.path.join(home, "tags")),
                )
            )
        return found

    def runs(self, experiment: int) -> Iterator[Run]:
        """The runs of an experiment, deleted ones too."""
        home = self._homes[experiment]
        for uid in _folders(home):
            place = self._runs.get(uid)
            if place is None:
                continue
            meta = _meta(place)
            tags = _texts(os.path.join(place, "tags"))
            status = meta.get("status", 1)
            yield Run(
                uid=uid,
                experiment=experiment,
                name=str(meta.get("run_name") or meta.get("name") or tags.get("mlflow.runName", "")),
                user=str(meta.get("user_id") or ""),
                status=_STATUSES[status] if isinstance(status, int) else str(status),
                deleted=meta.get("lifecycle_stage") == "deleted",
                start=meta.get("start_time"),
                end=meta.get("end_time"),
                deleted_time=meta.get("deleted_time"),
                location=_artifacts(place, meta.get("artifact_uri")),
                params=_texts(os.path.join(place, "params")),
                tags=tags,
                datasets=list(self._datasets(home, os.path.join(place, "inputs"))),
                used=_models(os.path.join(place, "inputs"), "MODEL_INPUT"),
                made=_models(os.path.join(place, "outputs"), "MODEL_OUTPUT"),
            )

    def count_points(self, run: str) -> int:
        """How many different points a run has; the files may hold one twice."""
        return len(set(self._lines(run)))

    def points(self, run: str) -> Iterator[MetricRow]:
        """All points of a run."""
        yield from dict.fromkeys(self._lines(run))

    def logged_models(self, experiment: int) -> Iterator[LoggedModel]:
        """The logged models of an experiment."""
        home = os.path.join(self._homes[experiment], "models")
        for uid in _folders(home):
            place = os.path.join(home, uid)
            meta = _meta(place)
            points = []
            for key, path in _tree(os.path.join(place, "metrics")):
                for parts in _split_lines(path):
                    value, is_nan = _number(parts[1])
                    data = parts[4:6] if len(parts) >= 6 else [None, None]
                    points.append(
                        (key, parts[3], int(parts[0]), int(parts[2]), None if is_nan else value, *data)
                    )
            yield LoggedModel(
                uid=uid,
                experiment=experiment,
                name=str(meta.get("name", "")),
                location=_artifacts(place, meta.get("artifact_location")),
                created=meta.get("creation_timestamp") or 0,
                updated=meta.get("last_updated_timestamp") or meta.get("creation_timestamp") or 0,
                status=meta.get("status") or 2,
                status_message=meta.get("status_message"),
                model_type=meta.get("model_type"),
                run=meta.get("source_run_id"),
                deleted=meta.get("lifecycle_stage") == "deleted",
                params=_texts(os.path.join(place, "params")),
                tags=_texts(os.path.join(place, "tags")),
                metrics=points,
            )

    def registered(self) -> Iterator[Registered]:
        """All registered models and prompts."""
        root = os.path.join(self.root, "models")
        for name in _folders(root):
            place = os.path.join(root, name)
            meta = _meta(place)
            folders = [one for one in _folders(place) if one.startswith("version-")]
            aliases = _texts(os.path.join(place, "aliases"))
            yield Registered(
                name=str(meta.get("name", name)),
                description=meta.get("description"),
                created=meta.get("creation_timestamp") or 0,
                updated=meta.get("last_updated_timestamp") or 0,
                tags=_texts(os.path.join(place, "tags")),
                aliases={alias: int(version) for alias, version in aliases.items()},
                versions=sorted(
                    (_version(os.path.join(place, one)) for one in folders), key=lambda one: one.version
                ),
            )

    def traces(self, experiment: int) -> Iterator[Traced]:
        """The traces of an experiment; their spans are a file among their artifacts."""
        home = os.path.join(self._homes[experiment], "traces")
        for uid in _folders(home):
            place = os.path.join(home, uid)
            meta = _read(os.path.join(place, "trace_info.yaml"))
            tags = _texts(os.path.join(place, "tags"))
            tags[LOCATION] = _artifacts(place, tags.get(LOCATION))
            state = meta.get("state") or meta.get("status")
            duration = meta.get("execution_duration_ms", meta.get("execution_time_ms"))
            yield Traced(
                uid=uid,
                experiment=experiment,
                started=_moment(meta.get("request_time", meta.get("timestamp_ms", 0))),
                duration=None if duration is None else int(duration),
                state=str(state) if state in STATES else "STATE_UNSPECIFIED",
                client_request_id=meta.get("client_request_id"),
                request_preview=meta.get("request_preview"),
                response_preview=meta.get("response_preview"),
                tags=tags,
                metadata=_texts(os.path.join(place, "request_metadata")),
                assessments=[
                    _assessment(uid, _read(path)) for _, path in _tree(os.path.join(place, "assessments"))
                ],
            )

    def _lines(self, run: str) -> Iterator[MetricRow]:
        for key, path in _tree(os.path.join(self._runs[run], "metrics")):
            for parts in _split_lines(path):
                value, is_nan = _number(parts[1])
                # the first file stores knew no steps
                yield key, int(parts[0]), int(parts[2]) if len(parts) > 2 else 0, value, is_nan

    def _datasets(self, home: str, inputs: str) -> Iterator[Dataset]:
        for name in _folders(inputs):
            use = _meta(os.path.join(inputs, name))
            if use.get("source_type") != "DATASET":
                continue
            meta = _meta(os.path.join(home, "datasets", str(use["source_id"])))
            yield Dataset(
                name=str(meta["name"]),
                digest=str(meta["digest"]),
                source_type=str(meta.get("source_type") or ""),
                source=str(meta.get("source") or ""),
                schema=meta.get("schema"),
                profile=meta.get("profile"),
                tags={str(key): str(value) for key, value in (use.get("tags") or {}).items()},
            )


def _version(place: str) -> Version:
    meta = _meta(place)
    source = meta.get("source") or ""
    created = meta.get("creation_timestamp") or 0
    return Version(
        version=int(meta["version"]),
        created=created,
        updated=meta.get("last_updated_timestamp") or created,
        description=meta.get("description"),
        user=meta.get("user_id"),
        stage=str(meta.get("current_stage") or "None"),
        source=source,
        storage=meta.get("storage_location") or source,
        run=meta.get("run_id") or "",
        run_link=meta.get("run_link") or "",
        logged_model=meta.get("model_id") or "",
        status=meta.get("status") or "READY",
        status_message=meta.get("status_message"),
        tags=_texts(os.path.join(place, "tags")),
    )


def _assessment(trace: str, meta: dict[str, Any]) -> Assessment:
    kind = next((one for one in KINDS if one in meta), "feedback")
    said = meta.get(kind) or {}
    source = meta.get("source") or {}
    return Assessment(
        name=str(meta.get("assessment_name", "")),
        kind=kind,
        value=said.get("value"),
        trace_id=trace,
        assessment_id=str(meta["assessment_id"]),
        error=said.get("error"),
        created=_moment(meta.get("create_time", 0)),
        updated=_moment(meta.get("last_update_time", 0)),
        source_type=source.get("source_type") or "SOURCE_TYPE_UNSPECIFIED",
        source_id=source.get("source_id"),
        run_id=meta.get("run_id"),
        span_id=meta.get("span_id"),
        rationale=meta.get("rationale"),
        overrides=meta.get("overrides"),
        valid=meta.get("valid", True),
        metadata=meta.get("metadata"),
    )


def _models(folder: str, kind: str) -> dict[str, int]:
    uses = [_meta(os.path.join(folder, name)) for name in _folders(folder)]
    return {
        str(use["destination_id"]): use.get("step") or 0
        for use in uses
        if use.get("destination_type") == kind
    }


def _artifacts(place: str, uri: str | None) -> str:
    """The folder beside the head where there is one: the store may have been moved since the URI was made."""
    own = os.path.join(place, "artifacts")
    return own if os.path.isdir(own) else uri or ""


def _folders(place: str) -> list[str]:
    try:
        with os.scandir(place) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except FileNotFoundError:
        return []


def _tree(place: str) -> Iterator[tuple[str, str]]:
    """``(name, path)`` of all files below: a key with a slash is a file in a folder."""
    for here, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(here, name)
            yield os.path.relpath(path, place).replace(os.sep, "/"), path


def _texts(place: str) -> dict[str, str]:
    found = {}
    for key, path in _tree(place):
        with open(path, encoding="utf-8", newline="") as file:
            found[key] = file.read()
    return found


def _split_lines(path: str) -> Iterator[list[str]]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            if parts := line.split():
                yield parts


def _number(text: str) -> tuple[float, int]:
    """A value as MLflow's databases keep it, and whether it is NaN."""
    value = float(text)
    if math.isnan(value):
        return 0.0, 1
    return max(-_LARGEST, min(_LARGEST, value)), 0


def _moment(value: Any) -> int:
    """Milliseconds of a number, or of a time as protobuf's JSON writes it."""
    if isinstance(value, int):
        return value
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return round(moment.timestamp() * 1000)


def _meta(place: str) -> dict[str, Any]:
    return _read(os.path.join(place, "meta.yaml"))


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.load(file, _LOADER)  # noqa: S506 - the C form of the safe loader
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there: the mlruns folder is not whole") from error
    except yaml.YAMLError as error:
        raise FormatError(f"{path} is no YAML: {error}".partition("\n")[0]) from error
    if not isinstance(found, dict):
        raise FormatError(f"{path} is empty or torn")
    return found
