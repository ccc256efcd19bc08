"""Small rules about text that several floors need."""

from __future__ import annotations

import re
import time
import unicodedata

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def display_width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: styles and combining marks take none, wide letters two."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in _STYLE.sub("", text)
    )


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000
