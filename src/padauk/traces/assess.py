"""Feedback, expectations and issues: what is said of traces. Each function works inside a transaction."""

from __future__ import annotations

import json
import math
import uuid
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import assessments as rows
from padauk.db import traces as trace_rows
from padauk.traces.nouns import KINDS, SESSION, Assessment

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.db.assessments import AssessmentRow

_SOURCE_RUN = "mlflow.assessment.sourceRunId"


def create(tx: Session, trace_id: str, given: Assessment) -> Assessment:
    """Say something of a trace.

    Raises:
        NotFoundError: there is no such trace, or no assessment that this one could override.
    """
    number = _trace(tx, trace_id)
    if given.overrides and not rows.set_valid(tx, number, given.overrides, valid=False):
        raise NotFoundError(f"Assessment with ID '{given.overrides}' not found for trace '{trace_id}'")
    uid = add(tx, number, given)
    return get(tx, trace_id, uid)


def add(tx: Session, number: int, given: Assessment) -> str:
    """Write what was said of the trace of that number; its id."""
    uid = given.assessment_id or f"a-{uuid.uuid4().hex}"
    moment = now_ms()
    rows.upsert(
        tx,
        {
            "uid": uid,
            "trace_id": number,
            "name": given.name,
            "kind": KINDS.index(given.kind),
            "value": _json(given.value),
            "number": number_in(given.value),
            "error": _json(given.error) if given.error else None,
            "created": given.created or moment,
            "updated": given.updated or moment,
            "source_type": given.source_type,
            "source_id": given.source_id,
            "run_id": given.run_id or (given.metadata or {}).get(_SOURCE_RUN),
            "span_id": given.span_id,
            "rationale": given.rationale,
            "overrides": given.overrides,
            "valid": 1,
            **_metadata(given.metadata),
        },
    )
    return uid


def get(tx: Session, trace_id: str, assessment_id: str) -> Assessment:
    """One assessment of a trace.

    Raises:
        NotFoundError: there is no such trace or assessment.
    """
    return noun(_find(tx, trace_id, assessment_id), trace_id)


def update(
    tx: Session,
    trace_id: str,
    assessment_id: str,
    *,
    name: str | None = None,
    feedback: Assessment | None = None,
    expectation: Assessment | None = None,
    rationale: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Assessment:
    """Change what was said; metadata is added to what there is, ``None`` leaves a thing as it is.

    Raises:
        NotFoundError: there is no such trace or assessment.
        InputError: a value of the other kind.
    """
    row = _find(tx, trace_id, assessment_id)
    kind = KINDS[row.kind]
    if feedback is not None and expectation is not None:
        raise InputError("Cannot specify both `expectation` and `feedback` parameters.")
    if expectation is not None and kind != "expectation":
        raise InputError("Cannot update expectation value on a Feedback assessment.")
    if feedback is not None and kind != "feedback":
        raise InputError("Cannot update feedback value on an Expectation assessment.")
    changes: dict[str, Any] = {"updated": now_ms()}
    if name is not None:
        changes["name"] = name
    if rationale is not None:
        changes["rationale"] = rationale
    given = feedback or expectation
    if given is not None:
        changes["value"], changes["number"] = _json(given.value), number_in(given.value)
        changes["error"] = _json(given.error) if given.error else None
    if metadata:
        changes |= _metadata({**(json.loads(row.metadata) if row.metadata else {}), **metadata})
    rows.update(tx, row.id, changes)
    return get(tx, trace_id, assessment_id)


def delete(tx: Session, trace_id: str, assessment_id: str) -> None:
    """Take back what was said; what it stood in for counts again. One that is gone already is fine.

    Raises:
        NotFoundError: there is no such trace.
    """
    number = _trace(tx, trace_id)
    row = rows.find(tx, number, assessment_id)
    if row is not None:
        if row.overrides:
            rows.set_valid(tx, number, row.overrides, valid=True)
        rows.delete(tx, row.id)


def noun(row: AssessmentRow, trace_id: str) -> Assessment:
    """A row as a value."""
    return Assessment(
        name=row.name,
        kind=KINDS[row.kind],
        value=json.loads(row.value),
        trace_id=trace_id,
        assessment_id=row.uid,
        error=json.loads(row.error) if row.error else None,
        created=row.created,
        updated=row.updated,
        source_type=row.source_type,
        source_id=row.source_id,
        run_id=row.run_id,
        span_id=row.span_id,
        rationale=row.rationale,
        overrides=row.overrides,
        valid=bool(row.valid),
        metadata=json.loads(row.metadata) if row.metadata else None,
    )


def number_in(value: object) -> float | None:
    """A value as a number that filters compare: only what is one, and finite."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        return number if math.isfinite(number) else None
    return None


def _metadata(metadata: dict[str, str] | None) -> dict[str, Any]:
    return {
        "metadata": _json(metadata) if metadata else None,
        "of_session": int(bool(metadata) and SESSION in (metadata or {})),
    }


def _trace(tx: Session, trace_id: str) -> int:
    row = trace_rows.by_uid(tx, trace_id)
    if row is None:
        raise NotFoundError(f"Trace with ID '{trace_id}' not found.")
    return row.id


def _find(tx: Session, trace_id: str, assessment_id: str) -> AssessmentRow:
    row = rows.find(tx, _trace(tx, trace_id), assessment_id)
    if row is None:
        raise NotFoundError(f"Assessment with ID '{assessment_id}' not found for trace '{trace_id}'")
    return row


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
