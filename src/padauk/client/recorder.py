"""The recorder: an observer of ``repro`` that keeps a record, and tells it to a tracking server as it grows.

The record is on disk before anything is sent. A server that is not there, does not answer or refuses costs
one warning and a few seconds, once; ``padauk sync`` sends the rest later. An invocation in which nothing ran
leaves no record.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from padauk.client import record as facts
from padauk.client.code import CodeVersion, code_version
from padauk.client.http import Patience, TrackingClient
from padauk.client.journal import Journal, Stored, new_record_id
from padauk.client.sender import Sender, log_tail
from padauk.core.errors import InputError, PadaukError
from padauk.core.events import SILENT, Reporter
from padauk.lineage import lock_digest
from padauk.pipeline import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from padauk.core.settings import TrackingSettings
    from padauk.pipeline import ReproOutcome, ReproPlan, Stage, StageRecord
    from padauk.scm import Git

OTHER_EXPERIMENT = b"active experiment ID does not match environment run ID"  # what mlflow's client says
LIVE = Patience(connect=2, read=10, attempts=2)


@dataclass(frozen=True)
class Origin:
    """Where and by whom ``repro`` was started.

    Attributes:
        root: the repository's root (absolute).
        command: as a person would type it.
        user: login name.
    """

    root: str
    command: str = "padauk repro"
    user: str = ""


class Recorder(Observer):
    """Records what a ``repro`` does.

    Args:
        origin: where and by whom it was started.
        settings: the tracking server; without a URL the record stays in the repository.
        git: the code's repository.
        reporter: hears of the run's address, and of trouble with the server.
    """

    def __init__(
        self,
        origin: Origin,
        settings: TrackingSettings,
        *,
        git: Git | None = None,
        reporter: Reporter = SILENT,
        patience: Patience = LIVE,
    ) -> None:
        self._origin = origin
        self._settings = settings
        self._git = git
        self._reporter = reporter
        self._patience = patience
        self._journal: Journal | None = None
        self._stored: Stored | None = None
        self._client: TrackingClient | None = None
        self._sender: Sender | None = None
        self._broken = False
        self._waiting: list[facts.Fact] = []
        self._start = 0
        self._experiment = settings.experiment or os.path.basename(origin.root) or "Default"
        self._code = CodeVersion()

    @property
    def record_id(self) -> str | None:
        """The record's name; ``None`` while there is nothing to record."""
        return self._stored.record.id if self._stored else None

    @property
    def run_id(self) -> str | None:
        """The id of the invocation's run on the server, if it got there."""
        return self._sender.sent.runs.get("") if self._sender else None

    @property
    def run_url(self) -> str | None:
        """Where a person can look at the run."""
        if not (self._sender and self._client and self.run_id):
            return None
        sent = self._sender.sent
        return f"{self._client.name}/#/experiments/{sent.experiment_id}/runs/{self.run_id}"

    # -- what repro tells -----------------------------------------------------------------------------------

    def begin(self, plan: ReproPlan) -> None:
        # the patch must be taken now: dvc.lock and the outputs change from here on
        self._start = _now()
        if any(step.action != "skip" for step in plan.steps):
            self._code = code_version(self._git, self._reporter)

    def stage_skipped(self, stage: Stage) -> None:
        self._note(facts.Skipped(stage.address))

    def stage_started(self, stage: Stage) -> Mapping[str, str]:
        self._open()
        command = stage.cmd if isinstance(stage.cmd, str) else "\n".join(stage.cmd)
        self._note(facts.Started(stage.address, _now(), command, stage.desc))
        self._tell(lambda sender, record: sender.ensure_stage(record.runs[stage.address]))
        return self._environment(stage.address)

    def stage_restored(self, record: StageRecord) -> None:
        self._open()
        self._note(_done(record, self._origin.root))

    def stage_finished(self, record: StageRecord) -> None:
        address = record.stage.address
        self._note(_done(record, self._origin.root))
        if record.outcome == "failed" and OTHER_EXPERIMENT in log_tail(record.log):
            self._reporter.warning(
                f"stage {address} chooses its experiment itself, but its run is in {self._experiment!r}: "
                "'padauk config tracking.experiment NAME' makes them the same"
            )
        self._tell(lambda sender, all_: sender.finish_stage(all_.runs[address]))

    def end(self, outcome: ReproOutcome) -> None:
        if self._stored:
            blocked = [stage.address for stage in outcome.blocked]
            self._note(facts.End(_millis(outcome.ended), outcome.status, outcome.error, blocked))
            self._tell(lambda sender, _: sender.send())
            if self.run_url and self._sender and self._sender.sent.complete:
                self._reporter.notice(f"Recorded: {self.run_url}")
        self.close()

    def close(self) -> None:
        """Let go of the record and the server."""
        if self._client:
            self._client.close()
        if self._journal:
            self._journal.close()
            self._journal = None

    # -- how it is kept -------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Make the record, when the first thing worth recording happens."""
        if self._stored or self._broken:
            return
        begin = facts.Begin(
            record=new_record_id(datetime.now(UTC)),
            time=self._start,
            experiment=self._experiment,
            command=self._origin.command,
            user=self._origin.user,
            repository=os.path.basename(self._origin.root),
            remote=self._code.remote,
            commit=self._code.commit,
            branch=self._code.branch,
            dirty=self._code.dirty,
        )
        waiting, self._waiting = self._waiting, []
        try:
            self._journal = Journal.create(self._origin.root, begin.record, patch=self._code.patch)
        except OSError as error:
            self._give_up(error)
            return
        self._stored = Stored(self._journal.folder, facts.Record(begin, last_time=begin.time))
        self._write(begin)
        for fact in waiting:
            self._note(fact)
        self._connect()

    def _note(self, fact: facts.Fact) -> None:
        if self._stored is None:
            self._waiting.append(fact)
        elif not self._broken:
            self._stored.record.add(fact)
            self._write(fact)

    def _write(self, fact: facts.Fact) -> None:
        try:
            if self._journal:
                self._journal.write(fact)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._broken, self._sender = True, None
        self._reporter.warning(
            f"this run is not recorded: {error.strerror or error} ({error.filename or '.padauk'})"
        )

    # -- how it is sent -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        if self._settings.uri and self._stored:
            try:
                self._client = TrackingClient(self._settings, patience=self._patience)
            except InputError as error:
                self._reporter.warning(f"recorded here only: {error.message}")
                return
            self._sender = Sender(self._client, self._stored, fresh=True)

    def _tell(self, step: Callable[[Sender, facts.Record], object]) -> None:
        if not (self._sender and self._stored):
            return
        try:
            step(self._sender, self._stored.record)
        except (PadaukError, OSError) as error:
            self._sender = None
            message = error.message if isinstance(error, PadaukError) else str(error)
            self._reporter.warning(f"{message}\n  the run is kept here, 'padauk sync' sends it later")

    def _environment(self, address: str) -> dict[str, str]:
        """What makes ``mlflow.start_run()`` in the stage's command go on with the stage's run."""
        if not self._sender:
            return {}
        sent, settings = self._sender.sent, self._settings
        found = {
            "MLFLOW_RUN_ID": sent.runs.get(address),
            "MLFLOW_EXPERIMENT_ID": sent.experiment_id,
            "MLFLOW_TRACKING_URI": settings.uri,
            "MLFLOW_TRACKING_TOKEN": settings.token,
            "MLFLOW_TRACKING_USERNAME": settings.username,
            "MLFLOW_TRACKING_PASSWORD": settings.password,
        }
        return {name: value for name, value in found.items() if value}


def _done(record: StageRecord, root: str) -> facts.Done:
    import yaml

    stage, entry = record.stage, record.entry
    where = os.path.relpath(stage.wdir, root)
    failed = record.outcome in ("failed", "interrupted")
    return facts.Done(
        stage=stage.address,
        outcome=record.outcome,
        started=_millis(record.started),
        ended=_millis(record.ended),
        exit_code=record.exit_code,
        error=record.error,
        params={key: str(value) for key, value in record.params.items()},
        metrics={key: facts.as_json_number(value) for key, value in record.metrics.items()},
        deps=_refs(entry.get("deps"), where),
        outs=[] if failed else _refs(entry.get("outs"), where),
        entry=yaml.safe_dump(_plain(entry), sort_keys=False, allow_unicode=True),
        lock=None if failed else lock_digest(entry),
        log=record.log,
    )


def _refs(items: Any, where: str) -> list[facts.DataRef]:
    """Entries of dvc.lock with paths from the repository's root; those without an md5 are left out."""
    return [
        facts.DataRef(
            path=os.path.normpath(os.path.join(where, item["path"])).replace(os.sep, "/"),
            md5=item["md5"],
            size=item.get("size"),
            nfiles=item.get("nfiles"),
        )
        for item in items or ()
        if item.get("md5")
    ]


def _plain(value: Any) -> Any:
    """``value`` in types that YAML's safe dumper knows (a round-trip loader's are subclasses)."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value if value is None else str(value)


def _now() -> int:
    return _millis(datetime.now(UTC))


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
