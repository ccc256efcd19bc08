"""Give traces back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from padauk.core.errors import NotFoundError, UnsupportedError
from padauk.db import assessments as said
from padauk.db import spans as span_rows
from padauk.db import traces as rows
from padauk.traces.assess import noun
from padauk.traces.nouns import FINAL, NAME, SESSION, SIZES, SPANS_LOCATION, STATES, Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db import Session
    from padauk.db.spans import SpanRow
    from padauk.db.traces import TraceRow


def row_of(tx: Session, trace_id: str) -> TraceRow:
    """The row of a trace.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = rows.by_uid(tx, trace_id)
    if row is None:
        raise NotFoundError(f"Trace with ID '{trace_id}' not found.")
    return row


def get(tx: Session, trace_id: str) -> Trace:
    """The facts of a trace.

    Raises:
        NotFoundError: there is none of that id.
    """
    return traces_of(tx, [row_of(tx, trace_id)])[0]


def get_many(tx: Session, trace_ids: Sequence[str], experiments: Sequence[int] | None = None) -> list[Trace]:
    """The traces of these ids that are there (in these experiments), in the order asked for."""
    return traces_of(tx, _asked(tx, trace_ids, experiments))


def with_spans(tx: Session, trace_id: str, *, partial: bool = False) -> tuple[Trace, list[SpanRow]] | None:
    """A trace with its spans; ``None`` when some have not arrived yet and ``partial`` is not allowed.

    Raises:
        NotFoundError: there is none of that id.
        UnsupportedError: its spans are in a file of its artifacts, where its client put them.
    """
    row = rows.by_uid(tx, trace_id)
    if row is None:
        raise NotFoundError(f"Trace with ID {trace_id} is not found.")
    if not row.stored:
        raise UnsupportedError("Trace data not stored in tracking store")
    trace = traces_of(tx, [row])[0]
    spans = span_rows.of_traces(tx, [row.id])[row.id]
    return (trace, spans) if partial or (spans and len(spans) >= _expected(trace)) else None


def many_with_spans(
    tx: Session, trace_ids: Sequence[str], experiments: Sequence[int] | None = None
) -> list[tuple[Trace, list[SpanRow]]]:
    """Those of the traces that are there as a whole, with their spans, in the order asked for."""
    found = [row for row in _asked(tx, trace_ids, experiments) if row.stored]
    spans = span_rows.of_traces(tx, [row.id for row in found])
    pairs = [(trace, spans[row.id]) for row, trace in zip(found, traces_of(tx, found), strict=True)]
    return [(trace, own) for trace, own in pairs if own and len(own) >= _expected(trace)]


def traces_of(tx: Session, found: Sequence[TraceRow]) -> list[Trace]:
    """Rows as values, in their order, with three statements."""
    numbers = [row.id for row in found]
    tags = rows.pairs_of(tx, "trace_tags", numbers)
    metadata = rows.pairs_of(tx, "trace_metadata", numbers)
    spoken = said.of_traces(tx, numbers)
    traces = []
    for row in found:
        own_tags, own_metadata = tags.get(row.id, {}), metadata.get(row.id, {})
        if row.name is not None:
            own_tags[NAME] = row.name
        if row.stored:
            own_tags[SPANS_LOCATION] = "TRACKING_STORE"
        if row.session is not None:
            own_metadata[SESSION] = row.session
        if row.final:
            own_metadata[FINAL] = "true"
        traces.append(
            Trace(
                trace_id=row.uid,
                experiment_id=str(row.experiment_id),
                started=row.started,
                duration=row.duration,
                state=STATES[row.state],
                tags=own_tags,
                metadata=own_metadata,
                client_request_id=row.client_request_id,
                request_preview=row.request_preview,
                response_preview=row.response_preview,
                assessments=tuple(noun(one, row.uid) for one in spoken.get(row.id, ())),
            )
        )
    return traces


def _asked(tx: Session, trace_ids: Sequence[str], experiments: Sequence[int] | None) -> list[TraceRow]:
    wanted = [*dict.fromkeys(trace_ids)]
    found = {row.uid: row for row in rows.by_uids(tx, wanted)}
    return [
        found[uid]
        for uid in wanted
        if uid in found and (experiments is None or found[uid].experiment_id in experiments)
    ]


def _expected(trace: Trace) -> int:
    """How many spans its client says that it has."""
    try:
        return int(json.loads(trace.metadata[SIZES])["num_spans"])
    except (KeyError, ValueError, TypeError):
        return 1
