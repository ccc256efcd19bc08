"""The OpenAPI description of our API, made from the types of its handlers."""

from __future__ import annotations

import re
import typing
from typing import TYPE_CHECKING, Any

import msgspec

import padauk
from padauk.server.routing import Reply
from padauk.server.wire import Message

if TYPE_CHECKING:
    from padauk.server.routing import Route

_REF = "#/components/schemas/{name}"
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


class Error(Message):
    """What an error answer holds: a code of MLflow's, and what was wrong."""

    error_code: str
    message: str


def describe(routes: list[Route]) -> dict[str, Any]:
    """An OpenAPI 3.1 document."""
    answers = {id(route): _answer(route) for route in routes}
    kinds: list[type] = [Error]
    for route in routes:
        kinds += [
            kind for kind in (route.request, answers[id(route)]) if _is_body(kind) and kind not in kinds
        ]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    named = dict(zip(kinds, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation = _operation(route, answers[id(route)], named, components)
        paths.setdefault(re.sub(r":path}", "}", route.path), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "padauk",
            "version": padauk.__version__,
            "description": "What the web page reads.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(
    route: Route, answer: Any, named: dict[type, Any], components: dict[str, Any]
) -> dict[str, Any]:
    module = route.handler.__module__.rpartition(".")[2]
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)(?::path)?}", route.path)
    ]
    operation: dict[str, Any] = {
        "operationId": f"{module}_{route.handler.__name__}",
        "tags": [module],
        "responses": {
            "200": {"description": "the answer", **_body_of(answer, named)},
            "default": {
                "description": "an error",
                "content": {"application/json": {"schema": named[Error]}},
            },
        },
    }
    if route.method == "GET" and _is_body(route.request):
        schema = components[route.request.__name__]
        parameters += [
            {"name": name, "in": "query", "required": name in route.request.required, "schema": kind}
            for name, kind in schema["properties"].items()
        ]
    elif _is_body(route.request):
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": named[route.request]}},
        }
    if parameters:
        operation["parameters"] = parameters
    return operation


def _body_of(answer: Any, named: dict[type, Any]) -> dict[str, Any]:
    if _is_body(answer):
        return {"content": {"application/json": {"schema": named[answer]}}}
    return _BINARY


def _answer(route: Route) -> Any:
    import importlib

    from padauk.server.routing import Call

    module = importlib.import_module(route.handler.__module__)
    hints = typing.get_type_hints(route.handler, {**vars(module), "Call": Call})
    return hints.get("return", Reply)


def _is_body(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Message) and bool(msgspec.structs.fields(kind))
