"""Take in spans. They come in any order, more than once, before or after the facts of their trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import BusyError
from padauk.db import spans as span_rows
from padauk.db import traces as rows
from padauk.db.spans import SpanRow
from padauk.db.traces import TraceRow
from padauk.traces.nouns import (
    COST,
    ERROR,
    INPUTS,
    LOCATION,
    NAME,
    OUTPUTS,
    REQUEST_ID,
    SPAN_COST,
    SPAN_TOKENS,
    SPAN_TYPE,
    STATES,
    TAG_PREFIX,
    TOKENS,
    USER,
    Span,
)
from padauk.traces.preview import preview
from padauk.traces.record import MAX_METADATA, MAX_SESSION, MAX_TAG_KEY, MAX_TAG_VALUE, OWN_TAGS
from padauk.traces.translate import SESSION_KEYS, USER_KEY, first, translate
from padauk.traces.usage import COST_KEYS, TOKEN_KEYS, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from padauk.db import Session

_encode = msgspec.json.Encoder().encode
_RUNNING = (STATES.index("STATE_UNSPECIFIED"), STATES.index("IN_PROGRESS"))


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
    fresh: set[str] = set()
    tags: list[tuple[int, str, str]] = []
    for uid in sorted(by_trace):
        own = by_trace[uid]
        row = there.get(uid)
        if row is None:
            row = _new(uid, experiment_id, own)
            told = _told(row, own)
            own_tags = _tags(own, told)
            number = rows.insert(tx, {**_columns(row), **told})
            if number is None:  # another process was first
                row = rows.by_uid(tx, uid)
                if row is None:
                    raise BusyError(f"Trace with ID '{uid}' was deleted while its spans were logged")
            else:
                row = row._replace(id=number, **told)
                own_tags[LOCATION] = location.replace("{trace_id}", uid)
                fresh.add(uid)
            there[uid] = row
        if uid not in fresh:
            told = _told(row, own)
            own_tags = _tags(own, told)
            rows.update(tx, row.id, told)
        tags += [(row.id, *pair) for pair in own_tags.items()]
    span_rows.upsert(tx, [_row(there[span.trace_id].id, span) for span in spans])
    metadata = [
        (there[uid].id, *pair)
        for uid, own in by_trace.items()
        for pair in _metadata(tx, there[uid], own, fresh=uid in fresh).items()
    ]
    keys = tx.names.ids(tx, [key for _, key, _ in (*tags, *metadata)])
    rows.set_pairs(tx, "trace_tags", [(number, keys[key], value) for number, key, value in tags])
    open_rows = [(number, keys[key], value) for number, key, value in metadata]
    final = {row.id for row in there.values() if row.final}
    rows.add_pairs(tx, "trace_metadata", [one for one in open_rows if one[0] in final])
    rows.set_pairs(tx, "trace_metadata", [one for one in open_rows if one[0] not in final])
    return [uid for uid, own in by_trace.items() if any(span.parent_id is None for span in own)]


def _new(uid: str, experiment_id: int, spans: Sequence[Span]) -> TraceRow:
    """A trace of which only spans are known; its number is not."""
    started = min(span.started for span in spans) // 1_000_000
    running = STATES.index("IN_PROGRESS")
    return TraceRow(0, uid, experiment_id, started, None, running, 0, 1, None, None, None, None, None)


def _columns(row: TraceRow) -> dict[str, Any]:
    values = row._asdict()
    del values["id"]
    return values


def _row(number: int, span: Span) -> SpanRow:
    return SpanRow(
        number,
        span.span_id,
        span.parent_id,
        span.name,
        str(span.attributes.get(SPAN_TYPE) or ""),
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
    return {key: value for key, value in tags.items() if key not in OWN_TAGS}


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
    try:
        return _encode(value).decode()
    except OverflowError:  # an integer that is longer than msgspec's
        return json.dumps(value, ensure_ascii=False, default=str)
