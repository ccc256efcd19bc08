"""The tracking server's database as a source of lineage, within one session that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk import artifacts
from padauk.core.errors import InputError, NotFoundError
from padauk.db import lineage as rows
from padauk.lineage import tags
from padauk.lineage.source import Source
from padauk.lineage.values import Model, Ref, Version
from padauk.lineage.walk import MANY
from padauk.registry import logged, versions
from padauk.registry.sources import ModelUri
from padauk.tracking.assemble import assemble
from padauk.tracking.runs import writable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from padauk.db import Session
    from padauk.db.runs import RunRow
    from padauk.lineage.values import Execution
    from padauk.registry import LoggedModel, ModelVersion

LIMIT = MANY + 1  # runs told for one content


def record_objects(tx: Session, run_id: str, read: Sequence[Ref], written: Sequence[Ref]) -> None:
    """Note what a run read and wrote; again is fine.

    Raises:
        NotFoundError: there is no such run.
        InputError: it is deleted.
    """
    number, _ = writable(tx, run_id)
    found = [
        (role, ref.path, ref.md5, ref.size, ref.nfiles)
        for role, refs in ((rows.IN, read), (rows.OUT, written))
        for ref in refs
    ]
    rows.set_objects(tx, number, found)


def held(tx: Session, md5s: Collection[str]) -> Iterator[tuple[str, str, str, Ref]]:
    """``(role, run id, model id, content)`` of all with these bytes; role ``in``, ``out``, ``artifact``."""
    for uid, role, path, md5, size, nfiles in rows.objects_with(tx, list(md5s), LIMIT):
        yield ("out" if role == rows.OUT else "in"), uid, "", Ref(path, md5, size, nfiles)
    for found in artifacts.find_by_hash(tx, md5s):
        if found.owner_kind in ("run", "model"):
            run, model = (found.owner_id, "") if found.owner_kind == "run" else ("", found.owner_id)
            yield "artifact", run, model, Ref(found.path, found.md5, found.size)


class DatabaseSource(Source):
    """Knows all runs, models and artifacts of one server."""

    def __init__(self, tx: Session) -> None:
        self._tx = tx

    def makers(self, md5s: Collection[str]) -> Iterable[Execution]:
        return self._with(md5s, rows.OUT)

    def users(self, md5s: Collection[str]) -> Iterable[Execution]:
        return self._with(md5s, rows.IN)

    def _with(self, md5s: Collection[str], wanted: int) -> list[Execution]:
        found = rows.objects_with(self._tx, list(md5s), LIMIT)
        return self.executions({uid for uid, role, *_ in found if role == wanted})

    def executions(self, ids: Collection[str]) -> list[Execution]:
        return self._executions(rows.runs_of(self._tx, list(ids)))

    def children(self, ids: Collection[str]) -> list[Execution]:
        key = self._tx.names.find(self._tx, tags.PARENT)
        if key is None:
            return []
        found = [row for one in ids for row in rows.runs_tagged(self._tx, key, one, LIMIT)]
        return self._executions(found)

    def find_executions(self, prefix: str) -> list[Execution]:
        if len(prefix) >= 4 and (found := rows.runs_from(self._tx, prefix, LIMIT)):
            return self._executions(found)
        key = self._tx.names.find(self._tx, tags.STAGE)
        return self._executions(rows.runs_tagged(self._tx, key, prefix, LIMIT)) if key is not None else []

    def _executions(self, found: list[RunRow]) -> list[Execution]:
        read: dict[int, list[Ref]] = {}
        written: dict[int, list[Ref]] = {}
        for run, role, *content in rows.objects_of(self._tx, [row.id for row in found]):
            (written if role == rows.OUT else read).setdefault(run, []).append(Ref(*content))
        return [
            tags.execution(
                id=run.info.run_id,
                name=run.info.run_name,
                user=run.info.user_id,
                status=run.info.status,
                started=run.info.start_time,
                ended=run.info.end_time,
                experiment=run.info.experiment_id,
                tags={tag.key: tag.value for tag in run.tags},
                params={param.key: param.value for param in run.params},
                metrics={metric.key: metric.value for metric in run.metrics},
                deps=tuple(read.get(row.id, ())),
                outs=tuple(written.get(row.id, ())),
            )
            for row, run in zip(found, assemble(self._tx, found), strict=True)
        ]

    def models(self, ids: Collection[str]) -> list[Model]:
        return [self._model(model) for model in logged.logged_models_of_ids(self._tx, list(ids))]

    def models_of(self, runs: Collection[str]) -> list[Model]:
        found = [model for run in runs for model in logged.logged_models_of_run(self._tx, run)]
        return [self._model(model) for model in found]

    def _model(self, model: LoggedModel) -> Model:
        files = artifacts.of(self._tx, artifacts.Owner("model", model.model_id))
        return Model(
            id=model.model_id,
            name=model.name,
            run=model.source_run_id,
            time=model.created,
            status=model.status,
            files=tuple(Ref(file.path, file.md5, file.size) for file in files),
        )

    def version(self, name: str, version: str) -> Version | None:
        return self._resolved(ModelUri(name=name, version=int(version)))

    def aliased(self, name: str, alias: str) -> Version | None:
        return self._resolved(ModelUri(name=name, alias=None if alias == "latest" else alias))

    def _resolved(self, uri: ModelUri) -> Version | None:
        try:
            return _version(versions.resolve(self._tx, uri))
        except (NotFoundError, InputError):
            return None

    def versions_of(self, models: Collection[str], runs: Collection[str]) -> list[Version]:
        found = [v for model in models for v in versions.versions_of_logged_model(self._tx, model)]
        found += [v for run in runs for v in versions.versions_of_run(self._tx, run)]
        return list(map(_version, found))

    def holders(self, md5s: Collection[str]) -> Iterator[tuple[str, str, Ref]]:
        for role, run, model, ref in held(self._tx, md5s):
            if role == "artifact" and not ref.path.startswith("padauk/"):
                yield run, model, ref

    def find_data(self, prefix: str) -> list[Ref]:
        found = rows.objects_from(self._tx, prefix, LIMIT)
        return [Ref(path, md5, size, nfiles) for md5, path, size, nfiles in found]

    def find_path(self, path: str) -> Ref | None:
        found = rows.objects_at(self._tx, path)
        return Ref(*found) if found else None


def _version(version: ModelVersion) -> Version:
    return Version(
        name=version.name,
        version=str(version.version),
        aliases=tuple(sorted(version.aliases)),
        model=version.model_id or None,
        run=version.run_id or None,
        time=version.created,
        user=version.user_id or "",
        source=version.source,
    )
