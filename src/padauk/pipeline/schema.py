"""What may stand in a dvc.yaml. A wrong key or type is told with file, line and the nearest right key.

Format: the keys that DVC 3.67 accepts (``vars, stages, params, metrics, plots, artifacts, datasets``).
"""

from __future__ import annotations

import difflib
from typing import Any

from padauk.core.errors import FormatError
from padauk.repo import yamlfile

Path = tuple[str | int, ...]

_NAMES = {str: "a string", bool: "true or false", dict: "a mapping", list: "a list"}


class _BadError(Exception):
    def __init__(self, path: Path, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.path, self.message, self.hint = path, message, hint


def check_project(data: Any, *, file: str, text: str) -> dict[str, Any]:
    """Return ``data``, the content of a dvc.yaml, if it is one.

    Args:
        data: the parsed file; ``None`` (an empty file) is a project without stages.
        file: how to name the file in a message.
        text: the file's text, to find the line of what is wrong.

    Raises:
        FormatError: with ``file:line``.
    """
    if data is None:
        return {}
    try:
        _project(data, ())
    except _BadError as bad:
        raise fault(bad.message, bad.path, file=file, text=text, hint=bad.hint) from None
    result: dict[str, Any] = data
    return result


def fault(message: str, path: Path, *, file: str, text: str, hint: str | None = None) -> FormatError:
    """An error about the place ``path`` of a YAML file, with its line."""
    line = yamlfile.line_of(text.encode(), path) if path else None
    where = f"{file}:{line}" if line else file
    return FormatError(f"{where}: {message}", hint=hint)


def _type(*kinds: type) -> Any:
    def check(value: Any, path: Path) -> None:
        # bool is an int in Python, but never the number that a format means
        if not isinstance(value, kinds):
            wanted = " or ".join(_NAMES[kind] for kind in kinds)
            got = "nothing" if value is None else f"{type(value).__name__} {value!r}"
            raise _BadError(path, f"{_say(path)} must be {wanted}, not {got[:60]}")

    return check


def _anything(value: Any, path: Path) -> None:
    """Any value will do."""


def _keys(known: dict[str, Any], required: tuple[str, ...] = ()) -> Any:
    def check(value: Any, path: Path) -> None:
        _type(dict)(value, path)
        for key, item in value.items():
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
                where = f" in {_say(path)}" if path else ""
                raise _BadError((*path, key), f"unknown key {key!r}{where}", hint)
            known[key](item, (*path, key))
        for key in required:
            if key not in value:
                raise _BadError(path, f"{_say(path)} has no {key!r}")

    return check


def _each(item: Any, *, empty: bool = False) -> Any:
    def check(value: Any, path: Path) -> None:
        if empty and value is None:
            return
        _type(list)(value, path)
        for number, one in enumerate(value):
            item(one, (*path, number))

    return check


def _named(item: Any) -> Any:
    def check(value: Any, path: Path) -> None:
        _type(dict)(value, path)
        for key, one in value.items():
            if not isinstance(key, str):
                raise _BadError((*path, key), f"{key!r} in {_say(path)} must be a string", "put it in quotes")
            item(one, (*path, key))

    return check


def _or_text(other: Any) -> Any:
    def check(value: Any, path: Path) -> None:
        if not isinstance(value, str):
            if not isinstance(value, (dict, list)):
                _type(str)(value, path)
            other(value, path)

    return check


def _say(path: Path) -> str:
    """``('stages', 'train', 'outs', 0)`` → ``'outs[0]' of stage 'train'``."""
    if not path:
        return "the file"
    if path[0] == "stages" and len(path) > 1:
        rest = _dotted(path[2:])
        return f"{rest!r} of stage {path[1]!r}" if rest else f"stage {path[1]!r}"
    return repr(_dotted(path))


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


_text, _flag = _type(str), _type(bool)
_annotations = {"desc": _text, "type": _text, "labels": _each(_text), "meta": _anything}
_out = {**_annotations, "cache": _flag, "persist": _flag, "checkpoint": _flag, "remote": _text, "push": _flag}
_looks = dict.fromkeys(("template", "x", "y", "x_label", "y_label", "title"), _text) | {"header": _flag}
_plot = _keys(_out | _looks)


def _plot_flags(value: Any, path: Path) -> None:
    (_each(_plot) if isinstance(value, list) else _plot)(value, path)


def _param_files(value: Any, path: Path) -> None:
    _named(_each(_text, empty=True))(value, path)


def _matrix_axis(value: Any, path: Path) -> None:
    if not isinstance(value, (str, list)):
        raise _BadError(path, f"{_say(path)} must be a list or an expression like ${{name}}")


def _iterable(value: Any, path: Path) -> None:
    if not isinstance(value, (str, list, dict)):
        raise _BadError(path, f"{_say(path)} must be a list, a mapping or an expression like ${{name}}")


_vars = _each(_or_text(_type(dict)))
_stage_keys = {
    "cmd": _or_text(_each(_text)),
    "wdir": _text,
    "deps": _each(_text),
    "params": _each(_or_text(_param_files)),
    "outs": _each(_or_text(_named(_keys(_out)))),
    "metrics": _each(_or_text(_named(_keys(_out)))),
    "plots": _each(_or_text(_named(_plot_flags))),
    "vars": _vars,
    "frozen": _flag,
    "always_changed": _flag,
    "desc": _text,
    "meta": _anything,
    "matrix": _named(_matrix_axis),
}
_definition = _keys(_stage_keys, ("cmd",))
_foreach = _keys({"foreach": _iterable, "do": _definition}, ("foreach", "do"))


def _stage(value: Any, path: Path) -> None:
    _type(dict)(value, path)
    (_foreach if value.keys() & {"foreach", "do"} else _definition)(value, path)


def _one_or_many(value: Any, path: Path) -> None:
    (_each(_text) if isinstance(value, list) else _text)(value, path)


def _plot_axis(value: Any, path: Path) -> None:
    (_named(_one_or_many) if isinstance(value, dict) else _one_or_many)(value, path)


def _top_plot(value: Any, path: Path) -> None:
    if value is not None:
        looks = dict.fromkeys(("x_label", "y_label", "title", "template"), _text)
        _keys({"x": _plot_axis, "y": _plot_axis, **looks})(value, path)


_project = _keys(
    {
        "vars": _vars,
        "stages": lambda value, path: _named(_stage)({} if value is None else value, path),
        "params": _each(_text),
        "metrics": _each(_text),
        "plots": _each(_or_text(_named(_top_plot))),
        "artifacts": _named(_keys({"path": _text, **_annotations}, ("path",))),
        "datasets": _anything,
    }
)
