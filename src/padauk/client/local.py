"""Records in the repository as a source of lineage: what ran here, sent or not."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from padauk.client.http import redacted
from padauk.client.journal import load, record_folders
from padauk.lineage import Execution, Ref, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from padauk.client.journal import Stored
    from padauk.client.record import DataRef, StageRun


class LocalSource(Source):
    """Knows every stage that was recorded in the repository at ``root``.

    Args:
        root: the repository's root.
        uri: the tracking server asked besides; a run that it has goes by its id there.
    """

    def __init__(self, root: str, uri: str | None) -> None:
        self._root = root
        self._uri = redacted(uri or "").rstrip("/")

    def makers(self, md5s: Collection[str]) -> Iterator[Execution]:
        return (run for run in self._all if any(ref.md5 in md5s for ref in run.outs))

    def users(self, md5s: Collection[str]) -> Iterator[Execution]:
        return (run for run in self._all if any(ref.md5 in md5s for ref in run.deps))

    def executions(self, ids: Collection[str]) -> Iterator[Execution]:
        return (run for run in self._all if run.id in ids)

    def find_executions(self, prefix: str) -> Iterator[Execution]:
        return (run for run in self._all if run.name == prefix or (run.id or "").startswith(prefix))

    def find_path(self, path: str) -> Ref | None:
        refs = (ref for run in self._all for ref in (*run.outs, *run.deps))
        return next((ref for ref in refs if ref.path == path), None)

    @functools.cached_property
    def _all(self) -> list[Execution]:
        stored = filter(None, map(load, reversed(record_folders(self._root))))
        return [found for one in stored for found in self._of(one)]

    def _of(self, stored: Stored) -> Iterator[Execution]:
        record = stored.record
        sent = stored.sent.get(self._uri)
        for run in record.runs.values():
            run_id = (sent.runs.get(run.address) if sent else None) or f"{record.id}:{run.address}"
            yield _execution(stored, run, run_id)


def _execution(stored: Stored, run: StageRun, run_id: str) -> Execution:
    begin, done = stored.record.begin, run.done
    return Execution(
        id=run_id,
        digest=done.lock if done else None,
        name=run.address,
        cmd=run.cmd,
        status=done.status if done else "KILLED",
        started=run.started,
        ended=done.ended if done else stored.record.last_time,
        user=begin.user,
        params=done.params if done else {},
        metrics={key: float(value) for key, value in done.metrics.items()} if done else {},
        deps=tuple(map(_ref, done.deps)) if done else (),
        outs=tuple(map(_ref, done.outs)) if done else (),
        commit=begin.commit,
        branch=begin.branch,
        dirty=begin.dirty,
        where="local",
    )


def _ref(ref: DataRef) -> Ref:
    return Ref(ref.path, ref.md5, ref.size, ref.nfiles)
