"""What runs read and wrote, by content."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

import padauk
from padauk.core.errors import InputError
from padauk.lineage.database import DatabaseSource, held, record_objects
from padauk.lineage.values import Ref
from padauk.server.routing import Call, Reply, Routes
from padauk.server.wire import Message
from padauk.tracking import runs

MAX_OBJECTS = 10_000  # in one request
MAX_PATH = 4096
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")

routes = Routes("/api/v1", "/ajax-api/v1")


class Object(Message):
    """Content at a path, in the role ``in`` (read) or ``out`` (written)."""

    role: Literal["in", "out"]
    path: str
    md5: str
    size: Annotated[int, msgspec.Meta(ge=0)] | None = None
    nfiles: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Objects(Message):
    """What a run read and wrote."""

    objects: list[Object] = []


class Wanted(Message):
    """Contents to look for."""

    md5s: list[str] = []


class Holding(Message):
    """Who has some content: a run that read it (``in``), wrote it (``out``) or logged it (``artifact``)."""

    role: str
    md5: str
    path: str
    run_id: str = ""
    model_id: str = ""
    size: int | None = None
    nfiles: int | None = None


class Holdings(Message):
    """Everybody who has the contents asked for."""

    objects: list[Holding] = []


@routes.raw("GET", "/info")
async def info(call: Call) -> Reply:
    body = msgspec.json.encode({"padauk": padauk.__version__, "api": 1})
    return Reply(body, headers=[(b"content-type", b"application/json")])


@routes.write("POST", "/runs/{run_id}/objects", Objects)
def record(call: Call, request: Objects) -> Objects:
    """Note what a run read and wrote; a path told again takes the new content."""
    if len(request.objects) > MAX_OBJECTS:
        raise InputError(f"at most {MAX_OBJECTS:,} objects in one request", hint="send several requests")
    for found in request.objects:
        _check(found.path, found.md5)
    by_role: dict[str, list[Ref]] = {"in": [], "out": []}
    for found in request.objects:
        by_role[found.role].append(Ref(found.path, found.md5, found.size, found.nfiles))
    record_objects(call.tx, call.path["run_id"], by_role["in"], by_role["out"])
    return Objects()


@routes.read("GET", "/runs/{run_id}/objects")
def of_run(call: Call, request: Message) -> Objects:
    """What a run read and wrote."""
    run = runs.find(call.tx, call.path["run_id"])
    (found,) = DatabaseSource(call.tx).executions([run.uid]) or (None,)
    if found is None:
        return Objects()
    listed = [("in", ref) for ref in found.deps] + [("out", ref) for ref in found.outs]
    return Objects(
        objects=[
            Object(role=role, path=ref.path, md5=ref.md5, size=ref.size, nfiles=ref.nfiles)  # type: ignore[arg-type]
            for role, ref in listed
        ]
    )


@routes.read("POST", "/objects/search", Wanted)
def search(call: Call, request: Wanted) -> Holdings:
    """Who read, wrote or logged these contents."""
    if len(request.md5s) > MAX_OBJECTS:
        raise InputError(f"at most {MAX_OBJECTS:,} hashes in one request", hint="send several requests")
    for md5 in request.md5s:
        _check("", md5)
    return Holdings(
        objects=[
            Holding(
                role=role,
                md5=ref.md5,
                path=ref.path,
                run_id=run,
                model_id=model,
                size=ref.size,
                nfiles=ref.nfiles,
            )
            for role, run, model, ref in held(call.tx, request.md5s)
        ]
    )


def _check(path: str, md5: str) -> None:
    if not _MD5.fullmatch(md5):
        raise InputError(f"{md5!r} is no md5", hint="32 hex digits, with '.dir' behind them for a folder")
    if len(path) > MAX_PATH or "\0" in path:
        raise InputError(f"a path of more than {MAX_PATH} characters, or with a NUL in it")
