"""Traces of a source: facts, spans and what was said of them, a transaction each."""

from __future__ import annotations

import base64
import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from padauk.client.importing.sql import span_of
from padauk.db import assessments as said_rows
from padauk.db import imports as rows
from padauk.db import traces as trace_rows
from padauk.traces import assess, ingest, record
from padauk.traces.nouns import LOCATION, Span, Trace

if TYPE_CHECKING:
    from padauk.client.importing.carry import Carrier
    from padauk.client.importing.report import Report
    from padauk.client.importing.source import Source
    from padauk.client.importing.values import Traced
    from padauk.db import Session
    from padauk.workspace.service import Service


def put_traces(
    source: Source,
    service: Service,
    carrier: Carrier,
    report: Report,
    experiment: int,
    number: int,
) -> None:
    """Bring the traces of an experiment over; one that is there already stays as it is."""
    for traced in source.traces(experiment):
        uri = traced.tags.get(LOCATION, "")
        if not traced.spans:
            traced.spans.extend(_spans_of_file(traced.uid, carrier.folder(uri)))
        where = carrier.carry(traced.uid, uri, str(number), "traces", traced.uid, "artifacts")
        ingest.prepare(traced.spans)
        new = service.db.write(partial(_trace, traced, number, where))
        with service.db.read() as tx:
            row = trace_rows.by_uid(tx, traced.uid)
            spans = 0 if row is None else rows.count_of(tx, "spans", "trace_id", row.id)
            said = 0 if row is None else rows.count_of(tx, "assessments", "trace_id", row.id)
        report.add("traces", 1, int(row is not None), int(new))
        report.add("spans", len(traced.spans), spans, len(traced.spans) if new else 0)
        wanted = len(traced.assessments)
        report.add("assessments", wanted, said, wanted if new else 0)


def _trace(given: Traced, experiment: int, where: str, tx: Session) -> bool:
    if trace_rows.by_uid(tx, given.uid) is not None:
        return False
    trace = Trace(
        given.uid,
        str(experiment),
        given.started,
        given.duration,
        given.state,
        tags=given.tags,
        metadata=given.metadata,
        client_request_id=given.client_request_id,
        request_preview=given.request_preview,
        response_preview=given.response_preview,
    )
    record.start(tx, trace, location=where)
    if given.spans:
        ingest.log_spans(tx, experiment, given.spans, location=where)
    made = trace_rows.by_uid(tx, given.uid)
    if made is None:
        raise AssertionError("a trace that was just written is not there")
    for said in given.assessments:
        uid = assess.add(tx, made.id, said)
        if not said.valid:
            said_rows.set_valid(tx, made.id, uid, valid=False)
    trace_rows.link(tx, [(made.id, trace_rows.RUN, run) for run in given.runs])
    return True


def _spans_of_file(trace: str, folder: str | None) -> list[Span]:
    """The spans that MLflow wrote beside the artifacts, before it kept them in its database."""
    place = os.path.join(folder, "traces.json") if folder else ""
    if not os.path.isfile(place):
        return []
    try:
        with open(place, "rb") as file:
            found = json.load(file)["spans"]
        return [_span(trace, one) for one in found]
    except (ValueError, KeyError, TypeError):
        return []  # the file itself is an artifact, and comes with the others


def _span(trace: str, found: dict[str, Any]) -> Span:
    if "context" in found:  # MLflow 2
        own, parent = found["context"]["span_id"], found.get("parent_id")
        own, parent = own.removeprefix("0x"), parent.removeprefix("0x") if parent else None
        status = {"code": found.get("status_code", ""), "message": found.get("status_message")}
        events = [{**one, "time_unix_nano": one.get("timestamp", 0)} for one in found.get("events") or []]
        found = {**found, "status": status, "events": events}
        return span_of(trace, own, parent, None, found["start_time"], found.get("end_time"), found)
    above = found.get("parent_span_id")
    return span_of(
        trace,
        base64.b64decode(found["span_id"]).hex(),
        base64.b64decode(above).hex() if above else None,
        None,
        found["start_time_unix_nano"],
        found.get("end_time_unix_nano"),
        found,
    )
