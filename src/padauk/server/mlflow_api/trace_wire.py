"""Traces, spans and assessments in MLflow's JSON: protobuf's mapping, with snake_case names.

Times of traces are RFC 3339 texts, durations are seconds with an ``s``, ids of spans are base64, and values
of attributes name their type.
"""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from padauk.core.errors import InputError
from padauk.server.wire import Message, encode, invalid_parameter, missing_parameter
from padauk.traces import Assessment, Trace
from padauk.traces.nouns import REQUEST_ID, STATES

if TYPE_CHECKING:
    from padauk.db.spans import SpanRow

_decode = msgspec.json.Decoder().decode
_SOURCES = ("SOURCE_TYPE_UNSPECIFIED", "HUMAN", "LLM_JUDGE", "CODE")
_STATUS: tuple[dict[str, str], ...] = ({}, {"code": "STATUS_CODE_OK"}, {"code": "STATUS_CODE_ERROR"})
_STATUS_NAMES = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")
_JSON_FORMAT = "JSON_FORMAT"


class WireExperiment(Message):
    experiment_id: str = ""


class WireLocation(Message):
    type: str | int = ""
    mlflow_experiment: WireExperiment | None = None


class WireSource(Message):
    source_type: str | int = 0
    source_id: str | None = None


class WireError(Message):
    error_code: str | None = None
    error_message: str | None = None
    stack_trace: str | None = None


class WireFeedback(Message):
    value: Any = None
    error: WireError | None = None


class WireSerialized(Message):
    serialization_format: str = ""
    value: str = ""


class WireExpectation(Message):
    value: Any = None
    serialized_value: WireSerialized | None = None


class WireIssue(Message):
    issue_name: str | None = None


class WireAssessment(Message):
    assessment_id: str | None = None
    assessment_name: str = ""
    trace_id: str | None = None
    span_id: str | None = None
    source: WireSource | None = None
    create_time: str | None = None
    last_update_time: str | None = None
    feedback: WireFeedback | None = None
    expectation: WireExpectation | None = None
    issue: WireIssue | None = None
    rationale: str | None = None
    metadata: dict[str, str] = {}
    overrides: str | None = None
    valid: bool | None = None


class WireTraceInfo(Message):
    trace_id: str = ""
    client_request_id: str | None = None
    trace_location: WireLocation | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    request_time: str | None = None
    execution_duration: str | None = None
    state: str | int = 0
    trace_metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    assessments: list[WireAssessment] = []

    def experiment(self) -> str:
        """The experiment that it belongs to.

        Raises:
            InputError: it names none.
        """
        if self.trace_location is None or self.trace_location.mlflow_experiment is None:
            raise missing_parameter("trace.trace_info.trace_location")
        return self.trace_location.mlflow_experiment.experiment_id


def read_trace(info: WireTraceInfo, experiment_id: str) -> Trace:
    """A trace as a client describes it.

    Raises:
        InputError: a time, the state or an assessment is none.
    """
    return Trace(
        trace_id=info.trace_id,
        experiment_id=experiment_id,
        started=_read_time("request_time", info.request_time) or 0,
        duration=_read_duration(info.execution_duration),
        state=_member("state", info.state, STATES),
        tags=info.tags,
        metadata=info.trace_metadata,
        client_request_id=info.client_request_id,
        request_preview=info.request_preview,
        response_preview=info.response_preview,
        assessments=tuple(read_assessment(one) for one in info.assessments),
    )


def read_assessment(given: WireAssessment) -> Assessment:
    """An assessment as a client describes it.

    Raises:
        InputError: it says nothing, or a time or source is none.
    """
    error: dict[str, Any] | None = None
    value: Any
    if given.feedback is not None:
        kind, value = "feedback", given.feedback.value
        if given.feedback.error is not None:
            fields = ("error_code", "error_message", "stack_trace")
            error = {
                name: text for name in fields if (text := getattr(given.feedback.error, name)) is not None
            }
    elif given.expectation is not None:
        kind, value = "expectation", given.expectation.value
        if given.expectation.serialized_value is not None:
            try:
                value = json.loads(given.expectation.serialized_value.value)
            except ValueError as wrong:
                raise InputError("The serialized value of the expectation is no JSON") from wrong
    elif given.issue is not None:
        kind, value = "issue", {"issue_name": given.issue.issue_name}
    else:
        raise InputError("Assessment must have either feedback, expectation, or issue value")
    source = given.source or WireSource()
    return Assessment(
        name=given.assessment_name,
        kind=kind,
        value=value,
        assessment_id=given.assessment_id or "",
        error=error,
        created=_read_time("create_time", given.create_time) or 0,
        updated=_read_time("last_update_time", given.last_update_time) or 0,
        source_type=_member("source_type", source.source_type, _SOURCES),
        source_id=source.source_id,
        span_id=given.span_id,
        rationale=given.rationale,
        overrides=given.overrides,
        metadata=given.metadata or None,
    )


def shown(trace: Trace) -> dict[str, Any]:
    """The facts of a trace (``TraceInfoV3``)."""
    found: dict[str, Any] = {
        "trace_id": trace.trace_id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": trace.experiment_id},
        },
        "request_time": shown_time(trace.started),
        "state": trace.state,
    }
    texts = {
        "client_request_id": trace.client_request_id,
        "request_preview": trace.request_preview,
        "response_preview": trace.response_preview,
    }
    found |= {name: text for name, text in texts.items() if text is not None}
    if trace.duration is not None:
        found["execution_duration"] = _shown_duration(trace.duration)
    if trace.metadata:
        found["trace_metadata"] = trace.metadata
    if trace.tags:
        found["tags"] = trace.tags
    if trace.assessments:
        found["assessments"] = [shown_assessment(one) for one in trace.assessments]
    return found


def shown_v2(trace: Trace) -> dict[str, Any]:
    """The facts of a trace, as clients before MLflow 3 read them (``TraceInfo``)."""
    found: dict[str, Any] = {
        "request_id": trace.trace_id,
        "experiment_id": trace.experiment_id,
        "timestamp_ms": trace.started,
        "execution_time_ms": trace.duration or 0,
        "status": "TRACE_STATUS_UNSPECIFIED" if trace.state == STATES[0] else trace.state,
        "tags": [{"key": key, "value": value} for key, value in trace.tags.items()],
    }
    if trace.metadata:
        found["request_metadata"] = [{"key": key, "value": value} for key, value in trace.metadata.items()]
    return found


def shown_assessment(said: Assessment) -> dict[str, Any]:
    """An assessment."""
    found: dict[str, Any] = {
        "assessment_id": said.assessment_id,
        "assessment_name": said.name,
        "trace_id": said.trace_id,
        "source": {"source_type": said.source_type},
        "create_time": shown_time(said.created),
        "last_update_time": shown_time(said.updated),
        "valid": said.valid,
    }
    if said.source_id is not None:
        found["source"]["source_id"] = said.source_id
    if said.kind == "feedback":
        found["feedback"] = {"value": said.value}
        if said.error:
            found["feedback"]["error"] = said.error
    elif said.kind == "expectation":
        found["expectation"] = _shown_expectation(said.value)
    else:
        found["issue"] = said.value
    more = {
        "span_id": said.span_id,
        "rationale": said.rationale,
        "overrides": said.overrides,
        "metadata": said.metadata,
    }
    return found | {name: value for name, value in more.items() if value}


def _shown_expectation(value: Any) -> dict[str, Any]:
    plain = isinstance(value, str | int | float | bool) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )
    if plain:
        return {"value": value}
    return {"serialized_value": {"serialization_format": _JSON_FORMAT, "value": json.dumps(value)}}


def encoded_span(row: SpanRow, trace_id: str) -> msgspec.Raw:
    """A span, as OpenTelemetry's protobuf message in JSON: a trace may have too many to hold."""
    return msgspec.Raw(encode(_shown_span(row, trace_id)))


def _shown_span(row: SpanRow, trace_id: str) -> dict[str, Any]:
    attributes = _decode(row.attributes)
    found: dict[str, Any] = {
        "trace_id": _base64(trace_id.removeprefix("tr-")),
        "span_id": _base64(row.span_id),
        "name": row.name,
        "start_time_unix_nano": row.started,
        "attributes": _pairs({REQUEST_ID: trace_id, **attributes}),
        "status": _STATUS[row.status],
    }
    if row.parent_id:
        found["parent_span_id"] = _base64(row.parent_id)
    if row.ended:
        found["end_time_unix_nano"] = row.ended
    more = _decode(row.more) if row.more else {}
    if "message" in more:
        found["status"] = {**found["status"], "message": more["message"]}
    if "events" in more:
        found["events"] = [
            {"name": name, "time_unix_nano": at, "attributes": _pairs(own)}
            for name, at, own in more["events"]
        ]
    if "links" in more:
        found["links"] = [
            {
                "trace_id": _base64(trace.removeprefix("tr-")),
                "span_id": _base64(span),
                "attributes": _pairs(own),
            }
            for trace, span, own in more["links"]
        ]
    return found


def stored_span(row: SpanRow, trace_id: str) -> dict[str, Any]:
    """A span, as MLflow's clients keep it in a file: values of attributes are JSON in texts."""
    more = _decode(row.more) if row.more else {}
    attributes = {REQUEST_ID: trace_id, **_decode(row.attributes)}
    return {
        "trace_id": _base64(trace_id.removeprefix("tr-")),
        "span_id": _base64(row.span_id),
        "parent_span_id": _base64(row.parent_id) if row.parent_id else None,
        "name": row.name,
        "start_time_unix_nano": row.started,
        "end_time_unix_nano": row.ended,
        "events": [
            {"name": name, "time_unix_nano": at, "attributes": own}
            for name, at, own in more.get("events", ())
        ],
        "status": {"code": _STATUS_NAMES[row.status], "message": more.get("message", "")},
        "attributes": {key: json.dumps(value, ensure_ascii=False) for key, value in attributes.items()},
        "links": [
            {"trace_id": trace, "span_id": span, "attributes": own}
            for trace, span, own in more.get("links", ())
        ],
    }


def shown_time(milliseconds: int) -> str:
    """A time as protobuf writes it."""
    seconds, rest = divmod(milliseconds, 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{text}.{rest:03}Z" if rest else f"{text}Z"


def _shown_duration(milliseconds: int) -> str:
    seconds, rest = divmod(abs(milliseconds), 1000)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{seconds}.{rest:03}s" if rest else f"{sign}{seconds}s"


def _read_time(name: str, text: str | None) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_parameter(name, text) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def _read_duration(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seconds = float(text.removesuffix("s"))
        if not text.endswith("s") or not abs(seconds) < 1e12:
            raise ValueError(text)
    except ValueError as error:
        raise invalid_parameter("execution_duration", text) from error
    return round(seconds * 1000)


def _member(name: str, given: str | int, members: tuple[str, ...]) -> str:
    """A member of an enum, by its name or number."""
    if isinstance(given, int) and 0 <= given < len(members):
        return members[given]
    if given in members:
        return str(given)
    raise invalid_parameter(name, given)


def _base64(digits: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(digits)).decode()
    except ValueError:  # a trace whose id a client made up
        return base64.b64encode(digits.encode()).decode()


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key} if value is None else {"key": key, "value": _value(value)}
        for key, value in attributes.items()
    ]


def _value(value: Any) -> dict[str, Any]:
    """A value with its type (``AnyValue``)."""
    if isinstance(value, str):
        return {"string_value": value}
    if isinstance(value, bool):
        return {"bool_value": value}
    if isinstance(value, int):
        # protobuf's integers have 64 bits
        return {"int_value": value} if -(1 << 63) <= value < 1 << 63 else {"string_value": str(value)}
    if isinstance(value, float):
        return {"double_value": value}
    if isinstance(value, dict):
        return {"kvlist_value": {"values": _pairs(value)}}
    if isinstance(value, list):
        return {"array_value": {"values": [_value(one) for one in value]}}
    return {}
