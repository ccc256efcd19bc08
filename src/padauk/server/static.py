"""The web page: its built files out of ``padauk/ui``, and what stands at ``/`` where they were not built.

The page may load nothing from anywhere else: its policy says so to the browser. Names of files below
``assets/`` change with what is in them, so browsers keep those for ever and ask again only for the rest.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import padauk
from padauk.server.routing import Call, Reply, Routes

FOLDER = Path(padauk.__file__).parent / "ui"
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)
_TYPES = {".js": "text/javascript; charset=utf-8", ".html": "text/html; charset=utf-8"}
_SMALL = 1000  # bytes below which compressing gains nothing

routes = Routes()


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    zipped: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]
    tag: bytes


@routes.raw("GET", "/")
async def front(call: Call) -> Reply:
    if (FOLDER / "index.html").is_file():
        return _answer(call, "index.html")
    from padauk.server.page import front_page

    return Reply(front_page(call.service), headers=[(b"content-type", b"text/html; charset=utf-8")])


@routes.raw("GET", "/assets/{name}")
async def asset(call: Call) -> Reply:
    return _answer(call, f"assets/{call.path['name']}")


@routes.raw("GET", "/theme.js")
async def theme(call: Call) -> Reply:
    return _answer(call, "theme.js")


@routes.raw("GET", "/flower.svg")
async def flower(call: Call) -> Reply:
    return _answer(call, "flower.svg")


def _answer(call: Call, name: str) -> Reply:
    path = FOLDER / name
    if ".." in name or "\0" in name or name.count("/") > 1 or not path.is_file():
        return Reply(b"no such file", 404, [(b"content-type", b"text/plain")])
    found = _read(path, path.stat().st_mtime_ns)
    if call.header(b"if-none-match") == found.tag:
        return Reply(b"", 304, [(b"etag", found.tag)])
    if found.zipped is not None and b"gzip" in (call.header(b"accept-encoding") or b""):
        return Reply(found.zipped, headers=[*found.headers, (b"content-encoding", b"gzip")])
    return Reply(found.content, headers=list(found.headers))


@cache
def _read(path: Path, changed: int) -> _File:
    """A file with its headers, read and compressed once for each time it is built."""
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'.encode()
    for_ever = path.parent.name == "assets"
    headers = [
        (b"content-type", kind.encode()),
        (b"cache-control", b"public, max-age=31536000, immutable" if for_ever else b"no-cache"),
        (b"vary", b"accept-encoding"),
        (b"etag", tag),
    ]
    if path.suffix == ".html":
        headers += [(b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"same-origin")]
    zipped = gzip.compress(content, 9, mtime=0) if len(content) > _SMALL else None
    return _File(content, zipped, tuple(headers), tag)
