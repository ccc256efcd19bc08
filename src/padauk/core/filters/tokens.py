"""Cut a filter into tokens."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn

from padauk.core.errors import InputError

TokenKind = Literal["name", "quoted", "text", "number", "sign", "word", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<name>[A-Za-z_]\w*\s*\.\s*(?:`[^`]*`|"[^"]*"|[^\s=<>!(),'"`]+))
    | (?P<word>[A-Za-z_][\w\-/]*)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<text>'(?:[^']|'')*'|"[^"]*")
    | (?P<quoted>`[^`]*`)
    | (?P<sign><=|>=|!=|<>|==|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One token: what it is, its text, and where it starts (from 0)."""

    kind: TokenKind
    text: str
    start: int


def cut(source: str) -> list[Token]:
    """The tokens of ``source``, with an ``end`` at its end.

    Raises:
        InputError: a character that starts no token, or a quote that is not closed.
    """
    tokens: list[Token] = []
    place = 0
    end = len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None:
            start = place + len(source[place:]) - len(source[place:].lstrip())
            what = (
                "a quote that is not closed"
                if source[start] in "'\"`"
                else f"{source[start]!r}, which starts nothing"
            )
            fail(source, start, f"found {what}")
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]
        tokens.append(Token(kind, match[kind], match.start(kind)))
        place = match.end()
    tokens.append(Token("end", "", end))
    return tokens


def fail(source: str, place: int, message: str) -> NoReturn:
    """Say what is wrong with a filter, and point at it."""
    start = max(0, place - 60)
    shown = source[start : place + 40].replace("\n", " ")
    lead = "…" if start else ""
    raise InputError(
        f"Invalid filter: {message} at character {place + 1}\n"
        f"  {lead}{shown}\n"
        f"  {' ' * (len(lead) + place - start)}^"
    )
