"""Spans from protobuf. Each ``case`` is a field number of the message that the function reads."""

from __future__ import annotations

import base64
import math
import struct
from typing import TYPE_CHECKING, Any

from padauk.core.errors import BadRequestError
from padauk.traces import Event, Link, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_INVALID = "Invalid OpenTelemetry format"
_MAX_DEPTH = 60
_DOUBLE = struct.Struct("<d").unpack


def read_request(body: bytes) -> list[Span]:
    """The spans of a request.

    Raises:
        BadRequestError: it does not parse or holds no spans.
    """
    spans: list[Span] = []
    try:
        resources = [_bytes(value) for number, value in _fields(body) if number == 1]
        for resource in resources:
            _read_resource_spans(resource, spans)
    except (ValueError, IndexError, RecursionError, struct.error) as error:
        raise BadRequestError(_INVALID) from error
    if not resources:
        raise BadRequestError(f"{_INVALID} - no spans found")
    return spans


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers with their values: integers of varints and fixed ones, bytes of all else."""
    place, end = 0, len(data)
    while place < end:
        key = data[place]
        place += 1
        if key > 127:
            key, place = _varint(data, place - 1)
        kind = key & 7
        if kind == 2:
            size = data[place]
            place += 1
            if size > 127:
                size, place = _varint(data, place - 1)
            stop = place + size
            if stop > end:
                raise ValueError("a field ends after its message")
            yield key >> 3, data[place:stop]
            place = stop
        elif kind == 0:
            value, place = _varint(data, place)
            yield key >> 3, value
        elif kind in {1, 5}:
            stop = place + (8 if kind == 1 else 4)
            if stop > end:
                raise ValueError("a field ends after its message")
            yield key >> 3, int.from_bytes(data[place:stop], "little")
            place = stop
        else:
            raise ValueError(f"wire type {kind}")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")
    return value


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError("a message where a number belongs")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _read_resource_spans(data: bytes, spans: list[Span]) -> None:
    resource: dict[str, Any] = {}
    scopes: list[bytes] = []
    for number, value in _fields(data):
        match number:
            case 1:
                for inner, pair in _fields(_bytes(value)):
                    if inner == 1:
                        _read_pair(_bytes(pair), resource, 0)
            case 2:
                scopes.append(_bytes(value))
    for scope in scopes:
        for number, value in _fields(scope):
            if number == 2:
                spans.append(_read_span(_bytes(value), resource or None))


def _read_span(data: bytes, resource: dict[str, Any] | None) -> Span:
    trace = span_id = parent = b""
    name, message = "", None
    started = ended = status = 0
    attributes: dict[str, Any] = {}
    events: list[Event] = []
    links: list[Link] = []
    for number, value in _fields(data):
        match number:
            case 1:
                trace = _bytes(value)
            case 2:
                span_id = _bytes(value)
            case 4:
                parent = _bytes(value)
            case 5:
                name = _text(value)
            case 7:
                started = _number(value)
            case 8:
                ended = _number(value)
            case 9:
                _read_pair(_bytes(value), attributes, 0)
            case 11:
                events.append(_read_event(_bytes(value)))
            case 13:
                links.append(_read_link(_bytes(value)))
            case 15:
                for inner, one in _fields(_bytes(value)):
                    if inner == 2:
                        message = _text(one)
                    elif inner == 3:
                        status = _number(one)
    return made_span(
        trace.hex(),
        span_id.hex(),
        parent.hex(),
        name,
        (started, ended),
        (status, message),
        attributes,
        events,
        links,
        resource,
    )


def made_span(
    trace: str,
    span_id: str,
    parent: str,
    name: str,
    times: tuple[int, int],
    status: tuple[int, str | None],
    attributes: dict[str, Any],
    events: list[Event],
    links: list[Link],
    resource: dict[str, Any] | None,
) -> Span:
    """A span, checked.

    Raises:
        ValueError: an id is missing or too long, or a time is out of range.
    """
    if not trace or not span_id or len(trace) > 32 or max(len(span_id), len(parent)) > 16:
        raise ValueError("a span without an id, or with one that is too long")
    if min(times) < 0 or max(times) >= 1 << 63:
        raise ValueError("a time that is out of range")
    return Span(
        trace_id=f"tr-{trace:0>32}",
        span_id=f"{span_id:0>16}",
        parent_id=f"{parent:0>16}" if parent.strip("0") else None,
        name=name,
        started=times[0],
        ended=times[1] or None,
        status=status[0] if status[0] in {1, 2} else 0,
        message=status[1] or None,
        attributes=attributes,
        events=events,
        links=links,
        resource=resource,
    )


def _read_event(data: bytes) -> Event:
    name, time = "", 0
    attributes: dict[str, Any] = {}
    for number, value in _fields(data):
        match number:
            case 1:
                time = _number(value)
            case 2:
                name = _text(value)
            case 3:
                _read_pair(_bytes(value), attributes, 0)
    return Event(name, time, attributes)


def _read_link(data: bytes) -> Link:
    trace = span = b""
    attributes: dict[str, Any] = {}
    for number, value in _fields(data):
        match number:
            case 1:
                trace = _bytes(value)
            case 2:
                span = _bytes(value)
            case 4:
                _read_pair(_bytes(value), attributes, 0)
    return Link(f"tr-{trace.hex():0>32}", f"{span.hex():0>16}", attributes)


def _read_pair(data: bytes, found: dict[str, Any], depth: int) -> None:
    key, given = "", b""
    for number, value in _fields(data):
        if number == 1:
            key = _text(value)
        elif number == 2:
            given = _bytes(value)
    found[key] = _read_value(given, depth)


def _read_value(data: bytes, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise ValueError("values are nested too deep")
    found: Any = None
    for number, value in _fields(data):
        match number:
            case 1:
                found = _text(value)
            case 2:
                found = bool(value)
            case 3:
                whole = _number(value)
                found = whole - (1 << 64) if whole >> 63 else whole
            case 4:
                found = finite(_DOUBLE(_number(value).to_bytes(8, "little"))[0])
            case 5:
                found = [
                    _read_value(_bytes(one), depth + 1) for inner, one in _fields(_bytes(value)) if inner == 1
                ]
            case 6:
                found = {}
                for inner, one in _fields(_bytes(value)):
                    if inner == 1:
                        _read_pair(_bytes(one), found, depth + 1)
            case 7:
                found = base64.b64encode(_bytes(value)).decode()
    return found


def finite(number: float) -> float | str:
    """JSON has no word for NaN and infinities: they become texts, as in protobuf's JSON."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
