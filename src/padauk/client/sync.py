"""Send what a tracking server has not got yet of the records in a repository."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.client.http import Patience, TrackingClient, redacted
from padauk.client.journal import claim, load, load_sent, record_folders
from padauk.client.sender import Sender, forget_lost
from padauk.core.errors import NotFoundError, PadaukError, UnavailableError
from padauk.core.events import SILENT, Reporter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.client.journal import Stored
    from padauk.core.settings import TrackingSettings


@dataclass(frozen=True)
class SyncPlan:
    """What a sync would send.

    Attributes:
        uri: the server, as it may be shown.
        waiting: records that the server has not got, or not to their end, oldest first.
        known: how many records it has.
    """

    uri: str
    waiting: tuple[Stored, ...]
    known: int

    def summary(self) -> str:
        """``3 records to send to http://…, 12 are there``."""
        count = len(self.waiting)
        return f"{count} record{'' if count == 1 else 's'} to send to {self.uri}, {self.known} there already"

    def to_json(self) -> dict[str, Any]:
        """``{"uri", "waiting": [{"record", "experiment", "stages", "status"}], "known"}``."""
        return {
            "uri": self.uri,
            "waiting": [record_facts(stored) for stored in self.waiting],
            "known": self.known,
        }


@dataclass
class SyncResult:
    """What a sync did.

    Attributes:
        sent: records sent to their end, each with the id of its invocation's run.
        failed: records that the server refused, each with why.
        running: records of processes that still run; they send themselves.
        known: how many the server had before.
    """

    sent: list[tuple[Stored, str]] = field(default_factory=list)
    failed: list[tuple[Stored, PadaukError]] = field(default_factory=list)
    running: list[Stored] = field(default_factory=list)
    known: int = 0


def record_facts(stored: Stored) -> dict[str, Any]:
    """What a person wants to know of a record, JSON types only."""
    record = stored.record
    return {
        "record": record.id,
        "experiment": record.begin.experiment,
        "time": record.begin.time,
        "stages": list(record.runs),
        "status": record.status,
    }


def plan_sync(root: str, settings: TrackingSettings, names: Sequence[str] = ()) -> SyncPlan:
    """Look which records of the repository at ``root`` the server has not acknowledged.

    Args:
        names: only these records.

    Raises:
        NotFoundError: there is no record of one of ``names``.
    """
    waiting, known = [], 0
    uri = redacted(settings.uri or "").rstrip("/")
    folders = {os.path.basename(folder): folder for folder in record_folders(root)}
    for name in names:
        if name not in folders:
            raise NotFoundError(
                f"no record {name!r} here", hint="their names are the folders in .padauk/runs"
            )
    for folder in [folders[name] for name in names] if names else folders.values():
        sent = load_sent(folder).get(uri)
        if sent and sent.complete:
            known += 1
        elif stored := load(folder):
            waiting.append(stored)
    return SyncPlan(uri, tuple(waiting), known)


def sync(
    plan: SyncPlan,
    settings: TrackingSettings,
    *,
    reporter: Reporter = SILENT,
    patience: Patience | None = None,
) -> SyncResult:
    """Send the plan's records, oldest first. Interrupted at any point, the next sync goes on from there.

    Raises:
        InputError: the settings name no server.
        UnavailableError: the server does not answer; what was sent before stays sent.
    """
    result = SyncResult(known=plan.known)
    with (
        TrackingClient(settings, patience=patience) as client,
        reporter.task("Sending", len(plan.waiting), "objects") as progress,
    ):
        for planned in plan.waiting:
            with claim(planned.folder) as free:
                # read again: while nobody held it, another sync may have sent it
                stored = load(planned.folder)
                if not free or stored is None:
                    result.running.append(planned)
                elif stored.sent_to(client.name).complete:
                    result.known += 1
                else:
                    _send(client, stored, result)
            progress.advance(detail=planned.record.id)
    return result


def _send(client: TrackingClient, stored: Stored, result: SyncResult) -> None:
    try:
        forget_lost(stored, client)
        result.sent.append((stored, Sender(client, stored).send()))
    except UnavailableError:
        raise
    except PadaukError as error:
        result.failed.append((stored, error))
