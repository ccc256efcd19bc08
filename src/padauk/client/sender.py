"""Make a tracking server agree with a record: one run for the invocation, one nested run for each stage.

Every step may be repeated: what the server has is found by the tag ``padauk.record`` and filled up, and
nothing that a stage's own code has logged is overwritten. Live recording and ``padauk sync`` are the same
steps; only the moment differs.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from padauk.client import wire
from padauk.client.record import clean_key
from padauk.core.errors import NotFoundError
from padauk.lineage import Ref, tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.client.http import TrackingClient
    from padauk.client.journal import SentTo, Stored
    from padauk.client.record import DataRef, Done, Record, StageRun

MAX_TAG, MAX_PARAM = tags.MAX_VALUE, 6000  # characters a value may have (MLflow's limits)
MAX_LOG = 1_000_000  # bytes of a stage's output that are sent: the last ones


class Sender:
    """Sends one record to one server.

    Args:
        client: calls the server.
        stored: the record and its memory of what was acknowledged.
        fresh: nothing of this record can be on the server yet, so nothing is looked for.
    """

    def __init__(self, client: TrackingClient, stored: Stored, *, fresh: bool = False) -> None:
        self._client = client
        self._stored = stored
        self._fresh = fresh

    @property
    def _record(self) -> Record:
        return self._stored.record

    @property
    def sent(self) -> SentTo:
        """What the server has acknowledged so far."""
        return self._stored.sent_to(self._client.name)

    def send(self) -> str:
        """Everything that the server lacks of the record; gives the id of the invocation's run.

        Raises:
            PadaukError: the server refused or did not answer; sending again goes on from there.
        """
        parent = self.ensure_parent()
        for run in self._record.runs.values():
            self.ensure_stage(run)
            self.finish_stage(run)
        self.finish_parent()
        return parent

    # -- runs come to be ------------------------------------------------------------------------------------

    def ensure_parent(self) -> str:
        """The id of the invocation's run, made when it is not there."""
        begin = self._record.begin
        if not self.sent.experiment_id:
            self.sent.experiment_id = self._client.ensure_experiment(begin.experiment)
        marks = {
            tags.RECORD: self._record.id,
            "mlflow.source.name": begin.command,
            **self._source_tags(),
        }
        return self._ensure("", begin.command.removeprefix("padauk "), begin.time, marks)

    def ensure_stage(self, run: StageRun) -> str:
        """The id of a stage's run, made when it is not there."""
        marks = {
            tags.RECORD: f"{self._record.id}:{run.address}",
            tags.STAGE: run.address,
            tags.PARENT: self.ensure_parent(),
            "mlflow.source.name": run.cmd or run.address,
            **self._source_tags(),
        }
        if run.desc:
            marks["mlflow.note.content"] = run.desc
        return self._ensure(run.address, run.address, run.started, marks)

    def _ensure(self, address: str, name: str, time: int, marks: dict[str, str]) -> str:
        if known := self.sent.runs.get(address):
            return known
        # An earlier attempt may have arrived although its answer did not
        found = None if self._fresh else self._find(marks[tags.RECORD])
        if found is None:
            made = self._client.create_run(
                self.sent.experiment_id,
                name=name,
                start_time=time,
                tags={key: value[:MAX_TAG] for key, value in marks.items()},
                user=self._record.begin.user,
            )
            found = made.info.run_id
        self.sent.runs[address] = found
        self._stored.remember()
        return found

    def _find(self, mark: str) -> str | None:
        quoted = mark.replace("'", "''")
        where = f"tags.`{tags.RECORD}` = '{quoted}'"
        for run in self._client.runs([self.sent.experiment_id], where=where):
            if run.tags.get(tags.RECORD) == mark:
                return run.info.run_id
        return None

    def _source_tags(self) -> dict[str, str]:
        begin = self._record.begin
        found = {
            "mlflow.user": begin.user,
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": begin.commit,
            "mlflow.source.git.branch": begin.branch,
            "mlflow.source.git.repoURL": begin.remote,
            "padauk.repository": begin.repository,
            tags.DIRTY: "true" if begin.dirty else None,
        }
        return {key: value for key, value in found.items() if value}

    # -- runs end -------------------------------------------------------------------------------------------

    def finish_stage(self, run: StageRun) -> None:
        """Say how a stage ended and with what; a stage without an end was killed with its ``repro``."""
        if run.address in self.sent.finished:
            return
        run_id, done = self.sent.runs[run.address], run.done
        there = self._client.run(run_id)
        if done:
            self._log(there, done)
        self._client.update_run(
            run_id,
            status=done.status if done else "KILLED",
            end_time=done.ended if done else self._record.last_time,
        )
        self._acknowledged(run.address)

    def _log(self, there: wire.Run, done: Done) -> None:
        run_id = there.info.run_id
        # What the stage's own code has logged stands: a param cannot be changed, and a metric's last
        # point must not be ours
        params = {clean_key(key): value[:MAX_PARAM] for key, value in done.params.items()}
        logged = {metric.key for metric in there.data.metrics}
        metrics = {clean_key(key): float(value) for key, value in done.metrics.items()}
        self._client.log_batch(
            run_id,
            params={key: value for key, value in params.items() if key not in there.params},
            metrics=[wire.Metric(k, v, done.ended) for k, v in metrics.items() if k not in logged],
            tags=_result_tags(done),
        )
        self._client.log_inputs(run_id, [_as_input(dep) for dep in done.deps if len(dep.path) <= 500])
        if self._client.has_extensions():
            objects = [*_objects("in", done.deps), *_objects("out", done.outs)]
            body = {"objects": objects}
            self._client.post(f"/api/v1/runs/{run_id}/objects", dict[str, Any], body)
        if done.entry:
            self._upload(there, "padauk/lock.yaml", done.entry.encode())
        if output := log_tail(done.log):
            self._upload(there, "padauk/output.log", output)

    def finish_parent(self) -> None:
        """Say how the whole invocation ended."""
        if self.sent.complete:
            return
        record, run_id = self._record, self.sent.runs[""]
        notes = {
            "padauk.restored": list(record.restored),
            "padauk.skipped": record.skipped,
            "padauk.blocked": record.end.blocked if record.end else [],
        }
        marks = {key: ", ".join(names)[:MAX_TAG] for key, names in notes.items() if names}
        if record.end and record.end.error:
            marks["padauk.error"] = record.end.error[:MAX_TAG]
        self._client.log_batch(run_id, tags=marks)
        if patch := self._stored.patch():
            self._upload(self._client.run(run_id), "padauk/dirty.patch", patch)
        end = record.end.time if record.end else record.last_time
        self._client.update_run(run_id, status=record.status, end_time=end)
        self._acknowledged("")

    def _upload(self, run: wire.Run, path: str, content: bytes) -> None:
        # a run whose artifacts do not pass through the server keeps its hashes in tags and inputs
        if self._client.can_upload(run.info.artifact_uri):
            self._client.upload(run.info.artifact_uri, path, content)

    def _acknowledged(self, address: str) -> None:
        self.sent.finished.append(address)
        self._stored.remember()


def forget_lost(stored: Stored, client: TrackingClient) -> None:
    """Drop the memory of runs that the server does not know (its database was made anew)."""
    sent = stored.sent_to(client.name)
    try:
        for run_id in [sent.runs[""]] if "" in sent.runs else []:
            client.run(run_id)
    except NotFoundError:
        stored.sent[client.name] = type(sent)()


def _result_tags(done: Done) -> dict[str, str]:
    found = {
        tags.LOCK: done.lock,
        tags.DEPS: tags.write_refs(Ref(ref.path, ref.md5) for ref in done.deps),
        tags.OUTS: tags.write_refs(Ref(ref.path, ref.md5) for ref in done.outs),
        "padauk.error": (done.error or "")[:MAX_TAG],
        "padauk.exit_code": None if done.exit_code is None else str(done.exit_code),
    }
    return {key: value for key, value in found.items() if value}


def _as_input(dep: DataRef) -> wire.DatasetInput:
    profile = {"size": dep.size, "nfiles": dep.nfiles}
    dataset = wire.Dataset(
        name=dep.path,
        digest=dep.md5,
        source_type="local",
        source=json.dumps({"uri": dep.path}),
        profile=json.dumps({key: value for key, value in profile.items() if value is not None}),
    )
    return wire.DatasetInput(dataset, [wire.Pair(tags.CONTEXT, "dependency")])


def _objects(role: str, refs: Iterable[DataRef]) -> list[dict[str, Any]]:
    return [{"role": role, "path": r.path, "md5": r.md5, "size": r.size, "nfiles": r.nfiles} for r in refs]


def log_tail(path: str | None) -> bytes:
    """The end of a stage's output; empty when it is not there."""
    if not path:
        return b""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - MAX_LOG))
            return file.read(MAX_LOG)
    except OSError:  # the log was cleaned away: the record does not depend on it
        return b""
