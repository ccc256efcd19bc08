"""A tracking server as a source of lineage, through MLflow's API: padauk's own, or any ``mlflow server``.

The hashes that a stage read and wrote stand in the tags ``padauk.deps`` and ``padauk.outs`` of its run, so
"who made these bytes" is a search. padauk's own server answers for artifacts, and for lists too long for a
tag, from its tables (``/api/v1/objects``).
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import InputError, NotFoundError, PadaukError, UnsupportedError
from padauk.lineage import Execution, Model, Ref, Source, Version, tags
from padauk.lineage.walk import MANY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from padauk.client import wire
    from padauk.client.http import TrackingClient

LIMIT = MANY + 1  # runs that one search may give


class _Holding(msgspec.Struct):
    """One row of ``/api/v1/objects``: who has the bytes, in which role (in, out, artifact)."""

    md5: str
    path: str
    role: str
    run_id: str = ""
    model_id: str = ""
    size: int | None = None
    nfiles: int | None = None


class _Holdings(msgspec.Struct):
    objects: list[_Holding] = []


class ServerSource(Source):
    """Asks one tracking server; answers are remembered for the life of this object."""

    def __init__(self, client: TrackingClient) -> None:
        self._client = client
        self._runs: dict[str, Execution] = {}

    # -- executions -----------------------------------------------------------------------------------------

    def makers(self, md5s: Collection[str]) -> Iterator[Execution]:
        if self._client.has_extensions():
            yield from self._by_objects(md5s, "out")
            return
        for md5 in md5s:
            for run in self._search(f"tags.`{tags.OUTS}` LIKE '%{md5}%'"):
                if any(ref.md5 == md5 for ref in run.outs):
                    yield run

    def users(self, md5s: Collection[str]) -> Iterator[Execution]:
        if self._client.has_extensions():
            yield from self._by_objects(md5s, "in")
            return
        for md5 in md5s:
            # every dependency is a dataset of the run too, named by its md5
            for run in self._search(f"datasets.digest = '{md5}'"):
                if any(ref.md5 == md5 for ref in run.deps):
                    yield run

    def executions(self, ids: Collection[str]) -> Iterator[Execution]:
        for run_id in ids:
            if run_id not in self._runs:
                try:
                    self._take(self._client.run(run_id))
                except (NotFoundError, InputError):
                    continue
            yield self._runs[run_id]

    def children(self, ids: Collection[str]) -> Iterator[Execution]:
        for run_id in ids:
            yield from self._search(f"tags.`{tags.PARENT}` = '{run_id}'")

    def find_executions(self, prefix: str) -> Iterator[Execution]:
        quoted = prefix.replace("'", "''")
        if len(prefix) == 32:
            yield from self.executions([prefix])
        elif len(prefix) >= 4 and prefix.isalnum():
            for where in (f"attributes.run_id LIKE '{quoted}%'", f"tags.`{tags.STAGE}` = '{quoted}'"):
                yield from self._search(where)
        else:
            yield from self._search(f"tags.`{tags.STAGE}` = '{quoted}'")

    def _search(self, where: str) -> list[Execution]:
        if not self._experiments:
            return []
        try:
            found = self._client.runs(
                self._experiments, where=where, order_by=["attributes.start_time DESC"], limit=LIMIT
            )
            return [self._take(run) for run in found]
        except InputError:  # a server that cannot search so
            return []

    def _take(self, run: wire.Run) -> Execution:
        return self._runs.setdefault(run.info.run_id, as_execution(run))

    @functools.cached_property
    def _experiments(self) -> list[str]:
        return [experiment.experiment_id for experiment in self._client.experiments()]

    # -- padauk's own server --------------------------------------------------------------------------------

    def holders(self, md5s: Collection[str]) -> Iterator[tuple[str, str, Ref]]:
        for held in self._objects(tuple(md5s)):
            if held.role == "artifact" and not held.path.startswith("padauk/"):
                yield held.run_id, held.model_id, Ref(held.path, held.md5, held.size, held.nfiles)

    def _by_objects(self, md5s: Collection[str], role: str) -> Iterator[Execution]:
        held: dict[str, list[Ref]] = {}
        for found in self._objects(tuple(md5s)):
            if found.role == role:
                ref = Ref(found.path, found.md5, found.size, found.nfiles)
                held.setdefault(found.run_id, []).append(ref)
        for run in self.executions(held):
            # the run's tag names them already, unless its list was too long for one
            refs = held[run.id or ""]
            deps = run.deps if role == "out" or run.deps else tuple(refs)
            outs = run.outs if role == "in" or run.outs else tuple(refs)
            yield replace(run, deps=deps, outs=outs)

    @functools.lru_cache(maxsize=256)  # noqa: B019 - the source lives as long as one question
    def _objects(self, md5s: tuple[str, ...]) -> list[_Holding]:
        if not self._client.has_extensions():
            return []
        found = []
        for start in range(0, len(md5s), 500):
            body = {"md5s": md5s[start : start + 500]}
            found += self._client.post("/api/v1/objects/search", _Holdings, body).objects
        return found

    # -- models ---------------------------------------------------------------------------------------------

    def models(self, ids: Collection[str]) -> Iterator[Model]:
        for model_id in ids:
            try:
                yield _model(self._client.logged_model(model_id))
            except (NotFoundError, InputError, UnsupportedError):
                continue

    def models_of(self, runs: Collection[str]) -> Iterator[Model]:
        by_experiment: dict[str, list[str]] = {}
        for run in self.executions(runs):
            by_experiment.setdefault(run.experiment or "0", []).append(run.id or "")
        for experiment, ids in by_experiment.items():
            for run_id in ids:
                where = f"source_run_id = '{run_id}'"
                try:
                    yield from map(_model, self._client.logged_models([experiment], where))
                except (NotFoundError, InputError, UnsupportedError):
                    return  # a server from before logged models

    def version(self, name: str, version: str) -> Version | None:
        try:
            return _version(self._client.model_version(name, version))
        except (NotFoundError, InputError):
            return None

    def aliased(self, name: str, alias: str) -> Version | None:
        try:
            return _version(self._client.model_version_by_alias(name, alias))
        except (NotFoundError, InputError):
            return None

    def versions_of(self, models: Collection[str], runs: Collection[str]) -> Iterator[Version]:
        ids = {run for run in runs if run} | {m.run for m in self.models(models) if m.run}
        for run_id in ids:
            for found in self._client.model_versions(f"run_id = '{run_id}'"):
                # a search leaves the aliases out on some servers
                full = self._client.model_version(found.name, found.version) if not found.aliases else found
                yield _version(full)

    def model_names(self) -> Iterator[str]:
        try:
            yield from (model.name for model in self._client.registered_models())
        except PadaukError:
            return


def as_execution(run: wire.Run) -> Execution:
    """A run as lineage sees it: with the hashes that its tags and dataset inputs carry."""
    deps: tuple[Ref, ...] = ()
    if tags.DEPS not in run.tags:
        deps = tuple(
            Ref(used.dataset.name, used.dataset.digest, **_profile(used.dataset.profile))
            for used in run.inputs.dataset_inputs
        )
    return tags.execution(
        id=run.info.run_id,
        name=run.info.run_name,
        user=run.info.user_id,
        status=run.info.status,
        started=run.info.start_time,
        ended=run.info.end_time,
        experiment=run.info.experiment_id,
        tags=run.tags,
        params=run.params,
        metrics={metric.key: metric.value for metric in run.data.metrics},
        deps=deps,
    )


def _profile(text: str | None) -> dict[str, Any]:
    try:
        profile = msgspec.json.decode(text or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}
    return {key: profile[key] for key in ("size", "nfiles") if isinstance(profile.get(key), int)}


def _model(model: wire.LoggedModel) -> Model:
    info = model.info
    return Model(
        id=info.model_id,
        name=info.name,
        run=info.source_run_id or None,
        time=info.creation_timestamp_ms or None,
        status=str(info.status).removeprefix("LOGGED_MODEL_"),
    )


def _version(version: wire.ModelVersion) -> Version:
    return Version(
        name=version.name,
        version=version.version,
        aliases=tuple(sorted(version.aliases)),
        model=version.model_id or _model_id(version.source),
        run=version.run_id or None,
        time=version.creation_timestamp or None,
        user=version.user_id,
        source=version.source,
    )


def _model_id(source: str) -> str | None:
    head, _, rest = source.partition("models:/")
    return rest if not head and rest.startswith("m-") else None
