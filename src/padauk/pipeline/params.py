"""Parameter and metric files: YAML, JSON, TOML and Python, and dotted names in them."""

from __future__ import annotations

import ast
import json
import os
from typing import TYPE_CHECKING, Any

from padauk.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

_MISSING = object()


def parse(text: str, name: str) -> Any:
    """Content of a file by its suffix (``.json``, ``.toml``, ``.py``, anything else is YAML).

    Raises:
        FormatError: with ``file:line``.
    """
    suffix = os.path.splitext(name)[1].lower()
    if suffix == ".json":
        try:
            return json.loads(text) or {}
        except json.JSONDecodeError as error:
            raise FormatError(f"{name}:{error.lineno}: {error.msg}, not JSON") from error
    if suffix == ".toml":
        import tomllib

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise FormatError(f"{name}: {error}") from error
    if suffix == ".py":
        try:
            return _python(ast.parse(text, filename=name))
        except SyntaxError as error:
            raise FormatError(f"{name}:{error.lineno}: {error.msg}") from error
    from padauk.repo import yamlfile

    return yamlfile.loads(text, name) or {}


def read(path: str, name: str | None = None) -> Any:
    """:func:`parse` the file at ``path``; ``name`` is how a message calls it.

    Raises:
        FormatError: it does not parse, or is no text.
        FileNotFoundError, IsADirectoryError: as the system says.
    """
    shown = name or os.path.relpath(path)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except UnicodeDecodeError as error:
        raise FormatError(f"{shown} is not UTF-8 text") from error
    return parse(text, shown)


def pick(content: Any, keys: Iterable[str]) -> dict[str, Any]:
    """``{dotted name: value}`` for those of ``keys`` that are there; no keys: every top-level name."""
    keys = tuple(keys)
    if not keys:
        return dict(content) if isinstance(content, dict) else {}
    found = ((key, _get(content, key)) for key in keys)
    return {key: value for key, value in found if value is not _MISSING}


def _get(content: Any, key: str) -> Any:
    for step in key.split("."):
        if isinstance(content, dict):
            if step in content:
                content = content[step]
                continue
            content = next((value for name, value in content.items() if str(name) == step), _MISSING)
        elif isinstance(content, (list, tuple)) and step.lstrip("-").isdigit():
            place = int(step)
            content = content[place] if -len(content) <= place < len(content) else _MISSING
        else:
            return _MISSING
        if content is _MISSING:
            return _MISSING
    return content


def same(one: Any, other: Any) -> bool:
    """Whether two parameter values are equal; a tuple of a Python file equals the list in dvc.lock."""
    return bool(one == other) or (isinstance(one, tuple) and list(one) == other)


def numbers(content: Any, prefix: str = "") -> dict[str, float]:
    """All numbers of a metric file by dotted name; a file that is one number has the name ``""``.

    Booleans, texts, lists and missing values are no numbers.
    """
    if isinstance(content, bool) or content is None:
        return {}
    if isinstance(content, (int, float)):
        return {prefix: float(content)}
    if isinstance(content, dict):
        flat: dict[str, float] = {}
        for key, value in content.items():
            flat.update(numbers(value, f"{prefix}.{key}" if prefix else str(key)))
        return flat
    return {}


def _python(tree: ast.Module | ast.ClassDef | ast.FunctionDef, *, of_self: bool = False) -> dict[str, Any]:
    """Constants assigned at the top of a module, in classes (nested), and to ``self`` in ``__init__``."""
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            found[statement.name] = _python(statement)
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            found.update(_python(statement, of_self=True))
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            _assigned(statement.targets[0], statement.value, found, of_self=of_self)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            _assigned(statement.target, statement.value, found, of_self=of_self)
    return found


def _assigned(target: ast.expr, value: ast.expr, found: dict[str, Any], *, of_self: bool) -> None:
    if isinstance(target, ast.Name) and not of_self:
        name = target.id
    elif (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    ):
        name = target.attr
    else:
        return
    try:
        found[name] = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return  # not a constant: no parameter
