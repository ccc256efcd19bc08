"""Spans from JSON: protobuf's JSON form, with hex digits for the ids of traces and spans.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from typing import Any

import msgspec

from padauk.core.errors import BadRequestError
from padauk.server.otlp.protobuf import finite, made_span
from padauk.traces import Event, Link, Span

_INVALID = "Invalid OpenTelemetry format"
_STATUS = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_NUMBERS = {"NaN", "Infinity", "-Infinity"}


class _Value(msgspec.Struct, rename="camel"):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: _Array | None = None
    kvlist_value: _Pairs | None = None
    bytes_value: str | None = None


class _Pair(msgspec.Struct, rename="camel"):
    key: str = ""
    value: _Value | None = None


class _Array(msgspec.Struct, rename="camel"):
    values: list[_Value] = []


class _Pairs(msgspec.Struct, rename="camel"):
    values: list[_Pair] = []


class _Event(msgspec.Struct, rename="camel"):
    time_unix_nano: int | str = 0
    name: str = ""
    attributes: list[_Pair] = []


class _Link(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    attributes: list[_Pair] = []


class _Status(msgspec.Struct, rename="camel"):
    code: int | str = 0
    message: str | None = None


class _Span(msgspec.Struct, rename="camel"):
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    name: str = ""
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[_Pair] = []
    events: list[_Event] = []
    links: list[_Link] = []
    status: _Status = msgspec.field(default_factory=_Status)


class _Scope(msgspec.Struct, rename="camel"):
    spans: list[_Span] = []


class _Resource(msgspec.Struct, rename="camel"):
    attributes: list[_Pair] = []


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: _Resource = msgspec.field(default_factory=_Resource)
    scope_spans: list[_Scope] = []


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] = []


_decoder = msgspec.json.Decoder(_Request)


def read_request(body: bytes) -> list[Span]:
    """The spans of a request.

    Raises:
        BadRequestError: it does not parse or holds no spans.
    """
    try:
        request = _decoder.decode(body)
        spans = [
            _span(span, resource or None)
            for group in request.resource_spans
            for resource in (_pairs(group.resource.attributes),)
            for scope in group.scope_spans
            for span in scope.spans
        ]
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadRequestError(_INVALID) from error
    if not request.resource_spans:
        raise BadRequestError(f"{_INVALID} - no spans found")
    return spans


def _span(span: _Span, resource: dict[str, Any] | None) -> Span:
    code = span.status.code
    return made_span(
        _hex(span.trace_id),
        _hex(span.span_id),
        _hex(span.parent_span_id),
        span.name,
        (int(span.start_time_unix_nano), int(span.end_time_unix_nano)),
        (code if isinstance(code, int) else _STATUS.get(code, 0), span.status.message),
        _pairs(span.attributes),
        [Event(one.name, int(one.time_unix_nano), _pairs(one.attributes)) for one in span.events],
        [
            Link(f"tr-{_hex(one.trace_id):0>32}", f"{_hex(one.span_id):0>16}", _pairs(one.attributes))
            for one in span.links
        ],
        resource,
    )


def _hex(text: str) -> str:
    return bytes.fromhex(text).hex()


def _pairs(pairs: list[_Pair]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: _Value | None) -> Any:
    if value is None:
        return None
    for plain in (value.string_value, value.bool_value, value.bytes_value):
        if plain is not None:
            return plain
    if value.int_value is not None:
        whole = int(value.int_value)
        if not -(1 << 63) <= whole < 1 << 63:
            raise ValueError("a number of more than 64 bits")
        return whole
    if value.double_value is not None:
        double = value.double_value
        return double if double in _NUMBERS else finite(float(double))
    if value.array_value is not None:
        return [_value(one) for one in value.array_value.values]
    if value.kvlist_value is not None:
        return _pairs(value.kvlist_value.values)
    return None
