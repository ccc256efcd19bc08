"""Answers that are files: headers, ranges, and bytes that are never all in memory."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from padauk.server.routing import Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from padauk.server.routing import Call

# shown as text by MLflow, whatever a browser would make of them
_TEXT = frozenset(
    (
        *("txt", "log", "err", "md", "rst", "csv", "tsv", "xml", "json", "js", "py", "py3", "ipynb"),
        *("cfg", "conf", "cnf", "cf", "ini", "properties", "prop", "hocon", "toml", "yaml", "yml"),
        *("MLmodel", "MLproject"),
    )
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")
_TOKEN = re.compile(r"[\w!#$&+\-.^`|~]+\Z", re.ASCII)


def media_type(name: str) -> str:
    """The content type of a file, guessed from its name as MLflow does."""
    extension = os.path.splitext(name)[1].removeprefix(".") or name
    if extension in _TEXT:
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def file_reply(
    call: Call, path: str, size: int, tag: str, pieces: Callable[[int, int], Iterator[bytes]]
) -> Reply:
    """A file as an attachment: a browser saves it and never runs it on this server's name (``nosniff``
    is on every answer).

    Args:
        call: whose ``Range``, ``If-Range`` and ``If-None-Match`` headers are followed.
        path: of the artifact; its last part is the name to save it under.
        size: bytes of the whole file.
        tag: changes whenever the bytes do.
        pieces: the bytes from an offset on, for a length; run in another thread.
    """
    name = path.rpartition("/")[2]
    etag = f'"{tag}"'
    headers = [
        (b"content-type", media_type(name).encode()),
        (b"content-disposition", attachment(name).encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", etag.encode()),
    ]
    if call.header(b"if-none-match") == etag.encode():
        return Reply(status=304, headers=headers[2:])
    first, last, status = 0, size - 1, 200
    asked = _RANGE.match((call.header(b"range") or b"").decode("latin-1"))
    condition = call.header(b"if-range")
    if asked and (asked[1] or asked[2]) and condition in (None, etag.encode()):
        if asked[1]:
            first, last = int(asked[1]), min(int(asked[2] or last), last)
        else:
            first = max(0, size - int(asked[2]))
        if first > last:
            return Reply(status=416, headers=[(b"content-range", f"bytes */{size}".encode())])
        status = 206
        headers.append((b"content-range", f"bytes {first}-{last}/{size}".encode()))
    length = last - first + 1
    headers.append((b"content-length", str(length).encode()))
    return Reply(_threaded(lambda: pieces(first, length)), status, headers)


def attachment(name: str) -> str:
    """The value of ``Content-Disposition`` for a file of that name (RFC 6266, RFC 5987)."""
    if name.isascii():
        return f"attachment; filename={_quoted(name)}"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "download"
    return f"attachment; filename={_quoted(plain)}; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"


def _quoted(name: str) -> str:
    if _TOKEN.match(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def _threaded(begin: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes]:
    """The pieces of an iterator that blocks, each fetched in another thread."""
    iterator = await asyncio.to_thread(begin)
    while piece := await asyncio.to_thread(next, iterator, b""):
        yield piece
