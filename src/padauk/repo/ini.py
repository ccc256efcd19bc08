"""The INI dialect of DVC's ``config`` files, read and written as the library behind DVC (ConfigObj) does.

Sections hold ``key = value`` lines indented by four spaces; a value with a comma, a quote at its edge or a
``#`` is quoted; ``a, b`` without quotes is a list.
"""

from __future__ import annotations

import re

from padauk.core.errors import FormatError

Value = str | list[str]
Sections = dict[str, dict[str, Value]]

_HEADER = re.compile(r"""^\s*\[\s*(?:"([^"]*)"|'([^']*)'|([^'"\]\[][^\]\[]*?))\s*\]\s*(?:\#.*)?$""")
_ENTRY = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([^'"=\#][^=]*?))\s*=\s*(.*?)\s*$""")
_ITEM = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^'",\#][^,\#]*?))?\s*(,|\#.*|$)""")


def parse(text: str, name: str) -> Sections:
    """The sections of an INI text; names keep their case.

    Raises:
        FormatError: with ``name:line`` in front.
    """
    sections: Sections = {}
    section: dict[str, Value] | None = None
    lines = iter(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if header := _HEADER.match(line):
            section = sections.setdefault(_first(header.groups()).strip(), {})
            continue
        entry = _ENTRY.match(line)
        if entry is None or section is None:
            raise FormatError(f"{name}:{number}: neither '[section]' nor 'key = value'")
        rest = entry[4]
        quote = rest[:3]
        if quote in ('"""', "'''"):
            value = rest[3:]
            while not value.rstrip().endswith(quote):
                _, more = next(lines, (0, None))
                if more is None:
                    raise FormatError(f"{name}:{number}: {quote} is never closed")
                value += "\n" + more
            section[_first(entry.groups()[:3])] = value.rstrip()[:-3]
        else:
            section[_first(entry.groups()[:3])] = _value(rest, f"{name}:{number}")
    return sections


def _first(groups: tuple[str | None, ...]) -> str:
    return next((group for group in groups if group is not None), "")


def _value(text: str, where: str) -> Value:
    items: list[str] = []
    place, comma = 0, False
    while True:
        found = _ITEM.match(text, place)
        if found is None:
            raise FormatError(f"{where}: the value {text!r} has a quote that is not closed")
        double, single, bare, end = found.groups()
        if (double, single, bare) != (None, None, None):
            items.append(_first((double, single, bare)))
        elif end == "," and not comma and not items:
            pass  # "," alone is the empty list
        if end != ",":
            break
        comma, place = True, found.end()
    return items if comma else items[0] if items else ""


def dump(sections: Sections) -> str:
    """``sections`` as a text; empty ones are left out by the caller."""
    lines = []
    for name, entries in sections.items():
        lines.append(f"[{_quoted(name)}]")
        lines += [f"    {_quoted(key)} = {_shown(value)}" for key, value in entries.items()]
    return "".join(line + "\n" for line in lines)


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value, multiline=True)
    if len(value) == 1:
        return _quoted(value[0]) + ","
    return ", ".join(map(_quoted, value)) or ","


def _quoted(value: str, *, multiline: bool = False) -> str:
    if not value:
        return '""'
    both = "'" in value and '"' in value
    if multiline and ("\n" in value or both):
        mark = '"""' if "'''" in value or '"""' not in value else "'''"
        if mark in value:
            raise FormatError(f"the value {value!r} cannot be written to a config file")
        return f"{mark}{value}{mark}"
    edges = " \r\n\v\t'\""
    if value[0] not in edges and value[-1] not in edges and "," not in value and "#" not in value:
        return value
    if both:
        raise FormatError(f"the name or value {value!r} cannot be written to a config file")
    return f"'{value}'" if '"' in value else f'"{value}"'
