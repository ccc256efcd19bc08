"""Who can be asked about executions, models and names: the repository, a tracking server, local records.

A :class:`Source` answers what it knows and nothing else; :class:`Sources` asks all of them and joins what
they say of the same thing. Questions are batches: one for each level of a graph, not one for each node.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from padauk.lineage.values import Execution, Model, Ref, Tracked, Version


class Source:
    """Answers questions about lineage. This base class knows nothing."""

    def makers(self, md5s: Collection[str]) -> Iterable[Execution]:
        """Executions that wrote one of these."""
        return ()

    def users(self, md5s: Collection[str]) -> Iterable[Execution]:
        """Executions that read one of these."""
        return ()

    def executions(self, ids: Collection[str]) -> Iterable[Execution]:
        """The runs of these ids."""
        return ()

    def children(self, ids: Collection[str]) -> Iterable[Execution]:
        """Runs that are nested in these."""
        return ()

    def find_executions(self, prefix: str) -> Iterable[Execution]:
        """Runs whose id starts so, or that ran a stage of that address (newest first)."""
        return ()

    def models(self, ids: Collection[str]) -> Iterable[Model]:
        """The logged models of these ids."""
        return ()

    def models_of(self, runs: Collection[str]) -> Iterable[Model]:
        """Models that these runs logged."""
        return ()

    def version(self, name: str, version: str) -> Version | None:
        """A version by number."""
        return None

    def aliased(self, name: str, alias: str) -> Version | None:
        """The version that an alias stands for; ``latest``: the highest."""
        return None

    def versions_of(self, models: Collection[str], runs: Collection[str]) -> Iterable[Version]:
        """Versions registered from one of these models or runs."""
        return ()

    def model_names(self) -> Iterable[str]:
        """Names of registered models, to suggest."""
        return ()

    def holders(self, md5s: Collection[str]) -> Iterable[tuple[str, str, Ref]]:
        """``(run id, model id or "", artifact)`` of artifacts with these bytes."""
        return ()

    def tracked(self, md5s: Collection[str]) -> Iterable[Tracked]:
        """Where git tells of these."""
        return ()

    def folders_with(self, md5s: Collection[str]) -> Iterable[tuple[Ref, Ref]]:
        """``(folder, file)`` for every known folder that holds a file with one of these contents."""
        return ()

    def find_data(self, prefix: str) -> Iterable[Ref]:
        """Content whose md5 starts so."""
        return ()

    def find_path(self, path: str) -> Ref | None:
        """What the newest run had at a path."""
        return None


class Sources(Source):
    """Several sources as one; those named first win where two tell of the same thing."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._all = list(sources)

    def makers(self, md5s: Collection[str]) -> list[Execution]:
        return _join(found for source in self._all for found in source.makers(md5s)) if md5s else []

    def users(self, md5s: Collection[str]) -> list[Execution]:
        return _join(found for source in self._all for found in source.users(md5s)) if md5s else []

    def executions(self, ids: Collection[str]) -> list[Execution]:
        return _join(found for source in self._all for found in source.executions(ids)) if ids else []

    def children(self, ids: Collection[str]) -> list[Execution]:
        return _join(found for source in self._all for found in source.children(ids)) if ids else []

    def find_executions(self, prefix: str) -> list[Execution]:
        return _join(found for source in self._all for found in source.find_executions(prefix))

    def models(self, ids: Collection[str]) -> list[Model]:
        found = (model for source in self._all for model in source.models(ids)) if ids else ()
        return list({model.id: model for model in found}.values())

    def models_of(self, runs: Collection[str]) -> list[Model]:
        found = (model for source in self._all for model in source.models_of(runs)) if runs else ()
        return list({model.id: model for model in found}.values())

    def version(self, name: str, version: str) -> Version | None:
        return next(filter(None, (source.version(name, version) for source in self._all)), None)

    def aliased(self, name: str, alias: str) -> Version | None:
        return next(filter(None, (source.aliased(name, alias) for source in self._all)), None)

    def versions_of(self, models: Collection[str], runs: Collection[str]) -> list[Version]:
        if not models and not runs:
            return []
        found = (version for source in self._all for version in source.versions_of(models, runs))
        return list({version.key: version for version in found}.values())

    def model_names(self) -> list[str]:
        return sorted({name for source in self._all for name in source.model_names()})

    def holders(self, md5s: Collection[str]) -> list[tuple[str, str, Ref]]:
        return [found for source in self._all for found in source.holders(md5s)] if md5s else []

    def tracked(self, md5s: Collection[str]) -> list[Tracked]:
        return [found for source in self._all for found in source.tracked(md5s)] if md5s else []

    def folders_with(self, md5s: Collection[str]) -> list[tuple[Ref, Ref]]:
        return [found for source in self._all for found in source.folders_with(md5s)] if md5s else []

    def find_data(self, prefix: str) -> list[Ref]:
        return list({ref.md5: ref for source in self._all for ref in source.find_data(prefix)}.values())

    def find_path(self, path: str) -> Ref | None:
        return next(filter(None, (source.find_path(path) for source in self._all)), None)


def _join(executions: Iterable[Execution]) -> list[Execution]:
    """Each execution once: runs by id, and what dvc.lock tells only where no run tells it.

    A run on a server carries hashes in tags of bounded length; dvc.lock has them all, with sizes.
    """
    runs: dict[str, Execution] = {}
    stages: dict[str, Execution] = {}
    for found in executions:
        if found.id:
            known = runs.get(found.id)
            runs[found.id] = _fill(known, found) if known else found
        elif found.digest:
            stages.setdefault(found.digest, found)
    told = set()
    for run_id, run in runs.items():
        if run.digest and (stage := stages.get(run.digest)):
            told.add(run.digest)
            runs[run_id] = _fill(run, stage)
    newest = sorted(runs.values(), key=lambda run: -(run.started or 0))
    return newest + [stage for digest, stage in stages.items() if digest not in told]


def _fill(known: Execution, other: Execution) -> Execution:
    sized = known.deps and known.deps[0].size is not None
    return replace(
        known,
        deps=known.deps if sized or not other.deps else other.deps,
        outs=known.outs if (sized and known.outs) or not other.outs else other.outs,
        params=known.params or other.params,
        cmd=known.cmd or other.cmd,
    )
