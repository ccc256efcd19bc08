"""YAML as DVC reads and writes it: version 1.2, and the exact bytes of ruamel.yaml's round-trip dumper.

Reading goes through libyaml with the 1.2 rules put in (``yes`` is text, ``010`` is ten, keys are unique);
it is many times faster than ruamel. ruamel does the writing: :func:`dumps` for a new file, :func:`edit`
to put changes into a file that a person may have formatted and commented.
"""

from __future__ import annotations

import copy
import functools
import io
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from padauk.core.errors import FormatError
from padauk.repo.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """libyaml's loader with the scalars of YAML 1.2, and with duplicate keys refused."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - not inherited

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag != _TAG + "merge" and isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"duplicate key {key.value!r}", key.start_mark
                    )
                seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


_TAG = "tag:yaml.org,2002:"
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (
        "float",
        (
            r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
            r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
        "-+0123456789.",
    ),
    ("int", r"[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+", "-+0123456789"),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (
        "timestamp",
        (
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
            r"|[0-9]{4}-[0-9]{2}?-[0-9]{2}?(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
            r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?"
        ),
        "0123456789",
    ),
)
for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), list(_first))


def _construct_int(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    for prefix, base in (("0b", 2), ("0o", 8), ("0x", 16)):
        if text.startswith(prefix):
            return sign * int(text[2:], base)
    return sign * int(text)


def _construct_float(loader: Any, node: Any) -> float:
    text = loader.construct_scalar(node).replace("_", "").lower()
    if text.endswith((".inf", ".nan")):
        return float(text.replace(".", ""))
    return float(text)


_Loader.add_constructor(_TAG + "int", _construct_int)
_Loader.add_constructor(_TAG + "float", _construct_float)

_CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)


def loads(content: bytes | str, name: str) -> Any:
    """The value in a YAML text; an empty one is ``{}``.

    Args:
        content: UTF-8.
        name: the file's name, for messages.

    Raises:
        FormatError: with ``name:line`` in front.
    """
    if isinstance(content, str):
        content = content.encode()
    try:
        value = yaml.load(content.decode("utf-8"), _Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}: is not UTF-8 text") from error
    except (yaml.YAMLError, ValueError) as error:
        if _CONFLICT.search(content):
            line = content[: _CONFLICT.search(content).start()].count(b"\n") + 1  # type: ignore[union-attr]
            raise FormatError(
                f"{name}:{line}: holds the marks of a merge conflict", hint="resolve it, then run this again"
            ) from error
        raise FormatError(f"{name}{_where(error)}") from error
    return {} if value is None else value


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error)
    text = str(text).splitlines()[0]
    return f":{mark.line + 1}:{mark.column + 1}: {text}" if mark else f": {text}"


def load(path: str, name: str | None = None) -> Any:
    """The value in the YAML file at ``path``.

    Raises:
        FileNotFoundError: there is no such file.
        FormatError: it does not parse.
    """
    with open(path, "rb") as file:
        return loads(file.read(), name or path)


def line_of(content: bytes, keys: Sequence[str | int]) -> int | None:
    """The line (from 1) where the value under ``keys`` is declared, for messages about what it holds."""
    try:
        node: Any = yaml.compose(content.decode("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    line: int | None = node.start_mark.line + 1 if node else None
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(name, value) for name, value in node.value if name.value == str(key)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return line


@functools.cache
def _ruamel() -> Any:
    from ruamel.yaml import YAML

    round_trip = YAML()
    round_trip.default_flow_style = False
    return round_trip


def dumps(value: Any) -> bytes:
    """``value`` as DVC writes it: block style, width 80, lists not indented, YAML 1.2 quoting."""
    if (plain := _plain(value)) is not None:
        return plain
    stream = io.BytesIO()
    _ruamel().dump(value, stream)
    return stream.getvalue()


_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./]*(?:-[A-Za-z0-9_./]+)*")
_OTHER = re.compile(
    "|".join(f"(?:{pattern})" for _, pattern, _ in _SCALARS)
)  # what is no text without quotes


def _plain(value: Any) -> bytes | None:
    """The commonest file, a list of outs under short plain names, without starting ruamel (40 ms)."""
    if not isinstance(value, dict) or list(value) != ["outs"] or not isinstance(value["outs"], list):
        return None
    lines = ["outs:"]
    for out in value["outs"]:
        if not isinstance(out, dict) or not out:
            return None
        mark = "- "
        for key, entry in out.items():
            if isinstance(entry, str):
                if len(entry) > 60 or not _SAFE.fullmatch(entry):
                    return None
                shown = f"'{entry}'" if entry[0] != "_" and _OTHER.fullmatch(entry) else entry
                lines.append(f"{mark}{key}: {shown}")
            elif type(entry) is int:
                lines.append(f"{mark}{key}: {entry}")
            elif type(entry) is bool:
                lines.append(f"{mark}{key}: {'true' if entry else 'false'}")
            else:
                return None
            mark = "  "
    return ("\n".join(lines) + "\n").encode() if value["outs"] else None


def write(path: str, value: Any) -> bool:
    """Write ``value`` to the file at ``path``, atomically; ``False``: it held these bytes already."""
    return write_atomic(path, dumps(value))


def edit(path: str, change: Callable[[Any], None]) -> bool:
    """Apply ``change`` to the value in ``path`` (``{}`` when absent), with comments and order kept.

    ``change`` gets ruamel's round-trip value, which behaves as dicts and lists, and alters it in place.
    """
    value = _load_round_trip(path)
    change(value)
    return write(path, value)


def update(path: str, value: Any) -> bool:
    """Make the file at ``path`` hold ``value``, touching only what differs; ``False``: nothing did."""
    if not os.path.exists(path):
        return write(path, value)
    with open(path, "rb") as file:
        old = file.read()
    plain = loads(old, path)
    if not isinstance(plain, dict):
        return write(path, value)
    spelt = _plain(plain)
    apply(value, changed := copy.deepcopy(plain))
    if changed == plain:
        return False
    if spelt == old:  # no comment and no spelling to keep: the same rules on plain values
        return write(path, changed)
    kept = _load_round_trip(path)
    apply(value, kept)
    return write(path, kept)


def _load_round_trip(path: str) -> Any:
    from ruamel.yaml.error import YAMLError

    try:
        with open(path, encoding="utf-8") as file:
            return _ruamel().load(file) or {}
    except FileNotFoundError:
        return {}
    except YAMLError as error:
        raise FormatError(f"{path}{_where(error)}") from error


def apply(new: Any, old: Any) -> None:
    """Change ``old`` (a round-trip mapping or sequence) in place so that it equals ``new``.

    Containers that stay keep their object, so that the comments and line breaks tied to it survive. A list
    of another length is replaced as a whole, as DVC does.
    """
    if isinstance(old, dict):
        for key, value in new.items():
            if key in old and _alike(value, old[key]):
                apply(value, old[key])
            elif key not in old or old[key] != value:
                old[key] = value
        for key in [key for key in old if key not in new]:
            del old[key]
    elif len(new) != len(old):
        old[:] = new
    else:
        for place, value in enumerate(new):
            if _alike(value, old[place]):
                apply(value, old[place])
            elif old[place] != value:
                old[place] = value


def _alike(new: Any, old: Any) -> bool:
    return (isinstance(new, Mapping) and isinstance(old, dict)) or (
        isinstance(new, list | tuple) and isinstance(old, list)
    )
