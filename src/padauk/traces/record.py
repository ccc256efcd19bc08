"""Write traces. Their facts and their spans come in any order, more than once, and from several processes."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import InputError, NotFoundError
from padauk.db import runs as run_rows
from padauk.db import spans as span_rows
from padauk.db import traces as rows
from padauk.db.spans import SpanRow
from padauk.traces import assess, read
from padauk.traces.nouns import (
    COST,
    ERROR,
    FINAL,
    INPUTS,
    LOCATION,
    NAME,
    OUTPUTS,
    REQUEST_ID,
    SESSION,
    SPAN_COST,
    SPAN_TOKENS,
    SPAN_TYPE,
    SPANS_LOCATION,
    STATES,
    TAG_PREFIX,
    TOKENS,
    USER,
    Span,
    Trace,
)
from padauk.traces.preview import MAX_PREVIEW, preview
from padauk.traces.translate import SESSION_KEYS, USER_KEY, first, translate
from padauk.traces.usage import COST_KEYS, TOKEN_KEYS, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.db import Session
    from padauk.db.traces import TraceRow

MAX_METADATA = 250
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 4096
MAX_SESSION = 250
MAX_LINKS = 100
_encode = msgspec.json.Encoder().encode
_RUNNING = (STATES.index("STATE_UNSPECIFIED"), STATES.index("IN_PROGRESS"))
_OWN_TAGS = {NAME, SPANS_LOCATION}
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
    number, _ = _ensure(tx, given.trace_id, int(given.experiment_id), given.started, location)
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
    _put_pairs(tx, number, given.tags, given.metadata, changes)
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
    number, _ = _ensure(tx, uid, experiment_id, started, location)
    changes: dict[str, Any] = {}
    _put_pairs(tx, number, tags, metadata, changes)
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


def prepare(spans: Iterable[Span]) -> None:
    """Do with spans what needs no transaction: MLflow's names for what they bring, and their JSON."""
    for span in spans:
        span.attributes.pop(REQUEST_ID, None)  # the server knows, and trusts no client's
        translate(span.attributes)
        more: dict[str, Any] = {}
        if span.message:
            more["message"] = span.message
        if span.events:
            more["events"] = [[event.name, event.time, event.attributes] for event in span.events]
        if span.links:
            more["links"] = [[link.trace_id, link.span_id, link.attributes] for link in span.links]
        span.json = (_json(span.attributes), _json(more) if more else None)


def log_spans(tx: Session, experiment_id: int, spans: Sequence[Span], *, location: str) -> list[str]:
    """Write spans, making their traces where they are new; the ids of traces whose root was among them.

    What a client said of a trace by ``start`` stays; what it left open is told from the spans.

    Args:
        tx: the transaction.
        experiment_id: where new traces go; the caller has checked it.
        spans: of any number of traces, as ``prepare`` left them.
        location: as in ``start``.
    """
    by_trace: dict[str, list[Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, []).append(span)
    there = {row.uid: row for row in rows.by_uids(tx, [*by_trace])}
    tags: list[tuple[int, str, str]] = []
    metadata: list[tuple[int, str, str]] = []
    for uid in sorted(by_trace):
        own = by_trace[uid]
        fresh = uid not in there
        if fresh:
            _, there[uid] = _ensure(
                tx, uid, experiment_id, min(s.started for s in own) // 1_000_000, location
            )
        row = there[uid]
        span_rows.upsert(tx, [_row(row.id, span) for span in own])
        told = _told(row, own)
        tags += [(row.id, *pair) for pair in _tags(own, told).items()]
        metadata += [(row.id, *pair) for pair in _metadata(tx, row, own, fresh=fresh).items()]
        rows.update(tx, row.id, told)
    keys = tx.names.ids(tx, [key for _, key, _ in (*tags, *metadata)])
    rows.set_pairs(tx, "trace_tags", [(number, keys[key], value) for number, key, value in tags])
    open_rows = [(number, keys[key], value) for number, key, value in metadata]
    final = {row.id for row in there.values() if row.final}
    rows.add_pairs(tx, "trace_metadata", [one for one in open_rows if one[0] in final])
    rows.set_pairs(tx, "trace_metadata", [one for one in open_rows if one[0] not in final])
    return [uid for uid, own in by_trace.items() if any(span.parent_id is None for span in own)]


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
    """Note that traces have to do with a run; ids of no trace are passed over.

    Raises:
        InputError: more than a hundred at once.
        NotFoundError: there is no such run.
    """
    if len(trace_ids) > MAX_LINKS:
        raise InputError(
            f"Cannot link more than {MAX_LINKS} traces to a run in a single request."
            f" Provided {len(trace_ids)} traces."
        )
    if run_rows.by_uid(tx, run_id) is None:
        raise NotFoundError(f"Run with id={run_id} not found")
    rows.link(tx, [(row.id, rows.RUN, run_id) for row in rows.by_uids(tx, [*dict.fromkeys(trace_ids)])])


def link_prompts(tx: Session, trace_id: str, prompts: Iterable[tuple[str, int]]) -> None:
    """Note which versions of prompts a trace used.

    Raises:
        NotFoundError: there is no such trace.
    """
    number = read.row_of(tx, trace_id).id
    rows.link(tx, [(number, rows.PROMPT, f"{name}/{version}") for name, version in prompts])


def _ensure(tx: Session, uid: str, experiment_id: int, started: int, location: str) -> tuple[int, TraceRow]:
    """The number and row of a trace, made when it is new."""
    number = rows.insert(tx, uid, experiment_id, started)
    if number is not None:
        key = tx.names.ids(tx, [LOCATION])[LOCATION]
        rows.set_pairs(tx, "trace_tags", [(number, key, location.replace("{trace_id}", uid))])
    row = read.row_of(tx, uid)
    return row.id, row


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
            if key not in _OWN_TAGS and key != LOCATION
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


def _row(number: int, span: Span) -> SpanRow:
    return SpanRow(
        number,
        span.span_id,
        span.parent_id,
        span.name,
        str(span.attributes.get(SPAN_TYPE) or "UNKNOWN"),
        span.status,
        span.started,
        span.ended,
        *span.json,
    )


def _told(row: TraceRow, spans: Sequence[Span]) -> dict[str, Any]:
    """What spans say of the columns of their trace that its client has not settled."""
    told: dict[str, Any] = {"stored": 1}
    root = next((span for span in spans if span.parent_id is None), None)
    if not row.final:
        started = min(row.started, *(span.started // 1_000_000 for span in spans))
        ends = [span.ended // 1_000_000 for span in spans if span.ended]
        if row.duration is not None:
            ends.append(row.started + row.duration)
        told["started"] = started
        if ends:
            told["duration"] = max(ends) - started
    if root is not None:
        if row.state in _RUNNING:
            told["state"] = STATES.index("ERROR" if root.status == ERROR else "OK")
        if row.request_preview is None:
            told["request_preview"] = preview(root.attributes.get(INPUTS), "user")
        if row.response_preview is None:
            told["response_preview"] = preview(root.attributes.get(OUTPUTS), "assistant")
    if row.session is None:
        for span in spans:
            session = first(span.attributes, SESSION_KEYS)
            if session is not None:
                told["session"] = str(session)[:MAX_SESSION]
                break
    return told


def _tags(spans: Sequence[Span], told: dict[str, Any]) -> dict[str, str]:
    """Tags of a trace that came with its spans: of the process, and of the root span over them."""
    tags: dict[str, str] = {}
    resource = next((span.resource for span in spans if span.resource), {})
    for key, value in resource.items():
        if key and not key.startswith(("telemetry.sdk.", "mlflow.")):
            tags[key[:MAX_TAG_KEY]] = _text(value)[:MAX_TAG_VALUE]
    for span in spans:
        if span.parent_id is None:
            for key, value in span.attributes.items():
                name = key.removeprefix(TAG_PREFIX)
                if name != key and name:
                    tags[name[:MAX_TAG_KEY]] = _text(value)[:MAX_TAG_VALUE]
    if NAME in tags:
        told["name"] = tags[NAME]
    return {key: value for key, value in tags.items() if key not in _OWN_TAGS}


def _metadata(tx: Session, row: TraceRow, spans: Sequence[Span], *, fresh: bool) -> dict[str, str]:
    """The user, and what all spans together used: counted once the root is there."""
    found: dict[str, str] = {}
    user = next((user for span in spans if (user := span.attributes.get(USER_KEY)) is not None), None)
    if user is not None:
        found[USER] = str(user)[:MAX_METADATA]
    used = any(SPAN_TOKENS in span.attributes or SPAN_COST in span.attributes for span in spans)
    root = any(span.parent_id is None for span in spans)
    if fresh and not used:
        return found
    if not root and (row.state in _RUNNING or not used):
        return found
    nodes: list[tuple[str, str | None, dict[str, Any]]]
    if fresh:
        nodes = [(span.span_id, span.parent_id, span.attributes) for span in spans]
    else:
        nodes = [
            (span, parent, json.loads(attributes) if attributes else {})
            for span, parent, attributes in span_rows.with_attribute(tx, row.id, (SPAN_TOKENS, SPAN_COST))
        ]
    for name, source, keys in ((TOKENS, SPAN_TOKENS, TOKEN_KEYS), (COST, SPAN_COST, COST_KEYS)):
        sums = total(((span, parent, _figures(own.get(source))) for span, parent, own in nodes), keys)
        if sums is not None:
            found[name] = json.dumps(sums)[:MAX_METADATA]
    return found


def _figures(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return _encode(value).decode()
