"""OpenTelemetry's way of sending spans (OTLP over HTTP): bodies to spans.

``spans_in(body, content_type)`` reads protobuf or JSON. The few messages that carry spans are decoded here,
by their field numbers in ``opentelemetry/proto/trace/v1/trace.proto`` and ``…/common/v1/common.proto``; what
is unknown is passed over, as protobuf wants it. ``unpacked`` undoes gzip and deflate, within a limit.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from padauk.core.errors import BadRequestError

if TYPE_CHECKING:
    from padauk.traces import Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def spans_in(body: bytes, content_type: str) -> list[Span]:
    """The spans of an ``ExportTraceServiceRequest``.

    Raises:
        BadRequestError: it does not parse, holds no spans, or is of another content type.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == PROTOBUF:
        from padauk.server.otlp.protobuf import read_request
    elif kind == JSON:
        from padauk.server.otlp.json import read_request
    else:
        raise BadRequestError(f"Invalid Content-Type: {content_type}. Expected: {PROTOBUF} or {JSON}")
    return read_request(body)


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """``body`` without its ``Content-Encoding``.

    Raises:
        BadRequestError: it does not unpack, is of another encoding, or larger than ``limit`` bytes.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name == "gzip":
        windows = [zlib.MAX_WBITS | 16]
    elif name == "deflate":
        windows = [zlib.MAX_WBITS, -zlib.MAX_WBITS]  # some clients leave zlib's frame out
    else:
        raise BadRequestError(f"Unsupported Content-Encoding: {encoding}. Expected: gzip or deflate")
    for bits in windows:
        reader = zlib.decompressobj(bits)
        try:
            found = reader.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(found) > limit:
            raise BadRequestError(f"The request is larger than {limit} bytes when unpacked")
        if reader.eof:
            return found
    raise BadRequestError(f"Failed to decompress {name} payload")
