"""Write what clients say of traces: their facts, tags and links. Spans are taken in by ``ingest``."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import InputError, NotFoundError
from padauk.db import traces as rows
from padauk.traces import assess, read
from padauk.traces.nouns import (
    FINAL,
    LOCATION,
    NAME,
    SESSION,
    SPANS_LOCATION,
    STATES,
    Trace,
)
from padauk.traces.preview import MAX_PREVIEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.db import Session

MAX_METADATA = 250
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 4096
MAX_SESSION = 250
MAX_LINKS = 100
_encode = msgspec.json.Encoder().encode
_RUNNING = (STATES.index("STATE_UNSPECIFIED"), STATES.index("IN_PROGRESS"))
OWN_TAGS = {NAME, SPANS_LOCATION}
_OWN_METADATA = {SESSION, FINAL}


def start(tx: Session, given: Trace, *, location: str) -> Trace:
    """Write all that a client knows of a trace, over what its spans have told before.

    Args:
        tx: the transaction.
        given: the trace, of an experiment that the caller has checked.
        location: URI below which the experiment keeps files of traces, with ``{trace_id}`` where the id goes.

    Raises:
        InputError: the id is missing or too long.
    """
    if not 0 < len(given.trace_id) <= 250:
        raise InputError(f"Invalid value {given.trace_id[:260]!r} for parameter 'trace_id' supplied")
    number, new = _made(tx, given.trace_id, int(given.experiment_id), given.started)
    changes: dict[str, Any] = {
        "experiment_id": int(given.experiment_id),
        "started": given.started,
        "duration": given.duration,
        "state": STATES.index(given.state),
        "final": 1,
        "client_request_id": given.client_request_id,
    }
    for column, text in (
        ("request_preview", given.request_preview),
        ("response_preview", given.response_preview),
    ):
        if text is not None:
            changes[column] = text[:MAX_PREVIEW]
    tags = {key: value for key, value in given.tags.items() if key != LOCATION}
    if new:
        tags[LOCATION] = location.replace("{trace_id}", given.trace_id)
    _put_pairs(tx, number, tags, given.metadata, changes)
    rows.update(tx, number, changes)
    for said in given.assessments:
        assess.add(tx, number, said)
    return read.get(tx, given.trace_id)


def begin(
    tx: Session,
    experiment_id: int,
    started: int,
    *,
    location: str,
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
) -> Trace:
    """Make a trace that is in progress, as clients before MLflow 3 do."""
    uid = uuid.uuid4().hex
    number, _ = _made(tx, uid, experiment_id, started)
    changes: dict[str, Any] = {}
    _put_pairs(tx, number, {**tags, LOCATION: location.replace("{trace_id}", uid)}, metadata, changes)
    rows.update(tx, number, changes)
    return read.get(tx, uid)


def end(
    tx: Session,
    trace_id: str,
    ended: int,
    state: str,
    *,
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
) -> Trace:
    """End a trace of ``begin``.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = read.row_of(tx, trace_id)
    changes: dict[str, Any] = {"duration": ended - row.started, "state": STATES.index(state)}
    _put_pairs(tx, row.id, tags, metadata, changes)
    rows.update(tx, row.id, changes)
    return read.get(tx, trace_id)


def set_tag(tx: Session, trace_id: str, key: str, value: str) -> None:
    """Set a tag.

    Raises:
        NotFoundError: there is no such trace.
    """
    row = read.row_of(tx, trace_id)
    changes: dict[str, Any] = {}
    _put_pairs(tx, row.id, {key: value}, {}, changes)
    rows.update(tx, row.id, changes)


def delete_tag(tx: Session, trace_id: str, key: str) -> None:
    """Remove a tag.

    Raises:
        NotFoundError: there is no such trace, or it has no such tag.
    """
    row = read.row_of(tx, trace_id)
    if key == NAME:
        gone = int(row.name is not None)
        rows.update(tx, row.id, {"name": None})
    else:
        number = tx.names.find(tx, key)
        gone = 0 if number is None else rows.delete_tag(tx, row.id, number)
    if not gone:
        raise NotFoundError(f"No trace tag with key '{key}' for trace with ID '{trace_id}'")


def delete(
    tx: Session,
    experiment_id: int,
    *,
    until: int | None = None,
    limit: int | None = None,
    trace_ids: Sequence[str] = (),
) -> int:
    """Delete traces of an experiment, the oldest first; how many there were.

    Args:
        tx: the transaction.
        experiment_id: only traces of this experiment are deleted.
        until: only those that started at or before this time in milliseconds.
        limit: at most so many.
        trace_ids: only these.

    Raises:
        InputError: neither a time nor ids are given, or both.
    """
    if until is None and not trace_ids:
        raise InputError("Either `max_timestamp_millis` or `trace_ids` must be specified.")
    if until is not None and trace_ids:
        raise InputError("Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
    if trace_ids and limit is not None:
        raise InputError("`max_traces` can't be specified if `trace_ids` is specified.")
    if limit is not None and limit <= 0:
        raise InputError(f"`max_traces` must be a positive integer, received {limit}.")
    numbers = rows.select_for_delete(tx, experiment_id, until=until, uids=trace_ids, limit=limit)
    rows.delete(tx, numbers)
    return len(numbers)


def link_to_run(tx: Session, trace_ids: Sequence[str], run_id: str) -> None:
    """Note that traces have to do with a run, maybe of another server; ids of no trace are passed over.

    Raises:
        InputError: more than a hundred at once.
    """
    if len(trace_ids) > MAX_LINKS:
        raise InputError(
            f"Cannot link more than {MAX_LINKS} traces to a run in a single request."
            f" Provided {len(trace_ids)} traces."
        )
    rows.link(tx, [(row.id, rows.RUN, run_id) for row in rows.by_uids(tx, [*dict.fromkeys(trace_ids)])])


def link_prompts(tx: Session, trace_id: str, prompts: Iterable[tuple[str, int]]) -> None:
    """Note which versions of prompts a trace used.

    Raises:
        NotFoundError: there is no such trace.
    """
    number = read.row_of(tx, trace_id).id
    rows.link(tx, [(number, rows.PROMPT, f"{name}/{version}") for name, version in prompts])


def _made(tx: Session, uid: str, experiment_id: int, started: int) -> tuple[int, bool]:
    """The number of a trace, and whether it is new."""
    values = {
        "uid": uid,
        "experiment_id": experiment_id,
        "started": started,
        "state": 3,
        "final": 0,
        "stored": 0,
    }
    number = rows.insert(tx, values)
    return (read.row_of(tx, uid).id, False) if number is None else (number, True)


def _put_pairs(
    tx: Session,
    number: int,
    tags: Mapping[str, str],
    metadata: Mapping[str, str],
    changes: dict[str, Any],
) -> None:
    """Write tags and metadata; those that have a column go to ``changes``."""
    if NAME in tags:
        changes["name"] = tags[NAME][:MAX_TAG_VALUE]
    if SESSION in metadata:
        changes["session"] = metadata[SESSION][:MAX_SESSION]
    keys = tx.names.ids(tx, [*(key[:MAX_TAG_KEY] for key in (*tags, *metadata))])
    rows.set_pairs(
        tx,
        "trace_tags",
        [
            (number, keys[key[:MAX_TAG_KEY]], value[:MAX_TAG_VALUE])
            for key, value in tags.items()
            if key not in OWN_TAGS
        ],
    )
    rows.set_pairs(
        tx,
        "trace_metadata",
        [
            (number, keys[key[:MAX_TAG_KEY]], value[:MAX_METADATA])
            for key, value in metadata.items()
            if key not in _OWN_METADATA
        ],
    )
