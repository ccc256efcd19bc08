"""The nouns of tracing. Times of traces are milliseconds, those of spans nanoseconds, since 1970 UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")
KINDS = ("feedback", "expectation", "issue")
UNSET, OK, ERROR = 0, 1, 2

SESSION = "mlflow.trace.session"
NAME = "mlflow.traceName"
USER = "mlflow.trace.user"
LOCATION = "mlflow.artifactLocation"
SPANS_LOCATION = "mlflow.trace.spansLocation"
FINAL = "mlflow.trace.infoFinalized"
SIZES = "mlflow.trace.sizeStats"
TOKENS = "mlflow.trace.tokenUsage"
COST = "mlflow.trace.cost"
REQUEST_ID = "mlflow.traceRequestId"
INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
SPAN_TYPE = "mlflow.spanType"
SPAN_TOKENS = "mlflow.chat.tokenUsage"
SPAN_COST = "mlflow.llm.cost"
TAG_PREFIX = "mlflow.traceTag."


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened inside a span."""

    name: str
    time: int
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A span of another trace that a span has to do with."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Span:
    """One step of a trace.

    Attributes:
        trace_id: ``tr-`` and 32 hex digits.
        span_id: 16 hex digits.
        parent_id: the span around it; ``None`` for the root.
        status: ``UNSET``, ``OK`` or ``ERROR``.
        attributes: JSON values by name.
        resource: attributes of the process it comes from.
        json: attributes, and all else that has no column, as they are stored.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    started: int
    ended: int | None
    status: int = UNSET
    message: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    resource: dict[str, Any] | None = None
    json: tuple[str, str | None] = ("{}", None)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a person, a judge or code said of a trace.

    Attributes:
        kind: one of :data:`KINDS`.
        value: a JSON value.
        error: why there is no value: ``error_code``, ``error_message``, ``stack_trace``.
        overrides: the assessment that this one stands in for.
        valid: whether no other stands in for this one.
    """

    name: str
    kind: str
    value: Any
    trace_id: str = ""
    assessment_id: str = ""
    error: dict[str, Any] | None = None
    created: int = 0
    updated: int = 0
    source_type: str = "SOURCE_TYPE_UNSPECIFIED"
    source_id: str | None = None
    run_id: str | None = None
    span_id: str | None = None
    rationale: str | None = None
    overrides: str | None = None
    valid: bool = True
    metadata: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The facts of a trace, without its spans.

    Attributes:
        duration: milliseconds, ``None`` while it runs.
        state: one of :data:`STATES`.
    """

    trace_id: str
    experiment_id: str
    started: int
    duration: int | None = None
    state: str = "IN_PROGRESS"
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    assessments: tuple[Assessment, ...] = ()
