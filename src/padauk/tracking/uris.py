"""Where artifacts of experiments and runs lie, as URIs."""

from __future__ import annotations

import os
import posixpath
from urllib.parse import unquote, urlsplit, urlunsplit

from padauk.core.errors import InputError
from padauk.tracking.checks import check_length

MAX_LOCATION = 2048


def join(base: str, *parts: str) -> str:
    """``base`` with ``parts`` added to its path; a query or fragment of the base stays at the end."""
    tail = "/".join(parts)
    if "?" not in base and "#" not in base:
        return f"{base.rstrip('/')}/{tail}" if not base.endswith(":/") else f"{base}{tail}"
    pieces = urlsplit(base)
    return urlunsplit(pieces._replace(path=f"{pieces.path.rstrip('/')}/{tail}"))


def check_location(location: str, parameter: str = "artifact_location") -> str:
    """A location that a person gave, with a relative local path made absolute.

    Raises:
        InputError: it is a ``runs:`` URI, has a fragment, or leaves the root of the artifacts.
    """
    if location.startswith("runs:"):
        raise InputError(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    pieces = urlsplit(location)
    if "#" in location or ";" in pieces.path.rpartition("/")[2]:
        raise InputError(f"'{parameter}' URL can't include fragments or params.")
    proxied = pieces.scheme in {"mlflow-artifacts", "http", "https"}
    if _climbs(pieces.query) or (proxied and _climbs(pieces.path)):
        raise InputError(f"Invalid '{parameter}': '..' is not allowed in {location!r}")
    check_length(parameter, MAX_LOCATION, location)
    return absolute(location)


def _climbs(text: str) -> bool:
    """Whether a path holds a ``..``, however often it was percent-encoded."""
    while text != (once := unquote(text)):
        text = once
    return ".." in text.replace("\\", "/").split("/")


def absolute(location: str) -> str:
    """``location``; a relative local path or ``file:`` URI is made absolute against the working folder."""
    pieces = urlsplit(location)
    if not pieces.scheme:
        return (
            location if posixpath.isabs(location) else posixpath.normpath(os.path.join(os.getcwd(), location))
        )
    if pieces.scheme == "file" and not pieces.netloc and not posixpath.isabs(pieces.path):
        return "file://" + posixpath.normpath(os.path.join(os.getcwd(), pieces.path))
    return location
