"""``${…}`` in a dvc.yaml: where the values come from, and putting them in.

Rules are DVC's: ``params.yaml`` beside the dvc.yaml is always loaded, ``vars`` adds files (whole, or
``file:key,key``) and mappings; nothing may be defined twice; a string that is one expression takes the
value's type, a mapping unfolds to command-line flags in ``cmd`` only, a list never.
"""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import PadaukError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EXPRESSION = re.compile(r"(?<!\\)\$\{(.*?)\}")
_KEY = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]+\])*")
_SCALAR = (str, int, float, bool, bytes)


class TemplateError(PadaukError):
    """An expression, a ``vars`` entry or a ``foreach`` that does not resolve; the loader adds where."""


Reader = "Callable[[str], Any]"


@dataclass
class Context:
    """The values that expressions may name, and the files that they came from.

    Attributes:
        read: gives the parsed content of a file (path relative to the dvc.yaml); raises
            ``FileNotFoundError`` when there is none.
        values: all values, merged.
        loaded: file → top-level keys taken from it, ``None`` for all.
        sources: file → its values, to know where a used value came from.
        used: file → dotted name → value, of everything that was put in.
        parsing: the ``parsing`` section of .dvc/config (``bool``, ``list``).
    """

    read: Callable[[str], Any]
    values: dict[str, Any] = field(default_factory=dict)
    loaded: dict[str, list[str] | None] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: dict[str, dict[str, Any]] = field(default_factory=dict)
    parsing: dict[str, str] = field(default_factory=dict)
    reserved: tuple[str, ...] = ()

    def copy(self) -> Context:
        """A context that can load more without changing this one; ``used`` is shared."""
        loaded = {name: None if keys is None else list(keys) for name, keys in self.loaded.items()}
        return Context(
            self.read,
            _deep(self.values),
            loaded,
            dict(self.sources),
            self.used,
            self.parsing,
            self.reserved,
        )

    def load_vars(self, items: list[Any], folder: str = "", place: str = "vars") -> None:
        """Take in a ``vars`` list; file names in it are relative to ``folder``.

        Raises:
            TemplateError: a missing file, a value defined twice, a file loaded in two ways.
        """
        for number, item in enumerate(items):
            if isinstance(item, str):
                self.load_file(item, folder)
            else:
                self._merge(item, f"{place}[{number}]")

    def load_file(self, item: str, folder: str = "", *, optional: bool = False) -> None:
        """Take in ``file`` or ``file:key,key``."""
        import posixpath

        name, _, listed = item.partition(":")
        name = posixpath.normpath(posixpath.join(folder, name))
        keys = [key for key in listed.split(",") if key] or None
        if name in self.loaded:
            before = self.loaded[name]
            if before is None and keys is None:
                return
            if before is None or keys is None or set(before) & set(keys):
                how = "as a whole" if before is None else f"in part ({', '.join(before)})"
                raise TemplateError(f"cannot load {item!r} again: it is loaded already {how}")
        try:
            data = self.read(name)
        except (FileNotFoundError, NotADirectoryError):
            if optional:
                return
            raise TemplateError(f"{name!r} in 'vars' does not exist") from None
        except IsADirectoryError:
            raise TemplateError(f"{name!r} in 'vars' is a folder, not a file") from None
        if not isinstance(data, dict):
            raise TemplateError(f"{name!r} must hold a mapping to be used in 'vars'")
        if keys:
            missing = [key for key in keys if key not in data]
            if missing:
                raise TemplateError(f"{name!r} has no {missing[0]!r}")
            data = {key: data[key] for key in keys}
        self._merge(data, name)
        known = self.loaded.get(name)
        self.loaded[name] = [*known, *keys] if known and keys else keys
        self.sources[name] = {**self.sources.get(name, {}), **data}

    def _merge(self, data: dict[str, Any], source: str) -> None:
        for key in self.reserved:
            if key in data:
                raise TemplateError(f"{key!r} in {source!r} is reserved inside foreach and matrix")
        _check_values(data, source)
        _merge(self.values, data, source, "")

    @contextmanager
    def with_values(self, **extra: Any) -> Iterator[None]:
        """Let expressions name ``extra`` too (``item``, ``key``) for a while."""
        before = self.values, self.reserved
        self.values, self.reserved = {**self.values, **extra}, tuple(extra)
        try:
            yield
        finally:
            self.values, self.reserved = before

    def resolve(self, value: Any, key: str | None = None) -> Any:
        """``value`` with every expression in it (in keys too) replaced.

        Args:
            value: a string, list or mapping of a dvc.yaml.
            key: the stage key that it stands under; ``None`` lets lists and mappings through.

        Raises:
            TemplateError: bad syntax, an unknown name, a value that cannot be put there.
        """
        if isinstance(value, str):
            return self._text(value, key) if "$" in value else value
        if isinstance(value, list):
            return [self.resolve(item, key) for item in value]
        if isinstance(value, dict):
            return {self.resolve(name, key): self.resolve(item, key) for name, item in value.items()}
        return value

    def _text(self, text: str, key: str | None) -> Any:
        found = list(_EXPRESSION.finditer(text))
        if len(found) == 1 and found[0].span() == (0, len(text)):
            value = self._select(found[0][1])
            _allowed(value, key)
            if isinstance(value, dict) and key == "cmd":
                return to_text(value, self.parsing)
            return value
        parts, end = [], 0
        for match in found:
            value = self._select(match[1])
            _allowed(value, key)
            parts += [text[end : match.start()], to_text(value, self.parsing)]
            end = match.end()
        return ("".join(parts) + text[end:]).replace("\\${", "${")

    def _select(self, expression: str) -> Any:
        if not _KEY.fullmatch(expression):
            raise TemplateError(
                f"cannot read the expression '${{{expression}}}'",
                hint="write ${name}, ${name.key} or ${name[0]}",
            )
        steps = [step.strip() for step in expression.replace("[", ".").replace("]", "").split(".")]
        value: Any = self.values
        for number, step in enumerate(steps):
            try:
                value = value[int(step)] if isinstance(value, list) else _item(value, step)
            except (LookupError, ValueError):
                known = list(value) if isinstance(value, dict) else []
                raise TemplateError(
                    f"nothing is named {'.'.join(steps[: number + 1])!r} in '${{{expression}}}'",
                    hint=f"known here: {', '.join(map(str, known[:8]))}" if known else None,
                ) from None
        self._note(steps, value)
        return value

    def _note(self, steps: list[str], value: Any) -> None:
        for name, data in self.sources.items():
            place: Any = data
            for step in steps:
                try:
                    place = place[int(step)] if isinstance(place, list) else _item(place, step)
                except (LookupError, ValueError):
                    break
            else:
                self.used.setdefault(name, {})[".".join(steps)] = value
                return


def check_syntax(value: Any) -> None:
    """Raise :class:`TemplateError` for an expression that could never be read."""
    if isinstance(value, str):
        for match in _EXPRESSION.finditer(value):
            if not _KEY.fullmatch(match[1]):
                raise TemplateError(
                    f"cannot read the expression '{match[0]}'",
                    hint="write ${name}, ${name.key} or ${name[0]}",
                )
    elif isinstance(value, list):
        for item in value:
            check_syntax(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_syntax(key)
            check_syntax(item)


def has_expression(value: Any) -> bool:
    """Whether ``${…}`` stands anywhere in ``value``."""
    if isinstance(value, str):
        return bool(_EXPRESSION.search(value))
    if isinstance(value, list):
        return any(map(has_expression, value))
    if isinstance(value, dict):
        return any(has_expression(part) for pair in value.items() for part in pair)
    return False


def to_text(value: Any, parsing: dict[str, str] | None = None) -> str:
    """A value as it is put into a string: ``true``, ``1e-05``, a mapping as ``--key value`` flags."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return " ".join(_flags(value, parsing or {}, ""))
    return str(value)


def _flags(values: dict[str, Any], parsing: dict[str, str], prefix: str) -> Iterator[str]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, bool):
            if value:
                yield f"--{name}"
            elif parsing.get("bool", "store_true") == "boolean_optional":
                yield f"--no-{name}"
        elif isinstance(value, str):
            yield f"--{name} {shlex.quote(value)}"
        elif isinstance(value, dict):
            yield from _flags(value, parsing, f"{name}.")
        elif isinstance(value, list):
            if any(isinstance(item, (list, dict)) for item in value):
                raise TemplateError(f"a list of lists or mappings under {name!r} cannot become flags")
            items = [shlex.quote(item) if isinstance(item, str) else str(item) for item in value]
            if parsing.get("list", "nargs") == "append":
                yield from (f"--{name} {item}" for item in items)
            elif items:
                yield f"--{name} {' '.join(items)}"
        else:
            yield f"--{name} {value}"


def _allowed(value: Any, key: str | None) -> None:
    if value is None or isinstance(value, _SCALAR) or key is None or "foreach" in key:
        return
    if not (isinstance(value, dict) and key == "cmd"):
        kind = "a list" if isinstance(value, list) else "a mapping"
        raise TemplateError(f"{kind} cannot be put into {key!r}")


def _item(value: Any, step: str) -> Any:
    if not isinstance(value, dict):
        raise KeyError(step)
    return value[step]


def _check_values(value: Any, place: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_values(item, f"{place}:{key}" if ":" not in place else f"{place}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check_values(item, f"{place}.{number}")
    elif value is not None and not isinstance(value, _SCALAR):
        raise TemplateError(
            f"{place!r} is of type {type(value).__name__}, which cannot be used here",
            hint="put a date in quotes",
        )


def _merge(into: dict[str, Any], data: dict[Any, Any], source: str, prefix: str) -> None:
    for key, value in data.items():
        if not isinstance(key, str):
            continue  # expressions cannot name it
        here = into.get(key)
        if isinstance(here, dict) and isinstance(value, dict):
            _merge(here, value, source, f"{prefix}{key}.")
        elif key in into:
            raise TemplateError(f"{prefix + key!r} from {source!r} is defined already", hint="rename one")
        else:
            into[key] = _deep(value)


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep(item) for key, item in value.items()}
    return value
