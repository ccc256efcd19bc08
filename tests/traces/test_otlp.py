"""The decoder of spans beside OpenTelemetry's own protobuf messages."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from padauk.core.errors import BadRequestError
from padauk.server.otlp import JSON, PROTOBUF, spans_in, unpacked

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    texts
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
attributes = st.dictionaries(texts, values, max_size=4)
times = st.integers(0, 2**63 - 1)


def _set(into: AnyValue, value: Any) -> None:
    if isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, int):
        into.int_value = value
    elif isinstance(value, float):
        into.double_value = value
    elif isinstance(value, list):
        into.array_value.SetInParent()
        for one in value:
            _set(into.array_value.values.add(), one)
    elif isinstance(value, dict):
        into.kvlist_value.SetInParent()
        _fill(into.kvlist_value.values, value)


def _fill(into: Any, pairs: dict[str, Any]) -> None:
    for key, value in pairs.items():
        pair = KeyValue(key=key)
        _set(pair.value, value)
        into.append(pair)


@st.composite
def requests(draw: st.DrawFn) -> tuple[ExportTraceServiceRequest, list[dict[str, Any]]]:
    """A request, and what must be read from it."""
    request = ExportTraceServiceRequest()
    expected = []
    for _ in range(draw(st.integers(1, 2))):
        group = request.resource_spans.add()
        resource = draw(attributes)
        _fill(group.resource.attributes, resource)
        scope = group.scope_spans.add()
        scope.scope.name = draw(texts)
        for _ in range(draw(st.integers(0, 3))):
            span = scope.spans.add()
            span.trace_id = draw(st.binary(min_size=16, max_size=16))
            span.span_id = draw(st.binary(min_size=8, max_size=8))
            parent = draw(st.none() | st.integers(1, 255))
            if parent:
                span.parent_span_id = bytes([parent] * 8)
            span.name = draw(texts)
            span.kind = 2
            span.trace_state = draw(texts)
            span.flags = 257
            span.start_time_unix_nano, span.end_time_unix_nano = draw(times), draw(times)
            own = draw(attributes)
            _fill(span.attributes, own)
            span.status.code, span.status.message = draw(st.integers(0, 2)), draw(texts)
            event = span.events.add(name=draw(texts), time_unix_nano=draw(times))
            of_event = draw(attributes)
            _fill(event.attributes, of_event)
            link = span.links.add(trace_id=b"\1" * 16, span_id=b"\2" * 8)
            _fill(link.attributes, own)
            expected.append(
                {
                    "trace_id": f"tr-{span.trace_id.hex()}",
                    "span_id": span.span_id.hex(),
                    "parent_id": span.parent_span_id.hex() or None,
                    "name": span.name,
                    "started": span.start_time_unix_nano,
                    "ended": span.end_time_unix_nano or None,
                    "status": span.status.code,
                    "message": span.status.message or None,
                    "attributes": own,
                    "resource": resource or None,
                    "events": [(event.name, event.time_unix_nano, of_event)],
                    "links": [(f"tr-{'01' * 16}", "02" * 8, own)],
                }
            )
    return request, expected


def _seen(body: bytes, kind: str) -> list[dict[str, Any]]:
    return [
        {
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_id": span.parent_id,
            "name": span.name,
            "started": span.started,
            "ended": span.ended,
            "status": span.status,
            "message": span.message,
            "attributes": span.attributes,
            "resource": span.resource,
            "events": [(event.name, event.time, event.attributes) for event in span.events],
            "links": [(link.trace_id, link.span_id, link.attributes) for link in span.links],
        }
        for span in spans_in(body, kind)
    ]


def _as_json(request: ExportTraceServiceRequest) -> bytes:
    """OTLP's JSON: protobuf's, with hex digits for ids."""
    whole = json_format.MessageToDict(request)
    for group in whole["resourceSpans"]:
        for scope in group.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                for holder in (span, *span.get("links", ())):
                    for name in ("traceId", "spanId", "parentSpanId"):
                        if name in holder:
                            holder[name] = json_format.base64.b64decode(holder[name]).hex()
    return json.dumps(whole).encode()


@SOME
@given(requests())
def test_what_protobuf_writes_is_read(given: tuple[ExportTraceServiceRequest, list[dict[str, Any]]]) -> None:
    request, expected = given
    assert _seen(request.SerializeToString(), PROTOBUF) == expected
    assert _seen(_as_json(request), f"{JSON}; charset=utf-8") == expected


@SOME
@given(st.binary(max_size=200), requests(), st.integers(0, 400), st.integers(0, 255))
def test_bad_bytes_are_refused_or_read_but_never_break(
    noise: bytes, given: tuple[ExportTraceServiceRequest, Any], place: int, byte: int
) -> None:
    whole = bytearray(given[0].SerializeToString())
    if place < len(whole):
        whole[place] = byte
    for body in (noise, bytes(whole), bytes(whole[:place]), _as_json(given[0])[:-2]):
        for kind in (PROTOBUF, JSON):
            try:
                spans_in(body, kind)
            except BadRequestError:
                continue


def test_numbers_that_json_has_no_word_for_become_texts() -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"1" * 16, span_id=b"2" * 8)
    _fill(span.attributes, {"a": math.nan, "b": math.inf, "c": -math.inf})
    for body, kind in ((request.SerializeToString(), PROTOBUF), (_as_json(request), JSON)):
        assert spans_in(body, kind)[0].attributes == {"a": "NaN", "b": "Infinity", "c": "-Infinity"}


def test_deep_nesting_is_refused() -> None:
    def message(number: int, content: bytes) -> bytes:
        size, digits = len(content), b""
        while size > 127:
            digits += bytes([size & 127 | 128])
            size >>= 7
        return bytes([number << 3 | 2]) + digits + bytes([size]) + content

    def request(depth: int) -> bytes:
        value = AnyValue(string_value="bottom").SerializeToString()
        for _ in range(depth):
            value = message(5, message(1, value))
        ids = message(1, b"1" * 16) + message(2, b"2" * 8)
        span = ids + message(9, message(1, b"deep") + message(2, value))
        return message(1, message(2, message(2, span)))

    assert len(spans_in(request(40), PROTOBUF)) == 1
    for depth in (90, 20_000):
        with pytest.raises(BadRequestError):
            spans_in(request(depth), PROTOBUF)


def test_other_kinds_and_empty_requests_are_refused() -> None:
    for body, kind in ((b"", PROTOBUF), (b"{}", JSON), (b"[]", JSON), (b"x", "text/plain"), (b"", "")):
        with pytest.raises(BadRequestError):
            spans_in(body, kind)


def test_encodings() -> None:
    body = b"spans" * 1000
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        "gzip": [gzip.compress(body)],
        "deflate": [zlib.compress(body), raw.compress(body) + raw.flush()],
        "": [body],
        "identity": [body],
    }
    for encoding, forms in packed.items():
        for form in forms:
            assert unpacked(form, encoding, 5000) == body
    for form, encoding, limit in (
        (gzip.compress(body), "gzip", 4999),
        (gzip.compress(body)[:-9], "gzip", 5000),
        (body, "gzip", 5000),
        (body, "deflate", 5000),
        (body, "br", 5000),
    ):
        with pytest.raises(BadRequestError):
            unpacked(form, encoding, limit)
