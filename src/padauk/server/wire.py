"""JSON to typed requests and back, by the rules that MLflow's clients rely on.

A request is a ``Message`` struct. Decoding takes the fast way first: msgspec, straight from the bytes.
What that
cannot read (camelCase names, ``NaN`` literals, JSON in a JSON string, wrong types) takes the slow way: the
standard parser, then names made snake_case, then MLflow's message for the first field that is wrong.

- field names may be snake_case or camelCase, not both for one field; unknown fields are ignored
- 64-bit integers may be numbers or strings; NaN and infinities are the strings ``"NaN"``, ``"Infinity"``
- a ``GET`` carries its fields in the query (repeated for lists) or, without one, in a JSON body
"""

from __future__ import annotations

import json
import typing
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from padauk.core.errors import InputError

if TYPE_CHECKING:
    from padauk.server.routing import Call

_SEE = " See the API docs for more information about request parameters."


Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that a database can hold."""


class Message(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A request or an answer. Fields that are ``None`` or empty lists are left out of an answer.

    Attributes:
        required: fields that a request must hold, not empty, in the order in which they are checked.
    """

    required: ClassVar[tuple[str, ...]] = ()


class Empty(Message):
    """A request or an answer without fields."""


M = TypeVar("M", bound=Message)

_encode = msgspec.json.Encoder().encode


def encode(value: object) -> bytes:
    """``value`` as JSON; NaN must have become a string before."""
    return _encode(value)


async def read_request(kind: type[M], call: Call, *, limit: int = 64 << 20) -> M:
    """The request that ``call`` brings, from its query or its body of at most ``limit`` bytes."""
    scope = call.scope
    if scope["query_string"] and scope["method"] in {"GET", "HEAD"}:
        return decode_query(kind, scope["query_string"])
    return decode_body(kind, await call.body(limit))


def decode_body(kind: type[M], body: bytes) -> M:
    """The request in a JSON body; no body is a request without fields.

    Raises:
        InputError: a field is missing, of a wrong type or spelled twice.
    """
    if not body:
        return _required(kind, kind())
    if b"\\u0000" in body:
        _refuse_nul(body)
    decoder, camel = _decoder(kind)
    if not any(name in body for name in camel):
        try:
            message: M = decoder.decode(body)
            return _required(kind, message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass  # the slow way reads more, and says what is wrong
    return _decode_slow(kind, body)


def decode_query(kind: type[M], query: bytes) -> M:
    """The request in a query string.

    Raises:
        InputError: a field is missing or of a wrong type.
    """
    lists = _lists(kind)
    values: dict[str, Any] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"The query string does not parse: {error}") from error
    for name, value in pairs:
        if "\0" in value:
            raise _nul(name)
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    return _convert(kind, values)


def _refuse_nul(body: bytes) -> None:
    """No text may hold NUL: PostgreSQL cannot keep it, and nobody means it."""
    try:
        waiting = [json.loads(body)]
    except (ValueError, RecursionError):
        return  # it does not parse, which is told in its place
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                if isinstance(inner, str) and "\0" in inner:
                    raise _nul(name)
                waiting.append(inner)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and "\0" in value:
            raise _nul("value")


def _nul(name: str) -> InputError:
    return InputError(f"Invalid value for parameter '{name}' supplied: a text must not hold NUL characters.")


def invalid_parameter(name: str, value: object) -> InputError:
    """MLflow's error for a field of a wrong type."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return InputError(
        f"Invalid value {shown} for parameter '{name}' supplied:  Hint: Value was of type"
        f" '{type(value).__name__}'.{_SEE}"
    )


def missing_parameter(name: str) -> InputError:
    """MLflow's error for a field that is absent or empty."""
    return InputError(f"Missing value for required parameter '{name}'.{_SEE}")


def _required(kind: type[M], message: M) -> M:
    for name in kind.required:
        value = getattr(message, name)
        if value is None or value == "":
            raise missing_parameter(name)
    return message


def _decode_slow(kind: type[M], body: bytes) -> M:
    try:
        values = json.loads(body)
        if isinstance(values, str):  # old clients encode twice
            values = json.loads(values)
    except (ValueError, RecursionError):
        values = None  # MLflow reads a body that is no JSON as one without fields
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InputError(f"The request body must be a JSON object, not {type(values).__name__}.")
    return _convert(kind, _snake(kind, values))


def _convert(kind: type[M], values: dict[str, Any]) -> M:
    for name in kind.required:
        if values.get(name) in (None, ""):
            raise missing_parameter(name)
    try:
        message: M = msgspec.convert(values, kind, strict=False)
        return message
    except msgspec.ValidationError as error:
        for name, wanted in typing.get_type_hints(kind, include_extras=True).items():
            if name in values and get_origin(wanted) is not ClassVar:
                try:
                    msgspec.convert(values[name], wanted, strict=False)
                except msgspec.ValidationError:
                    raise invalid_parameter(name, values[name]) from error
        raise InputError(f"The request does not parse: {error}") from error


def _snake(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` with the field names of ``kind`` in snake_case, all the way down."""
    fields = _fields(kind)
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            continue
        snake, inner = field
        if snake in found:
            raise InputError(
                f"Request specifies both '{snake}' and '{_camel(snake)}'; provide only one of them."
            )
        if inner is not None:
            if isinstance(value, list):
                value = [_snake(inner, item) if isinstance(item, dict) else item for item in value]
            elif isinstance(value, dict):
                value = _snake(inner, value)
        found[snake] = value
    return {name: value for name, value in found.items() if value is not None}


@cache
def _fields(kind: type) -> dict[str, tuple[str, type | None]]:
    """Both spellings of each field -> its name here, and the struct it holds (or holds a list of)."""
    found: dict[str, tuple[str, type | None]] = {}
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        inner = _struct_in(hints[field.name])
        found[field.encode_name] = found[_camel(field.encode_name)] = (field.encode_name, inner)
    return found


@cache
def _decoder(kind: type[M]) -> tuple[msgspec.json.Decoder[M], tuple[bytes, ...]]:
    """The fast decoder of ``kind``, and the camelCase names that it would pass over."""
    camel: set[str] = set()
    waiting: list[type] = [kind]
    seen: set[type] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for name, (snake, inner) in _fields(one).items():
            if name != snake:
                camel.add(name)
            if inner is not None:
                waiting.append(inner)
    return msgspec.json.Decoder(kind, strict=False), tuple(f'"{name}"'.encode() for name in sorted(camel))


@cache
def _lists(kind: type) -> frozenset[str]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return frozenset(
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if any(get_origin(part) is list for part in (hints[field.name], *get_args(hints[field.name])))
    )


def _struct_in(hint: Any) -> type | None:
    if isinstance(hint, type) and get_origin(hint) is None:
        return hint if issubclass(hint, msgspec.Struct) else None
    for part in get_args(hint):
        if (found := _struct_in(part)) is not None:
            return found
    return None


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
